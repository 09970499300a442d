"""The configuration of this run."""

import dagster as dg

from iccm_dagster.defs.profiles import Profile, profile_named
from iccm_dagster.orchestra.recipe import load_orchestra


class ProfileResource(dg.ConfigurableResource):
    """A profile by name, with the language models of a file of endpoints where one is named."""

    name: str
    endpoints: str = ""

    def profile(self) -> Profile:
        profile = profile_named(self.name)
        return profile.model_copy(update={"orchestra": load_orchestra(self.endpoints)}) if self.endpoints else profile
