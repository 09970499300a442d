"""A log of any size, task by task, in bounded memory: lines are dealt out to files on disk by the hash of their task.

Memory: the events of one bucket (about ``bucket_bytes`` of lines, or of the largest task), not of the log. Time: each
line is read twice. Bad lines are told apart on the way, with their place in the log.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from iccm_dagster.celr.events import Event, event_from_json
from iccm_dagster.celr.log import SUFFIX, Quarantined, iter_lines, quarantined, task_of
from iccm_dagster.celr.trajectories import Trajectory, trajectories_of

BUCKET_BYTES = 16 * 2**20
MOST_BUCKETS = 200


def trajectories_by_bucket(
    folder: Path, *, on_bad: Callable[[Quarantined], None], bucket_bytes: int = BUCKET_BYTES
) -> Iterator[list[Trajectory]]:
    """Yield the trajectories of a log in groups that hold every trajectory of their tasks.

    Within a group they stand in the order in which they began; the order of groups means nothing.
    """
    size = sum(path.stat().st_size for path in folder.rglob(f"*{SUFFIX}")) if folder.is_dir() else 0
    count = min(MOST_BUCKETS, -(-size // bucket_bytes)) or 1
    with tempfile.TemporaryDirectory(prefix="celr_") as scratch:
        paths = [Path(scratch) / f"{number}.bucket" for number in range(count)]
        _deal_out(folder, paths, on_bad)
        for path in paths:
            found = trajectories_of(_events(path, on_bad))
            path.unlink()
            if found:
                yield found


def _deal_out(folder: Path, paths: list[Path], on_bad: Callable[[Quarantined], None]) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(path.open("wb")) for path in paths]
        for name, number, line in iter_lines(folder, on_bad=on_bad):
            try:
                task = task_of(line)
            except ValueError as error:
                on_bad(quarantined(name, number, line, str(error)))
                continue
            digest = hashlib.blake2b(task.encode("utf-8", "replace"), digest_size=4).digest()
            place = f"{number}\t{name}\t".encode("utf-8", "replace")
            streams[int.from_bytes(digest, "big") % len(streams)].write(place + line.rstrip(b"\r\n") + b"\n")


def _events(path: Path, on_bad: Callable[[Quarantined], None]) -> Iterator[Event]:
    seen: set[tuple[str, int]] = set()
    with path.open("rb") as stream:
        for dealt in stream:
            number, name, line = dealt.split(b"\t", 2)
            try:
                event = event_from_json(line)
            except ValueError as error:
                on_bad(quarantined(name.decode("utf-8", "replace"), int(number), line, str(error)))
                continue
            if (event.trajectory, event.number) not in seen:
                seen.add((event.trajectory, event.number))
                yield event
