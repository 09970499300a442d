"""Original answers beside a log, task by task: the better side of self-play."""

import json
from collections.abc import Mapping
from pathlib import Path

from iccm_dagster.errors import ArtifactError

GOLD = "gold.json"


def write_gold(folder: Path, answers: Mapping[str, str]) -> None:
    """Keep the original answer to each task in the folder of its log."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GOLD).write_text(json.dumps(dict(answers)), encoding="utf-8")


def gold_beside(logs: Path) -> dict[str, str]:
    """Return the original answers that lie anywhere below a log; none where they were not kept.

    Raises:
        ArtifactError: A file of them cannot be understood.
    """
    gold: dict[str, str] = {}
    for path in sorted(logs.rglob(GOLD)):
        try:
            gold |= {str(task): str(answer) for task, answer in json.loads(path.read_text(encoding="utf-8")).items()}
        except (ValueError, AttributeError) as error:
            raise ArtifactError(f"{path} holds no answers ({error}). Delete it; `run` writes it anew.") from error
    return gold
