"""What Dagster costs beside the work: loading, the whole job, a refresh after one change, many applications.

    python -m iccm_dagster_tests.benchmarks.bench_orchestration [--applications 100 500] [--assets NAME ...]
        [--served 500] [--finished .dagster] [--bundled]

Everything runs in temporary folders. Times are by the clock, and of this process by its own processor time: on a busy
machine read the ratios.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from iccm_dagster.definitions import ROOT, build_defs, build_resources
from iccm_dagster.defs.assets import applications, phase1, phase2
from iccm_dagster.defs.io_managers import ArtifactIOManager
from iccm_dagster.defs.jobs import LIGHT
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.resources.profile import ProfileResource
from iccm_dagster.defs.sqlite import few_waits
from iccm_dagster_tests.defs.conftest import QUIET
from iccm_dagster_tests.defs.life import touch
from iccm_dagster_tests.tiny import write_application, write_catalogue

CHEAP = ("application_source", "code_sections", "gold_requirements", "catalogue_statistics")
"""Light assets that need neither the sandbox nor an encoder: nearly all they cost is the machinery."""
LOADS = 5
EVENTS = 30


@dataclass
class Clock:
    """Where the time of a run went."""

    spans: list[tuple[float, float]] = field(default_factory=list)
    """Work: what stage functions took, and what an asset prepared for them."""

    def work_s(self) -> float:
        """Return the length of the union of all spans: applications may be worked on side by side."""
        total, end = 0.0, 0.0
        for first, last in sorted(self.spans):
            total += max(0.0, last - max(first, end))
            end = max(end, last)
        return total


@contextmanager
def clocked():
    """Time what assets do between their inputs and their stored results, while the block runs."""
    clock, modules = Clock(), (applications, phase1, phase2)
    loaded = {"at": 0.0}
    load_input, kept = (
        ArtifactIOManager.load_input,
        [(module, module.make_each, module.make_once) for module in modules],
    )

    def spanned(make):
        def work(*args):
            first = time.perf_counter()
            try:
                return make(*args)
            finally:
                clock.spans.append((first, time.perf_counter()))

        return work

    def prepared(making, position: int):
        def wrapped(*args, **options):
            # Between the last input and this call an asset loads what its stage function needs.
            clock.spans.append((loaded["at"], time.perf_counter()))
            args = [*args[:position], spanned(args[position]), *args[position + 1 :]]
            result = making(*args, **options)
            loaded["at"] = time.perf_counter()
            return result

        return wrapped

    def timed_input(self, context):
        found = load_input(self, context)
        loaded["at"] = time.perf_counter()
        return found

    ArtifactIOManager.load_input = timed_input
    for module, each, once in kept:
        module.make_each, module.make_once = prepared(each, 3), prepared(once, 2)
    try:
        loaded["at"] = time.perf_counter()
        yield clock
    finally:
        ArtifactIOManager.load_input = load_input
        for module, each, once in kept:
            module.make_each, module.make_once = each, once


@dataclass
class Place:
    """A catalogue, a storage and an instance on disk."""

    folder: Path
    catalogue: Path
    profile: str = "smoke"

    def run(self, assets: Sequence[str] | None, *, job: str = "main", keys: Sequence[str] | None = None) -> "Cost":
        """Run a part of a job over all applications, or over neighbours."""
        resources = build_resources(
            storage=str(self.folder / "artifacts"),
            catalogue=str(self.catalogue),
            profile=ProfileResource(name=self.profile),
        )
        defs = build_defs(resources)
        with dg.DagsterInstance.local_temp(str(self.folder)) as instance, clocked() as clock:
            every = register(instance, resources["pipeline"].applications)
            began, processor = time.perf_counter(), time.process_time()
            result = defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey(name) for name in assets] if assets else None,
                tags=range_tags(keys or every, instance),
                run_config=QUIET,
                raise_on_error=True,
            )
            return Cost(
                seconds=time.perf_counter() - began,
                processor_s=time.process_time() - processor,
                work_s=clock.work_s(),
                events=len(result.all_events),
                runs=len(instance.get_runs()),
            )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a run took."""

    seconds: float
    """By the clock [s]."""
    processor_s: float
    """Processor time of this process, children not counted [s]."""
    work_s: float
    """Of the seconds, those in which stage functions worked [s]."""
    events: int
    """Events that Dagster wrote."""
    runs: int
    """Runs in the instance so far."""

    @property
    def share(self) -> float:
        """The part of the time that went to the machinery."""
        return 1 - self.work_s / self.seconds


