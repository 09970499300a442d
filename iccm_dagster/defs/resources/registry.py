"""The register of applications as a resource: the server's database where one is configured, a file otherwise."""

import dagster as dg

from iccm_dagster.applications.catalogue import load_catalogue
from iccm_dagster.applications.registry import Changes, Registry
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.resources.storage import StorageResource


class RegistryResource(dg.ConfigurableResource):
    """The table ``applications``."""

    storage: dg.ResourceDependency[StorageResource]
    url: str = ""
    """Database URL; empty for SQLite beside the artifacts."""

    def registry(self) -> Registry:
        """Return the table, ready to use."""
        folder = self.storage.store().local_folder(".registry")
        return Registry(self.url or f"sqlite:///{folder.resolve() / 'applications.db'}")

    def follow(self, catalogue: CatalogueResource) -> Changes:
        """Make the table what the catalogue's folders are; those that cannot be loaded keep their rows."""
        loaded = load_catalogue(catalogue.path)
        return self.registry().sync(loaded.applications, broken=[problem.application for problem in loaded.problems])
