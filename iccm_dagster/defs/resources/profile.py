"""The configuration of this run."""

import dagster as dg

from iccm_dagster.defs.profiles import Profile, profile_named


class ProfileResource(dg.ConfigurableResource):
    """A profile by name."""

    name: str

    def profile(self) -> Profile:
        return profile_named(self.name)
