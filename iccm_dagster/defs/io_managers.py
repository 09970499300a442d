"""Stored artifacts in and out of assets: what an asset receives are handles, not values.

A partitioned upstream arrives as a dict of handles by application, whether there are no, one or many keys; an
application that was never made is left out of it, and `making` says so. An unpartitioned upstream arrives as one
handle. What an asset returns is already stored by then: one broken application, or a crash, loses nothing of the
others.
"""

from collections.abc import Mapping

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.resources.storage import StorageResource
from iccm_dagster.errors import ArtifactError


class ArtifactIOManager(dg.ConfigurableIOManager):
    """Loads handles of what the storage holds; checks that what an asset returns is stored."""

    storage: dg.ResourceDependency[StorageResource]

    def load_input(self, context: dg.InputContext) -> Artifact | dict[str, Artifact]:
        store = self.storage.store()
        asset = context.asset_key.to_user_string()
        if not context.has_asset_partitions:
            return store.get(asset)
        found = {key: store.find(asset, key) for key in sorted(context.asset_partition_keys)}
        return {key: artifact for key, artifact in found.items() if artifact is not None}

    def handle_output(self, context: dg.OutputContext, obj: Artifact | Mapping[str, Artifact] | None) -> None:
        artifacts = obj.values() if isinstance(obj, Mapping) else [obj]
        for artifact in artifacts:
            if not isinstance(artifact, Artifact):
                raise ArtifactError(
                    f"{context.asset_key.to_user_string()} returned {type(artifact).__name__}: an asset stores its result "
                    "(iccm_dagster.defs.making) and returns the handle."
                )
