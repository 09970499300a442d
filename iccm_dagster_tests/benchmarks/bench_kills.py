"""``kill -9`` at random moments of the main job: does every re-run complete, and is the result the undisturbed one?

Code server, daemon and web server stand as they do on a server, over the tiny catalogue. At each moment one of them, the
worker of the run, or everything at once is killed and started again. Beside the figures of recovery stand the two things
that must hold: every manifest verifies after every moment, and the final files are those of undisturbed runs (two of
them, so that what is no function of its inputs, such as how long it took, is known and named).

python -m iccm_dagster_tests.benchmarks.bench_kills [--moments 30] [--seed 0] [--home FOLDER]
"""

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg

sys.path.insert(0, str(Path(__file__).parents[2]))

from iccm_dagster.audit import audit
from iccm_dagster.defs.workers import is_gone, process_of
from iccm_dagster_tests.operations.plant import ENDED, Plant, files_of, write_home
from iccm_dagster_tests.tiny import write_catalogue

TARGETS = ("worker", "daemon", "web server", "everything")
WEIGHTS = (14, 6, 4, 6)
ALL = ("code server", "daemon", "web server")
PATIENCE_S = 1800.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--longest", type=float, default=20, help="longest undisturbed stretch [s]; a step must fit in")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--home", type=Path, default=None, help="kept afterwards; a temporary folder where none is given"
    )
    parser.add_argument(
        "--undisturbed",
        type=Path,
        nargs="*",
        default=[],
        help="storages of earlier undisturbed runs of the same catalogue",
    )
    arguments = parser.parse_args()
    home = (arguments.home or Path(tempfile.mkdtemp(prefix="iccm_kills_"))).resolve()
    applications = home / "applications"
    if not applications.exists():
        write_catalogue(applications)
    rng = random.Random(arguments.seed)
    killed: list[tuple[str, float]] = []
    finals: list[dict[str, str]] = []
    with _plant(home / "disturbed", applications) as plant:
        plant.start(*ALL)
        plant.wait_for(plant.serves, what="the code server", limit_s=PATIENCE_S)
        while len(killed) < arguments.moments:
            _disturbed_job(plant, rng, killed, moments=arguments.moments, longest_s=arguments.longest)
            finals.append(plant.made())
            print(f"job {len(finals)} complete after {len(killed)} kills: every manifest verifies", flush=True)
            if len(killed) < arguments.moments:
                shutil.rmtree(plant.artifacts)
        leaked = plant.instance.event_log_storage.get_concurrency_run_ids()
    same = _undisturbed(home, applications, arguments.undisturbed)
    differing = {name for made in finals for name, digest in same.items() if made.get(name) != digest}
    print(f"{len(killed)} kills, {len(finals)} jobs, all complete; slots left over: {len(leaked)}")
    print(f"of {len(same)} files, other than in an undisturbed run: {sorted(differing) or 'none'}")
    for target in TARGETS:
        times = [seconds for name, seconds in killed if name == target]
        if times:
            print(
                f"{target:<12} {len(times):>3} kills   at work again after median {statistics.median(times):.0f} s, at most {max(times):.0f} s"
            )
    assert not differing
    assert not leaked
    if arguments.home is None:
        shutil.rmtree(home, ignore_errors=True)


def _plant(home: Path, applications: Path) -> Plant:
    write_home(home, postgres=None, monitoring={})
    return Plant(home, applications=applications, environment={})


def _undisturbed(home: Path, applications: Path, given: list[Path]) -> dict[str, str]:
    """Return the files that two undisturbed runs agree on -> SHA-256."""
    made = [files_of(folder, audit(folder, verify=True, idle_s=0).versions) for folder in given]
    for number in range(len(made), 2):
        with _plant(home / f"undisturbed-{number}", applications) as plant:
            plant.start(*ALL)
            plant.wait_for(plant.serves, what="the code server", limit_s=PATIENCE_S)
            started = time.monotonic()
            run_id = plant.launch("main")
            assert plant.wait_for_end(run_id, limit_s=PATIENCE_S).is_success, plant.tails()
            print(f"undisturbed run {number + 1}: {time.monotonic() - started:.0f} s", flush=True)
            made.append(plant.made())
    first, second = made
    assert first.keys() == second.keys()
    drifting = [name for name in first if first[name] != second[name]]
    print(f"{len(first)} files; not the same in two undisturbed runs: {drifting or 'none'}", flush=True)
    return {name: digest for name, digest in first.items() if name not in drifting}


def _disturbed_job(
    plant: Plant, rng: random.Random, killed: list[tuple[str, float]], *, moments: int, longest_s: float
) -> None:
    """Bring one main job from nothing to its end, killing on the way."""
    done = {run.run_id for run in plant.runs()}
    while True:
        run = _working(plant, done)
        if run is None:
            return
        if len(killed) >= moments:
            plant.wait_for_end(run.run_id, limit_s=PATIENCE_S)
            continue
        deadline = time.monotonic() + rng.uniform(0, longest_s)
        while time.monotonic() < deadline and not plant.instance.get_run_by_id(run.run_id).is_finished:
            time.sleep(0.2)
        if plant.instance.get_run_by_id(run.run_id).is_finished:
            continue
        target = rng.choices(TARGETS, WEIGHTS)[0]
        started = time.monotonic()
        _strike(plant, target)
        plant.made()
        run = _working(plant, done)
        killed.append((target, time.monotonic() - started))
        steps = len({path.parts[-3] for path in plant.artifacts.glob("*/*/current.json")})
        print(
            f"kill {len(killed):>2}: {target:<12} {steps:>2} assets stored, back after {killed[-1][1]:.0f} s",
            flush=True,
        )
        if run is None:
            return


def _strike(plant: Plant, target: str) -> None:
    if target == "worker":
        for run in plant.under_way():
            if process_of(run) is not None:
                plant.kill_worker(run)
    elif target == "everything":
        plant.kill_everything()
        plant.start(*ALL)
    else:
        plant.kill(target)
        plant.start(target)


def _working(plant: Plant, done: set[str]) -> dg.DagsterRun | None:
    """Wait until a run is executed by a living process and return it; None when the job has been completed.

    Where the retries are used up, a new run is asked for, as a person would.
    """

    def state() -> dg.DagsterRun | str | None:
        runs = plant.runs()
        for run in runs:
            if run.status == dg.DagsterRunStatus.STARTED and (process := process_of(run)) and not is_gone(process):
                return run
        if any(run.status not in ENDED for run in runs):
            return None
        if runs and runs[0].is_success and runs[0].run_id not in done:
            done.add(runs[0].run_id)
            return "complete"
        if runs and not runs[0].is_success and runs[0].tags.get("dagster/will_retry") == "true":
            return None
        plant.launch("main")
        return None

    found = plant.wait_for(state, what="a run at work", limit_s=PATIENCE_S)
    return None if found == "complete" else found


if __name__ == "__main__":
    main()