def main() -> None:
    """Print every figure, smallest first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--applications", type=int, nargs="+", default=[50, 100], help="sizes of synthetic catalogues")
    parser.add_argument(
        "--bundled", action="store_true", help="also the light assets of the bundled catalogue (minutes)"
    )
    parser.add_argument(
        "--served", type=int, help="also a web server, a daemon and a backfill over so many applications"
    )
    parser.add_argument("--assets", nargs="+", default=list(CHEAP), choices=CHEAP, help="which of the light assets")
    parser.add_argument("--finished", help="folder of an instance whose longest run is read off its events")
    arguments = parser.parse_args()
    loading()
    events()
    whole_job()
    many(arguments.applications, arguments.assets)
    if arguments.finished:
        finished(arguments.finished)
    if arguments.served:
        served(arguments.served, [name for name in arguments.assets if name in CHEAP[:3]])
    if arguments.bundled:
        bundled()


def loading() -> None:
    """Print what loading the definitions costs beside importing Dagster alone."""
    bare = median([processor_s("import dagster") for _ in range(LOADS)])
    ours = median(
        [processor_s("import iccm_dagster.definitions as d; d.defs.resolve_asset_graph()") for _ in range(LOADS)]
    )
    code = "import sys, iccm_dagster.definitions; print('torch' in sys.modules)"
    torch = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    print(
        f"definitions load: {ours:.2f} s of processor time, {ours / bare:.1f} times `import dagster` alone; torch imported: {torch}"
    )
    print(f"  aim < 2 s: {ours < 2.0}")


def events() -> None:
    """Print what an event with a page of metadata costs in SQLite, waiting for the disk as always and as `make run` does."""

    @dg.op
    def tell(context: dg.OpExecutionContext) -> None:
        page, each = {"page": dg.MetadataValue.md("x" * 20_000)}, {}
        for waits in (nullcontext, few_waits) * 2:
            with waits():
                for _ in range(2):  # the first time databases are opened
                    began = time.perf_counter()
                    for number in range(EVENTS):
                        context.log_event(dg.AssetMaterialization("told", partition=str(number), metadata=page))
                    each[waits] = 1000 * (time.perf_counter() - began) / EVENTS
        always, few = each[nullcontext], each[few_waits]
        print(f"an event: {always:.1f} ms, with few waits {few:.1f} ms: {always / few:.1f} times as fast")

    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.local_temp(folder) as instance:
        dg.GraphDefinition("bench", node_defs=[tell]).to_job().execute_in_process(instance=instance, run_config=QUIET)


def whole_job() -> None:
    """Print the share of the machinery in the whole main job over three tiny applications, and in a run that finds
    everything up to date."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), write_catalogue(Path(folder) / "applications"))
        first, again = place.run(None), place.run(None)
    print(f"main job, 3 tiny applications, recipes of seconds: {first.seconds:.1f} s, {first.events} events")
    print(
        f"  machinery {first.seconds - first.work_s:.1f} s, {first.share:.0%} of it; again with nothing to do {again.seconds:.1f} s"
    )


