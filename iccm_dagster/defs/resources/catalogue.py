"""The applications on disk."""

from pathlib import Path

import dagster as dg

from iccm_dagster.errors import CatalogueError


class CatalogueResource(dg.ConfigurableResource):
    """A folder with one folder per application."""

    folder: str

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def application_ids(self) -> list[str]:
        """Return the folder names that look like applications, broken ones included; they are the partition keys.

        Raises:
            CatalogueError: There is none.
        """
        found = sorted(path.parent.name for path in self.path.glob("*/application.toml")) if self.path.is_dir() else []
        if not found:
            raise CatalogueError(
                f"{self.path}: no application in this folder (an application is a folder with an application.toml). "
                "Add one with `python -m iccm_dagster.applications add PATH`, or point ICCM_APPLICATIONS at a catalogue."
            )
        return found
