"""Where the assets of phase 2 find what others stored."""

from typing import Any

from iccm_dagster.artifacts import ArtifactStore


def case_of(store: ArtifactStore, key: str):
    """Return where an application and its calibration are stored."""
    from iccm_dagster.phase2.jury import Case

    source, calibration = store.get("application_source", key), store.get("test_calibration", key)
    return Case(
        application=source.folder() / key,
        calibration=calibration.file("calibration.json"),
        at_import=calibration.file("at_import.json"),
    )


def verdict_cache(store: ArtifactStore):
    """Return the folder of cached verdicts, which every stage shares."""
    return store.local_folder(".work", "verdicts")


def vars_of(record: Any) -> dict[str, Any]:
    """Return the fields of a frozen record."""
    from dataclasses import asdict

    return asdict(record)