def many(sizes: Sequence[int], assets: Sequence[str]) -> None:
    """Print time per application of the cheap assets over synthetic catalogues, and of a refresh after one change."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            catalogue = synthetic(Path(folder) / "applications", size)
            place = Place(Path(folder), catalogue)
            cost = place.run(assets)
            key = f"{size // 2:04d}-word{size // 2}"
            touch(catalogue / key, "changed")
            refresh = place.run(assets, keys=[key])
        each = 1000 / size
        print(
            f"{size} applications, cheap assets in {cost.runs} run: {cost.seconds * each:.1f} ms an application "
            f"({cost.processor_s * each:.1f} ms of processor time), machinery {(cost.seconds - cost.work_s) * each:.1f} ms an application"
        )
        print(f"  one application changed: {refresh.seconds / cost.seconds:.1%} of the time   aim < 10 %")


def finished(folder: str) -> None:
    """Print the share of the machinery in the longest run of an instance, as far as its events tell.

    Counted: what lies between steps, loading inputs, and events after the work of a step; the last twice where a step
    makes applications, each of which was logged once before, when it was finished.
    """
    with dg.DagsterInstance.local_temp(folder) as instance:
        records = [one for one in instance.get_run_records() if one.start_time and one.end_time]
        record = max(records, key=lambda one: one.end_time - one.start_time)
        events = instance.all_logs(record.dagster_run.run_id)
    total, steps = record.end_time - record.start_time, {}
    for event in events:
        if event.step_key:
            steps.setdefault(event.step_key, []).append(event)
    inside = machinery = 0.0
    for found in steps.values():
        kinds = {one.dagster_event.event_type_value: one.timestamp for one in found if one.dagster_event}
        if "STEP_START" not in kinds or "STEP_SUCCESS" not in kinds:
            continue
        inside += kinds["STEP_SUCCESS"] - kinds["STEP_START"]
        ready = max((at for kind, at in kinds.items() if kind == "LOADED_INPUT"), default=kinds["STEP_START"])
        spoken = [one.timestamp for one in found if one.dagster_event is None]
        worked = max([*spoken, kinds.get("STEP_OUTPUT", ready)]) if spoken else kinds.get("STEP_OUTPUT", ready)
        several = sum(one.is_dagster_event and one.dagster_event.is_step_materialization for one in found) > 1
        machinery += ready - kinds["STEP_START"] + (2 if several else 1) * max(0.0, kinds["STEP_SUCCESS"] - worked)
    share = (total - inside + machinery) / total
    print(
        f"{record.dagster_run.job_name}, a finished run of {total:.0f} s: machinery {total - inside + machinery:.0f} s, {share:.1%}   aim < 15 %"
    )


def bundled() -> None:
    """Print a refresh after one change against the light assets of the whole bundled catalogue, calibration included."""
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Path(folder) / "applications"
        shutil.copytree(ROOT / "data" / "applications", catalogue)
        place = Place(Path(folder), catalogue)
        cost = place.run(LIGHT, job="intake")
        key = sorted(path.name for path in catalogue.iterdir() if path.is_dir())[10]
        touch(catalogue / key, "changed")
        refresh = place.run(LIGHT, job="intake", keys=[key])
    print(f"bundled catalogue, everything without training: {cost.seconds:.0f} s, machinery {cost.share:.1%}")
    print(f"  one application changed: {refresh.seconds:.1f} s, {refresh.seconds / cost.seconds:.1%}   aim < 10 %")


def synthetic(folder: Path, size: int) -> Path:
    """Write a catalogue of so many tiny applications, which differ in their names."""
    for number in range(size):
        split = ("train", "validation", "holdout")[number % 3]
        write_application(folder / f"{number:04d}-word{number}", split=split, word=f"word{number}")
    return folder


def served(size: int, names: Sequence[str]) -> None:
    """Print how a web server and a daemon cope with so many applications: the partitions page, and a backfill of the cheap
    assets as a person launches it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), synthetic(Path(folder) / "applications", size))
        with dg.DagsterInstance.local_temp(folder) as instance:
            keys = register(instance, CatalogueResource(folder=str(place.catalogue)))
        with servers(place) as address:
            load = timed(lambda: ask(address, "{assetNodes {assetKey {path}}}"))
            page = timed(lambda: ask(address, PAGE))
            assets = [{"path": [name]} for name in names]
            launched = {"params": {"assetSelection": assets, "partitionNames": keys}}
            began = time.perf_counter()
            answer = ask(address, LAUNCH, launched)["launchPartitionBackfill"]
            status = ""
            while status not in ("COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED"):
                time.sleep(1)
                status = ask(address, STATUS, {"id": answer["backfillId"]})["partitionBackfillOrError"]["status"]
            took, after = time.perf_counter() - began, timed(lambda: ask(address, PAGE))
        with dg.DagsterInstance.local_temp(folder) as instance:
            runs = len(instance.get_runs())
    print(
        f"{size} applications, served: definitions {load:.2f} s, partitions page {page:.2f} s before and {after:.2f} s after"
    )
    print(
        f"  backfill of {len(assets)} assets: {status} in {took:.0f} s, {runs} run, {1000 * took / size:.0f} ms an application"
    )


PAGE = """{assetNodeOrError(assetKey: {path: ["code_sections"]}) {... on AssetNode {
  partitionKeysByDimension {name partitionKeys}
  assetPartitionStatuses {... on DefaultPartitionStatuses {materializedPartitions failedPartitions unmaterializedPartitions}}
}}}"""
LAUNCH = """mutation($params: LaunchBackfillParams!) {launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess {backfillId} ... on PythonError {message}}}"""
STATUS = "query($id: String!) {partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}}"


@contextmanager
def servers(place: Place):
    """Run a web server and a daemon over the place; yield the address of GraphQL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(place.folder),
        "ICCM_PROFILE": place.profile,
        "ICCM_STORAGE": str(place.folder / "artifacts"),
        "ICCM_APPLICATIONS": str(place.catalogue),
    }
    bin_ = Path(sys.executable).parent
    web = [str(bin_ / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(port)]
    commands = [web, [str(bin_ / "dagster-daemon"), "run"]]
    started = [
        subprocess.Popen(
            [*command, "-m", "iccm_dagster.definitions"],
            cwd=place.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    address = f"http://127.0.0.1:{port}/graphql"
    try:
        while True:
            try:
                ask(address, "{version}")
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.5)
        yield address
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def ask(address: str, query: str, variables: dict | None = None) -> dict:
    """Return the data of a GraphQL answer."""
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(address, body, {"content-type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=120))
    assert "errors" not in answer, answer
    return answer["data"]


def timed(call: Callable[[], object]) -> float:
    """Return how long a call takes [s]."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def processor_s(code: str) -> float:
    """Return the processor time of a fresh interpreter running this code [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
