"""Where the assets of phase 2 find what others stored, and whom they ask."""

from collections.abc import Callable, Sequence
from typing import Any

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.defs.making import expect
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.progress import spoken

GROUPS, EXAMPLES, SETTINGS = "groups.parquet", "examples.parquet", "settings.json"


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


def stage2_spec(pipeline: Pipeline, keys: Sequence[str], *, reward: str) -> dict[str, Any]:
    """Return what the training process of stage 2 needs; ``reward`` is "pass rate" or "similarity"."""
    writer = pipeline.store.get("phase2_stage1_checkpoint").folder()
    return {"writer": str(writer), **rewards_of(pipeline, keys, reward=reward)}


def rewards_of(pipeline: Pipeline, keys: Sequence[str], *, reward: str) -> dict[str, Any]:
    """Return what rewards requirements for these applications, whichever writer writes them."""
    store, profile = pipeline.store, pipeline.profile
    dataset = store.get("phase2_dataset")
    found = {key: artifact for key in keys if (artifact := store.find("test_calibration", key))}
    calibrated = expect(found, what="test_calibration", keys=keys)
    return {
        "groups": str(dataset.file(GROUPS)),
        "examples": str(dataset.file(EXAMPLES)),
        "threshold": dataset.json(SETTINGS)["threshold"],
        "recipe": profile.reinforce.model_dump(mode="json"),
        "calibration": profile.calibration.model_dump(mode="json"),
        "threads": profile.writer.threads,
        "cache": str(verdict_cache(store)),
        "orchestra": profile.jury.model_dump(mode="json"),
        "answers": str(answer_cache(store)),
        "cases": {key: {name: str(path) for name, path in vars_of(case_of(store, key)).items()} for key in calibrated},
        "reward": reward,
    }
