"""A configuration given as an object, for tests and notebooks."""

from pydantic import PrivateAttr

from iccm_dagster.defs.profiles import Profile
from iccm_dagster.defs.resources.profile import ProfileResource


class FixedProfileResource(ProfileResource):
    """Any profile, where `ProfileResource` only knows the named ones."""

    name: str = "fixed"
    _profile: Profile = PrivateAttr()

    @classmethod
    def of(cls, profile: Profile) -> "FixedProfileResource":
        resource = cls()
        resource._profile = profile
        return resource

    def profile(self) -> Profile:
        return self._profile
