"""Implementation + suite -> report: cached by content, several at a time.

A verdict is looked up by what decides it: the implementation, the suite, the limits and the sandbox's version. What was
not judged is never cached, since the next attempt may be. The cache does not protect against somebody who can write its
folder: keep that folder where you keep your checkpoints.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import Isolation, Suite, SuiteReport, not_judged, report_from_json, report_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCache:
    """Reports in a folder, one small file each; several processes may share it."""

    folder: Path
    """Where the reports lie; made on first use."""

    def get(self, key: str) -> SuiteReport | None:
        """The report stored under ``key``; None if there is none or its file is torn."""
        try:
            return report_from_json(self._path(key).read_text("utf-8"))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, key: str, report: SuiteReport) -> None:
        """Store a report; one that was not judged is left out. The file appears whole or not at all."""
        if report.reason is not None:
            return
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(report_to_json(report))
        os.replace(temporary, path)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def cache_key(implementation: Implementation, suite: Suite, limits: Limits, sandbox: Sandbox) -> str:
    """SHA-256 of everything that decides a verdict."""
    parts = [implementation.content_hash, suite.content_hash, asdict(limits), sandbox.version]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def verify(
    implementation: Implementation, suite: Suite, *, sandbox: Sandbox, limits: Limits, cache: VerdictCache | None
) -> SuiteReport:
    """Judge one implementation, or remember its verdict.

    Raises:
        SandboxUnavailable: The sandbox failed, so the implementation was not judged.
    """
    if cache is None:
        return sandbox.run(implementation, suite, limits)
    key = cache_key(implementation, suite, limits, sandbox)
    known = cache.get(key)
    if known is not None:
        return known
    report = sandbox.run(implementation, suite, limits)
    cache.put(key, report)
    return report


def verify_many(
    jobs: Sequence[tuple[Implementation, Suite]],
    *,
    sandbox: Sandbox,
    limits: Limits | Sequence[Limits],
    cache: VerdictCache | None,
    workers: int,
    on_done: Callable[[int, SuiteReport], None] | None,
) -> list[SuiteReport]:
    """Judge many implementations, ``workers`` at a time; the reports come back in the order of the jobs.

    ``limits`` is one for all or one per job. ``on_done(done, report)`` is called in this thread after each job, with
    the number finished so far. Equal jobs are judged once. A job whose sandbox failed gets a report with the reason.
    """
    per_job = [limits] * len(jobs) if isinstance(limits, Limits) else list(limits)
    if len(per_job) != len(jobs):
        raise ValueError(f"{len(per_job)} limits for {len(jobs)} jobs: give one for all, or one per job")
    same: dict[str, list[int]] = {}
    for index, (implementation, suite) in enumerate(jobs):
        same.setdefault(cache_key(implementation, suite, per_job[index], sandbox), []).append(index)

    def judge(index: int) -> SuiteReport:
        try:
            return verify(*jobs[index], sandbox=sandbox, limits=per_job[index], cache=cache)
        except SandboxUnavailable as problem:
            return not_judged(str(problem), isolation=Isolation.WEAK)

    reports: list[SuiteReport | None] = [None] * len(jobs)
    done = 0
    with ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="verify") as pool:
        pending = {pool.submit(judge, indices[0]): indices for indices in same.values()}
        for future in as_completed(pending):
            for index in pending[future]:
                reports[index] = future.result()
                done += 1
                if on_done is not None:
                    on_done(done, future.result())
    return [report for report in reports if report is not None]
