"""Where artifacts lie."""

import dagster as dg

from iccm_dagster.artifacts import ArtifactStore


class StorageResource(dg.ConfigurableResource):
    """The artifact store: a local folder, or any URL that fsspec knows (``s3://bucket/prefix``)."""

    root: str

    def store(self) -> ArtifactStore:
        return ArtifactStore(self.root)
