"""A configuration given as an object, for tests and notebooks."""

from iccm_dagster.defs.profiles import Profile
from iccm_dagster.defs.resources.profile import ProfileResource


class FixedProfileResource(ProfileResource):
    """Any profile, where `ProfileResource` only knows the named ones."""

    name: str = "fixed"
    told: str
    """The profile as JSON: Dagster copies resources by their configuration."""

    @classmethod
    def of(cls, profile: Profile) -> "FixedProfileResource":
        return cls(told=profile.model_dump_json())

    def profile(self) -> Profile:
        return Profile.model_validate_json(self.told)
