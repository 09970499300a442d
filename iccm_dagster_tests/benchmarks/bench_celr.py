"""How the log scales: events per second and memory at growing sizes, side by side in one run.

``python -m iccm_dagster_tests.benchmarks.bench_celr [--events 1000000]``: writes logs of a quarter, half and all of the
events, then scores, pairs and exports each in a process of its own. Linear time: the seconds per event stay; bounded
memory: the peak does not grow with the log beyond one bucket.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from iccm_dagster.celr.events import Event, event_of, event_to_json
from iccm_dagster.celr.pipeline import TrainingPipeline
from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.states import Action
from iccm_dagster.progress import silent

RUNS_PER_TASK = 4
ATTEMPTS = 3


def write_log(folder: Path, *, events: int) -> int:
    """Write whole runs until there are that many events; return how many there are."""
    folder.mkdir(parents=True)
    written, run, stream = 0, 0, None
    while written < events:
        if run % 20_000 == 0:
            if stream is not None:
                stream.close()
            stream = (folder / f"w.{run // 20_000:05d}.jsonl").open("w", encoding="ascii")
        assert stream is not None
        for one in _run(run):
            stream.write(event_to_json(one) + "\n")
            written += 1
        run += 1
    stream.close()
    return written


PLAIN = event_of(
    {"schema": 1, "task": "", "application": "", "step": 0, "kind": "start", "simulated": True, "split": "train"}
)


def event(number: int, kind: str = "decision", **what: object) -> Event:
    """Return an event of a run."""
    return replace(PLAIN, **{"number": number, "step": number, "kind": kind, **what})


def _run(run: int) -> Iterator[Event]:
    name = f"app{run // RUNS_PER_TASK % 97}#task{run // RUNS_PER_TASK}"
    where = {"trajectory": f"run{run}", "task": name, "application": name.split("#")[0]}
    yield event(0, "start", prompt=f"Write {name}.", **where)
    for attempt in range(ATTEMPTS):
        rate = (run * 7 + attempt * 3) % 11 / 10
        body = "\n".join(f"line {run} {attempt} {n}" for n in range(12))
        yield event(3 * attempt + 1, action=Action.RETRY, propensity=1.0, policy="0", **where)
        yield event(3 * attempt + 2, "attempt", response=body, model="small", cost=0.1, **where)
        yield event(3 * attempt + 3, "verdict", pass_rate=rate, **where)
    yield event(3 * ATTEMPTS + 1, "end", action=Action.STOP, cost=0.3, **where)


def measure(logs: Path, out: Path) -> None:
    """Score, pair and export one log; print what it took."""
    started = time.process_time()
    report = TrainingPipeline(
        PreferenceRecipe(), logs=logs, out=out, judge=None, gold={}, spin_model="small", on_progress=silent
    ).run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.process_time() - started, "peak_mib": peak, "pairs": sum(report.pairs.values())}))


def main() -> None:
    """Print one row per size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=2, type=Path)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure)
        return
    print("events      CPU s   us/event  peak MiB  pairs")
    for part in (4, 2, 1):
        with tempfile.TemporaryDirectory(prefix="celr_") as scratch:
            events = write_log(Path(scratch) / "logs", events=options.events // part)
            command = [sys.executable, __file__, "--measure", f"{scratch}/logs", f"{scratch}/out"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            each = found["seconds"] / events * 1e6
            print(
                f"{events:9d}  {found['seconds']:7.1f}  {each:8.1f}  {found['peak_mib']:8.0f}  {found['pairs']}",
                flush=True,
            )


if __name__ == "__main__":
    main()
