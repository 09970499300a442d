"""How much the agent's logs hold, beside what the artifact made of them holds: the one input that grows under its asset.

Logs are append-only: a log that is longer than the copy in the artifact has lines that nobody has taken in. Lengths are
compared, contents are not.
"""

from collections.abc import Sequence
from pathlib import Path

from iccm_dagster.artifacts import Artifact, ArtifactStore

TRAJECTORIES = "trajectories"
TAKEN_IN = "log bytes"
"""Fact of the artifact: length of the logs that it was made from."""


def log_size(folder: Path) -> int:
    """Return the length of all logs of an application [bytes]; 0 where there are none."""
    return sum(path.stat().st_size for path in folder.rglob("*.jsonl")) if folder.is_dir() else 0


def log_sizes(store: ArtifactStore, keys: Sequence[str]) -> dict[str, int]:
    """Return application -> length of its logs, for those that have any."""
    from iccm_dagster.celr.log import LOGS

    folder = store.local_folder(LOGS)
    return {key: size for key in keys if (size := log_size(folder / key))}


def has_grown(store: ArtifactStore, stored: Artifact, key: str) -> bool:
    """Return whether the logs hold lines that the artifact does not."""
    taken_in = stored.manifest.facts.get(TAKEN_IN)
    return taken_in is not None and log_sizes(store, [key]).get(key, 0) > taken_in
