"""Verdicts are cached by what decides them, and many jobs are judged in order."""

import dataclasses
from pathlib import Path

import pytest

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.scripted import ScriptedSandbox
from iccm_dagster.harness.suite import CaseRun, Isolation, Mode, Suite, SuiteReport, Verdict
from iccm_dagster.harness.verify import VerdictCache, cache_key, verify, verify_many
from iccm_dagster_tests.harness.conftest import SMALL

SUITE = Suite(application_id="x", files={"t.py": ""}, modules=("m",), kept=None)
BROKEN = SandboxUnavailable("no jail")


def program(text: str, origin: Origin = Origin.DERIVED) -> Implementation:
    return Implementation(files={"m.py": text}, origin=origin)


def judged(verdict: Verdict) -> SuiteReport:
    run = CaseRun(node_id="t.py::test_a", verdict=verdict, seconds=0.0, message="")
    return SuiteReport(runs=(run,), reason=None, isolation=Isolation.STRONG, mode=Mode.SPLIT, seconds=0.1)


def test_the_second_time_the_verdict_is_remembered(tmp_path: Path):
    sandbox = ScriptedSandbox(reports=[judged(Verdict.PASSED)])
    cache = VerdictCache(folder=tmp_path)
    reports = [verify(program("a"), SUITE, sandbox=sandbox, limits=SMALL, cache=cache) for _ in range(2)]
    assert reports[0] == reports[1] and len(sandbox.asked) == 1


def test_everything_that_decides_a_verdict_enters_its_key():
    sandbox = ScriptedSandbox(reports=[])
    keys = {
        cache_key(program("a"), SUITE, SMALL, sandbox),
        cache_key(program("b"), SUITE, SMALL, sandbox),
        cache_key(program("a"), dataclasses.replace(SUITE, kept=("t.py::test_a",)), SMALL, sandbox),
        cache_key(program("a"), dataclasses.replace(SUITE, modes={"t.py": Mode.IN_PROCESS}), SMALL, sandbox),
        cache_key(program("a"), SUITE, dataclasses.replace(SMALL, test_s=9.0), sandbox),
    }
    assert len(keys) == 5
    assert cache_key(program("a", Origin.ENDPOINT), SUITE, SMALL, sandbox) in keys


def test_a_torn_file_is_judged_again(tmp_path: Path):
    cache = VerdictCache(folder=tmp_path)
    cache.put("aa11", judged(Verdict.PASSED))
    assert cache.get("aa11") == judged(Verdict.PASSED)
    next(tmp_path.rglob("aa11.json")).write_text('[[["t.py::test_a", "pas')
    assert cache.get("aa11") is None


def test_what_was_not_judged_is_tried_again(tmp_path: Path):
    sandbox = ScriptedSandbox(reports=[BROKEN, judged(Verdict.PASSED)])
    cache = VerdictCache(folder=tmp_path)
    rates = [
        verify_many([(program("a"), SUITE)], sandbox=sandbox, limits=SMALL, cache=cache, workers=1, on_done=None)[0]
        for _ in range(2)
    ]
    assert [report.pass_rate for report in rates] == [None, 1.0] and rates[0].reason == "no jail"
    with pytest.raises(SandboxUnavailable):
        verify(program("b"), SUITE, sandbox=ScriptedSandbox(reports=[BROKEN]), limits=SMALL, cache=cache)


def test_many_come_back_in_order_and_equal_ones_are_judged_once():
    sandbox = ScriptedSandbox(reports=[judged(Verdict.PASSED), judged(Verdict.FAILED)])
    jobs = [(program("a"), SUITE), (program("b"), SUITE), (program("a"), SUITE)]
    seen: list[int] = []
    reports = verify_many(
        jobs, sandbox=sandbox, limits=SMALL, cache=None, workers=1, on_done=lambda done, report: seen.append(done)
    )
    assert [report.pass_rate for report in reports] == [1.0, 0.0, 1.0]
    assert (len(sandbox.asked), seen) == (2, [1, 2, 3])


def test_limits_are_one_for_all_or_one_each():
    with pytest.raises(ValueError, match="1 limits for 2 jobs"):
        verify_many([(program("a"), SUITE)] * 2, sandbox=ScriptedSandbox(reports=[]), limits=[SMALL], cache=None,
                    workers=1, on_done=None)  # fmt: skip
