"""Which tests of an application count, how each file runs, and how strong the suite is; all measured on the original.

The original runs in-process (that is plain pytest inside the jail) and split, several times each. A file runs split if
every one of its tests then comes out as in plain pytest, else in-process. Tests leave the denominator when they do not
pass every time (flaky, failing, skipped, slow) or when the interface-only stub passes them too (vacuous). Mutants
measure the strength. Not covered: outcomes that change only on another machine or after more repeats.
"""

import ast
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import CaseRun, Mode, Suite, SuiteReport, Verdict, file_of

SLOWER_FACTOR = 10.0
"""An implementation may take this many times the original's time."""
SHORTEST_TEST_S = 1.0
"""No test gets less than this [s]: below, the scheduler of a busy machine decides."""
SPARE_S = 5.0
"""Added to the sum of all tests [s]: start-up, collection, restarts after hung tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What running the original taught about a suite."""

    application_id: str
    """The application."""
    kept: tuple[str, ...]
    """Node ids that count, in order of collection."""
    excluded: Mapping[str, str]
    """Node id -> why it does not count; starts with flaky, failing, skipped, slow, error or vacuous."""
    modes: Mapping[str, Mode]
    """Test file -> how it runs."""
    seconds: Mapping[str, float]
    """Node id of a kept test -> median time of the original [s]."""
    stub_pass_rate: float | None
    """Pass rate of the interface-only stub over the tests that the original passes, vacuous ones included, 0-1."""
    strength: float | None
    """Share of the mutants that at least one kept test fails, 0-1; None without mutants."""
    problems: tuple[str, ...]
    """What a person should look at: files that do not run split, tests left out, an original that fails."""
    known: str
    """What split runs learned about the original's interface, as JSON; enters the calibrated suite."""
    imports: tuple[str, ...]
    """Modules that the original imports; enters the calibrated suite."""


def calibrate(
    *,
    application_id: str,
    original: Implementation,
    stub: Implementation,
    mutants: Sequence[Implementation],
    suite: Suite,
    sandbox: Sandbox,
    limits: Limits,
    repeats: int,
) -> Calibration:
    """Run the original ``repeats`` times in each mode, then the stub and the mutants in the modes found.

    Raises:
        SandboxUnavailable: The sandbox failed.
    """
    fresh = replace(suite, kept=None, modes={}, known="", imports=imported_modules(original))
    plain = [sandbox.run(original, _all_in(fresh, Mode.IN_PROCESS), limits) for _ in range(repeats)]
    split = [sandbox.run(original, _all_in(fresh, Mode.SPLIT), limits) for _ in range(repeats)]
    modes, problems = _choose_modes(plain, split)
    outcomes = _outcomes_by_node(plain, split, modes)
    excluded = {node: reason for node, runs in outcomes.items() if (reason := _unfit(runs)) is not None}
    passing = [node for node in outcomes if node not in excluded]
    chosen = replace(fresh, kept=tuple(passing), modes=modes)
    stub_report = sandbox.run(stub, chosen, limits)
    for run in stub_report.runs:
        if run.verdict is Verdict.PASSED:
            excluded[run.node_id] = "vacuous: the interface-only stub passes it"
    kept = tuple(node for node in passing if node not in excluded)
    seconds = {node: statistics.median(run.seconds for run in outcomes[node]) for node in kept}
    if not kept:
        problems.append("no test counts: the original passes none that the stub fails")
    calibration = Calibration(
        application_id=application_id,
        kept=kept,
        excluded=excluded,
        modes=modes,
        seconds=seconds,
        stub_pass_rate=stub_report.pass_rate,
        strength=None,
        problems=(*problems, *(f"{node} is left out: {reason}" for node, reason in excluded.items())),
        known=split[-1].learned,
        imports=imported_modules(original),
    )
    # A mutant that hangs is stopped as soon as a rebuilt program would be, not at the limits of an unknown suite.
    tight = limits_for(calibration, limits)
    return replace(calibration, strength=_strength(mutants, replace(chosen, kept=kept), sandbox, tight))


def calibrated_suite(suite: Suite, calibration: Calibration) -> Suite:
    """The suite with everything that calibration learned."""
    learned = {"kept": calibration.kept, "modes": calibration.modes, "known": calibration.known}
    return replace(suite, **learned, imports=calibration.imports)


