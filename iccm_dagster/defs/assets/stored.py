"""Where the assets of phase 2 find what others stored, and whom they ask."""

from collections.abc import Callable
from typing import Any

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.progress import spoken


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


def answer_cache(store: ArtifactStore):
    """Return the folder of remembered answers of language models, which every stage shares."""
    return store.local_folder(".work", "answers")


def conductor_of(pipeline: Pipeline, say: Callable[[str], None]):
    """Return who asks the language models of the profile; it asks none where the profile has none."""
    from iccm_dagster.orchestra.conductor import Conductor

    return Conductor(
        pipeline.profile.orchestra, cache=answer_cache(pipeline.store), on_progress=spoken(say, seconds=30.0)
    )


def vars_of(record: Any) -> dict[str, Any]:
    """Return the fields of a frozen record."""
    from dataclasses import asdict

    return asdict(record)
