"""The pipeline as it stands on a server: code server, daemon and web server as processes that can be killed one by one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.audit import audit
from iccm_dagster.defs.doctor import set_limits
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.workers import is_gone, process_of

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LOCATION = "iccm"
ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
# The intervals of the shipped file suit a server; a test does not want to wait for them.
QUICK = {"poll_interval_seconds": 2, "free_slots_after_run_end_seconds": 1}


def write_home(home: Path, *, postgres: str | None, monitoring: Mapping[str, int]) -> None:
    """Write a home as it is shipped, for SQLite or for a server, with paths of its own and these intervals."""
    shipped = ROOT / "dagster.yaml" if postgres is None else ROOT / "data" / "instances" / "postgres" / "dagster.yaml"
    settings = yaml.safe_load(shipped.read_text("utf-8").replace("base_dir: .dagster", f"base_dir: {home}/.dagster"))
    settings["run_monitoring"].update(monitoring)
    if postgres is not None:
        settings["storage"]["postgres"]["postgres_url"] = postgres
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


class Plant:
    """Processes over one home. A context manager: whatever it started ends with it."""

    def __init__(self, home: Path, *, applications: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self.artifacts = home / "artifacts"
        self.applications = applications
        ports = [_free_port(), _free_port()]
        self.url = f"http://127.0.0.1:{ports[1]}"
        (home / "workspace.yaml").write_text(
            f"load_from:\n  - grpc_server: {{host: 127.0.0.1, port: {ports[0]}, location_name: {LOCATION}}}\n", "utf-8"
        )
        self._commands = {
            "code server": [
                "dagster",
                "api",
                "grpc",
                "-m",
                "iccm_dagster.definitions",
                "-h",
                "127.0.0.1",
                "-p",
                str(ports[0]),
            ],
            "daemon": ["dagster-daemon", "run", "-w", "workspace.yaml"],
            "web server": ["dagster-webserver", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(ports[1])],
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER_", "ICCM_"))}
        self.environment = {
            **inherited,
            "DAGSTER_HOME": str(home),
            "ICCM_PROFILE": "smoke",
            "ICCM_APPLICATIONS": str(applications),
            "ICCM_STORAGE": str(self.artifacts),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self._processes: dict[str, subprocess.Popen] = {}
        self.instance = dg.DagsterInstance.from_config(str(home))
        # As `make dev` does before it starts anything.
        set_limits(self.instance)

    def __enter__(self) -> "Plant":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_everything()
        self.instance.dispose()

    def start(self, *names: str) -> None:
        """Start processes by name; returns at once."""
        for name in names:
            log = (self.home / f"{name.replace(' ', '_')}.log").open("a")
            self._processes[name] = subprocess.Popen(
                [str(BIN / self._commands[name][0]), *self._commands[name][1:]],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def revive(self) -> None:
        """Start what has ended by itself, as the supervisor of a server does."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                self.start(name)

    def kill(self, name: str) -> None:
        """``kill -9`` one process, and nothing below it."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_worker(self, run: dg.DagsterRun) -> None:
        """``kill -9`` the process that executes a run."""
        process = process_of(run)
        assert process is not None, "no process has claimed the run"
        try:
            os.kill(int(process.split("/")[1]), signal.SIGKILL)
        except ProcessLookupError:
            return
        self.wait_for(lambda: is_gone(process), what="the end of the worker")

    def kill_everything(self) -> None:
        """What a power cut does: every process and every worker, at once."""
        for run in self.under_way():
            if (process := process_of(run)) is not None and not is_gone(process):
                self.kill_worker(run)
        for process in self._processes.values():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self._processes.clear()

    def launch(self, job: str, *, assets: list[str] | None = None) -> str:
        """Register the applications and ask the web server for one run over all of them; return its id."""
        keys = register(self.instance, CatalogueResource(folder=str(self.applications)))
        tags = [{"key": key, "value": value} for key, value in range_tags(keys, self.instance).items()]
        selector: dict[str, Any] = {
            "repositoryLocationName": LOCATION,
            "repositoryName": "__repository__",
            "jobName": job,
        }
        if assets is not None:
            selector["assetSelection"] = [{"path": [asset]} for asset in assets]
        answer = self.order(
            "mutation ($p: ExecutionParams!) {launchRun(executionParams: $p) {__typename ... on LaunchRunSuccess {run {runId}} "
            "... on PythonError {message}}}",
            {"p": {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": tags}}},
        )["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return answer["run"]["runId"]

    def order(self, mutation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of a GraphQL mutation, sent once.

        A web server's connections to the database fail once each after a restart of that, also in the middle of a
        mutation: first everything is read once.
        """
        self.wait_for(self.serves, what="the code server")
        return self._sent(mutation, variables)

    def ask(self, query: str) -> dict[str, Any]:
        """Return the data of a GraphQL query; asks again while the web server is coming up."""

        def answered() -> dict[str, Any] | None:
            try:
                return self._sent(query, {})
            except (OSError, ValueError):
                return None

        return self.wait_for(answered, what="the web server")

    def _sent(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"content-type": "application/json"})
        answer = json.load(urllib.request.urlopen(request, timeout=120))
        if answer.get("errors"):
            raise ValueError(f"{answer['errors']}")
        return answer["data"]

    def serves(self) -> bool:
        """Return whether the web server knows the code: it answers before the code server is up."""
        nodes = self.ask(
            "{workspaceOrError {... on Workspace {locationEntries {loadStatus locationOrLoadError {__typename}}}} "
            "runsOrError(limit: 1) {__typename} instance {daemonHealth {allDaemonStatuses {healthy}}} "
            "assetNodes {assetMaterializations(limit: 1) {runId}}}"
        )
        entries = nodes["workspaceOrError"]["locationEntries"]
        return bool(entries) and all(
            entry["locationOrLoadError"] and entry["locationOrLoadError"]["__typename"] == "RepositoryLocation"
            for entry in entries
        )

    def runs(self) -> list[dg.DagsterRun]:
        """Every run, newest first."""
        return list(self.instance.get_runs())

    def under_way(self) -> list[dg.DagsterRun]:
        return [run for run in self.runs() if run.status not in ENDED]

    def wait_for_end(self, run_id: str, *, limit_s: float = 240) -> dg.DagsterRun:
        """Wait until a run has ended, well or not, and return it."""
        found = self.wait_for(
            lambda: (run := self.instance.get_run_by_id(run_id)) and run.is_finished and run,
            what="the run",
            limit_s=limit_s,
        )
        assert isinstance(found, dg.DagsterRun)
        return found

    def made(self) -> dict[str, str]:
        """Return ``artifact: file`` -> SHA-256 of everything stored; fails where anything cannot be read or is not what
        its manifest says."""
        found = audit(self.artifacts, verify=True, idle_s=0)
        assert found.broken == {}
        return files_of(self.artifacts, found.versions)

    def wait_for(self, condition: Callable[[], Any], *, what: str, limit_s: float = 240) -> Any:
        """Return the first true value of a condition."""
        deadline = time.monotonic() + limit_s
        while not (value := condition()):
            assert time.monotonic() < deadline, f"{what}: not within {limit_s} s\n{self.tails()}"
            time.sleep(0.3)
        return value

    def tails(self) -> str:
        """The last lines of every log, for a message."""
        logs = sorted(self.home.glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)


def files_of(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return ``artifact: file`` -> SHA-256 as the manifests have it; a recorded problem counts as one file."""
    store = ArtifactStore(root)
    files: dict[str, str] = {}
    for name in names:
        asset, _, partition = name.partition("/")
        manifest = store.get(asset, partition or None).manifest
        files |= {f"{name}: {path}": digest for path, digest in manifest.files.items()} or {name: manifest.version}
    return files


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
