"""The four resources that nearly every asset uses, as one."""

import dagster as dg

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.defs.profiles import Profile
from iccm_dagster.defs.resources.card import CardResource
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.resources.profile import ProfileResource
from iccm_dagster.defs.resources.storage import StorageResource


class Pipeline(dg.ConfigurableResource):
    """Where artifacts lie, where applications come from, how everything is configured, and what it trains on."""

    storage: dg.ResourceDependency[StorageResource]
    applications: dg.ResourceDependency[CatalogueResource]
    configuration: dg.ResourceDependency[ProfileResource]
    card: dg.ResourceDependency[CardResource]

    @property
    def store(self) -> ArtifactStore:
        return self.storage.store()

    @property
    def catalogue(self) -> CatalogueResource:
        return self.applications

    @property
    def profile(self) -> Profile:
        return self.configuration.profile()
