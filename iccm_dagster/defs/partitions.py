"""One partition per application, registered while the pipeline runs."""

from collections.abc import Sequence

import dagster as dg

from iccm_dagster.defs.resources.catalogue import CatalogueResource

APPLICATIONS = dg.DynamicPartitionsDefinition(name="applications")


def registered(instance: dg.DagsterInstance) -> list[str]:
    """Return the keys that this instance knows, sorted."""
    return sorted(instance.get_dynamic_partitions(APPLICATIONS.name))


def register(instance: dg.DagsterInstance, catalogue: CatalogueResource) -> list[str]:
    """Make the instance's keys those of the catalogue; return them."""
    wanted = catalogue.application_ids()
    known = set(registered(instance))
    instance.add_dynamic_partitions(APPLICATIONS.name, [key for key in wanted if key not in known])
    for gone in known - set(wanted):
        instance.delete_dynamic_partition(APPLICATIONS.name, gone)
    return wanted


def range_tags(keys: Sequence[str], instance: dg.DagsterInstance) -> dict[str, str]:
    """Return the tags that make one run cover all keys. A range runs in the order of registration, not of the
    alphabet."""
    order = [key for key in instance.get_dynamic_partitions(APPLICATIONS.name) if key in set(keys)]
    return {"dagster/asset_partition_range_start": order[0], "dagster/asset_partition_range_end": order[-1]}
