"""Which tests of an application count, how each file runs, and how strong the suite is; all measured on the original.

The original runs in-process (that is plain pytest inside the jail) and split, several times each. A file runs split if
every one of its tests then comes out as in plain pytest, else in-process. Tests leave the denominator when they do not
pass every time (flaky, failing, skipped, slow), when the interface-only stub passes them too (vacuous), or when they run
in-process and no changed copy of them fails (unguarded). Mutants measure the strength. Not covered: outcomes that change
only on another machine or after more repeats.
"""

import ast
import json
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from iccm_dagster.harness import policy, sentinels
from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import CaseRun, Mode, Suite, SuiteReport, Verdict, file_of
from iccm_dagster.syntax import parse

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
    """Node id -> why it does not count; starts with flaky, failing, skipped, slow, error, vacuous or unguarded."""
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
    """Modules that the original imports, and names of the policy that it mentions; enters the calibrated suite."""
    guards: Mapping[str, tuple[int, ...]]
    """Test file that runs in-process -> its changed copies that the original fails; enters the calibrated suite."""


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
    allowed = (*imported_modules(original), *policy.mentioned(original.files))
    fresh = replace(suite, kept=None, modes={}, known="", imports=allowed, guards=None)
    plain = [sandbox.run(original, _all_in(fresh, Mode.IN_PROCESS), limits) for _ in range(repeats)]
    split = [sandbox.run(original, _all_in(fresh, Mode.SPLIT), limits) for _ in range(repeats)]
    modes, problems = _choose_modes(plain, split)
    outcomes = _outcomes_by_node(plain, split, modes)
    excluded = {node: reason for node, runs in outcomes.items() if (reason := _unfit(runs)) is not None}
    guards, guarded = _find_guards(original, replace(fresh, modes=modes), sandbox, limits)
    for node in outcomes:
        if node not in excluded and modes[file_of(node)] is Mode.IN_PROCESS and node not in guarded:
            excluded[node] = "unguarded: it runs in-process, and no changed copy of it fails"
    passing = [node for node in outcomes if node not in excluded]
    chosen = replace(fresh, kept=tuple(passing), modes=modes, guards=guards)
    if guards:
        for run in sandbox.run(original, chosen, limits).runs:
            if run.verdict is not Verdict.PASSED:
                excluded[run.node_id] = f"unguarded: {run.verdict} beside its changed copies"
        passing = [node for node in passing if node not in excluded]
        chosen = replace(chosen, kept=tuple(passing))
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
        imports=allowed,
        guards=guards,
    )
    # A mutant that hangs is stopped as soon as a rebuilt program would be, not at the limits of an unknown suite.
    tight = limits_for(calibration, limits)
    return replace(calibration, strength=_strength(mutants, replace(chosen, kept=kept), sandbox, tight))


def calibrated_suite(suite: Suite, calibration: Calibration) -> Suite:
    """The suite with everything that calibration learned."""
    learned = {"kept": calibration.kept, "modes": calibration.modes, "known": calibration.known}
    return replace(suite, **learned, imports=calibration.imports, guards=calibration.guards)


def limits_for(calibration: Calibration, base: Limits) -> Limits:
    """Limits relative to the original on this machine, never above ``base``."""
    slowest_s = max(calibration.seconds.values(), default=0.0)
    total_s = sum(
        seconds * (1 + (sentinels.MOST if calibration.modes.get(file_of(node)) is Mode.IN_PROCESS else 0))
        for node, seconds in calibration.seconds.items()
    )
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
        fields["guards"] = {file: tuple(found) for file, found in fields["guards"].items()}
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
            tree = parse(text)
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


def _find_guards(
    original: Implementation, suite: Suite, sandbox: Sandbox, limits: Limits
) -> tuple[dict[str, tuple[int, ...]], set[str]]:
    """For files that run in-process: the copies that the original fails in every case, and the cases that they guard."""
    files, planted = dict(suite.files), dict[str, list[str]]()
    for file in (name for name, mode in suite.modes.items() if mode is Mode.IN_PROCESS):
        made = sentinels.plant_all(files[file], file=file)
        files[file], planted[file] = made.text, list(made.copies)
    if not planted:
        return {}, set()
    modes = {name: mode for name, mode in suite.modes.items() if name in planted}
    others = suite.modes.keys() - planted.keys()
    files = {name: text for name, text in files.items() if name not in others}
    # There are several copies of each test.
    patient = replace(limits, wall_s=limits.wall_s * (1 + sentinels.MOST))
    report = sandbox.run(original, replace(suite, files=files, modes=modes), patient)
    verdicts: dict[str, dict[str, Verdict]] = {}
    for run in report.runs:
        verdicts.setdefault(run.function, {})[run.node_id.removeprefix(run.function)] = run.verdict
    guards: dict[str, tuple[int, ...]] = {}
    guarded: set[str] = set()
    for file, ids in planted.items():
        found = sentinels.copies(suite.files[file])
        # A case that is skipped is skipped in its test as well, and does not count there.
        good = [n for n in range(len(found)) if _only_fails(verdicts.get(ids[n], {}).values())]
        guards[file] = tuple(good)
        guarded |= {f"{file}::{found[n].donor}{case}" for n in good for case in verdicts[ids[n]]}
    return guards, guarded


def _only_fails(verdicts: Collection[Verdict]) -> bool:
    """Whether a changed copy fails in every case that runs."""
    return Verdict.FAILED in verdicts and {*verdicts} <= {Verdict.FAILED, Verdict.SKIPPED}


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
