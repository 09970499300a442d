"""Dagster over tiny catalogues: an ephemeral instance and the real resources."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.definitions import build_resources
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.profile import ProfileResource

QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
Materialize = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def resources(catalogue: Path, tmp_path: Path) -> dict:
    return build_resources(
        storage=str(tmp_path / "artifacts"), catalogue=str(catalogue), profile=ProfileResource(name="smoke")
    )


@pytest.fixture
def store(resources):
    return resources["io_manager"].storage.store()


@pytest.fixture
def materialize(instance: dg.DagsterInstance, resources: dict) -> Materialize:
    """Return a function that materializes assets for all applications of the catalogue, or for one."""

    def run(
        *assets: dg.AssetsDefinition, partition: str | None = None, raise_on_error: bool = True
    ) -> dg.ExecuteInProcessResult:
        keys = register(instance, resources["pipeline"].applications)
        where = {"partition_key": partition} if partition else {"tags": range_tags(keys, instance)}
        return dg.materialize(
            list(assets),
            instance=instance,
            resources=resources,
            raise_on_error=raise_on_error,
            run_config=QUIET,
            **where,
        )

    return run