def limits_for(calibration: Calibration, base: Limits) -> Limits:
    """Limits relative to the original on this machine, never above ``base``."""
    slowest_s = max(calibration.seconds.values(), default=0.0)
    total_s = sum(calibration.seconds.values())
    return replace(
        base,
        test_s=min(base.test_s, max(SHORTEST_TEST_S, SLOWER_FACTOR * slowest_s)),
        wall_s=min(base.wall_s, SLOWER_FACTOR * total_s + SPARE_S),
    )


def calibration_to_json(calibration: Calibration) -> str:
    """Readable text; read back by :func:`calibration_from_json`."""
    return json.dumps(asdict(calibration), indent=1)


def calibration_from_json(text: str) -> Calibration:
    """The inverse of :func:`calibration_to_json`.

    Raises:
        ValueError: The text is not a calibration.
    """
    try:
        fields = json.loads(text)
        for name in ("kept", "problems", "imports"):
            fields[name] = tuple(fields[name])
        fields["modes"] = {file: Mode(mode) for file, mode in fields["modes"].items()}
        return Calibration(**fields)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"not a calibration ({problem}): calibrate the application again") from problem


def imported_modules(implementation: Implementation) -> tuple[str, ...]:
    """Names of all modules that the sources import, absolute ones, sorted; unparsable files import nothing."""
    names: set[str] = set()
    for file, text in implementation.files.items():
        if not file.endswith(".py"):
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return tuple(sorted(names))


def _all_in(suite: Suite, mode: Mode) -> Suite:
    return replace(suite, modes=dict.fromkeys(suite.files, mode))


def _choose_modes(plain: Sequence[SuiteReport], split: Sequence[SuiteReport]) -> tuple[dict[str, Mode], list[str]]:
    """A file runs split if each of its tests comes out, in every repeat, as it does in plain pytest."""
    expected, found = _verdicts(plain), _verdicts(split)
    modes: dict[str, Mode] = {}
    problems: list[str] = []
    for file in dict.fromkeys(map(file_of, expected)):
        differing = [node for node in expected if file_of(node) == file and expected[node] != found.get(node)]
        modes[file] = Mode.IN_PROCESS if differing else Mode.SPLIT
        if differing:
            shown = ", ".join(node.partition("::")[2] for node in differing[:5])
            problems.append(f"{file} runs in-process: {len(differing)} tests do not run split ({shown})")
    return modes, problems


def _verdicts(reports: Sequence[SuiteReport]) -> dict[str, set[Verdict]]:
    found: dict[str, set[Verdict]] = {}
    for report in reports:
        for run in report.runs:
            found.setdefault(run.node_id, set()).add(run.verdict)
    return found


def _outcomes_by_node(
    plain: Sequence[SuiteReport], split: Sequence[SuiteReport], modes: Mapping[str, Mode]
) -> dict[str, list[CaseRun]]:
    outcomes: dict[str, list[CaseRun]] = {}
    for mode, reports in ((Mode.IN_PROCESS, plain), (Mode.SPLIT, split)):
        for report in reports:
            for run in report.runs:
                if modes.get(file_of(run.node_id)) is mode:
                    outcomes.setdefault(run.node_id, []).append(run)
    return outcomes


def _unfit(runs: Sequence[CaseRun]) -> str | None:
    """Why a test cannot count, from its repeats on the original; None if it can."""
    verdicts = {run.verdict for run in runs}
    if verdicts == {Verdict.PASSED}:
        return None
    if Verdict.PASSED in verdicts:
        return "flaky: the original passes it only sometimes"
    (verdict, *_) = verdicts
    reasons = {Verdict.SKIPPED: "skipped", Verdict.TIMED_OUT: "slow", Verdict.FAILED: "failing"}
    detail = next((run.message for run in runs if run.message), "").strip().splitlines()
    return f"{reasons.get(verdict, 'error')} on the original" + (f": {detail[-1]}" if detail else "")


def _strength(mutants: Sequence[Implementation], suite: Suite, sandbox: Sandbox, limits: Limits) -> float | None:
    if not mutants or not suite.kept:
        return None
    killed = [sandbox.run(mutant, suite, limits).pass_rate != 1.0 for mutant in mutants]
    return sum(killed) / len(killed)
