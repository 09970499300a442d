"""Traceability, executed: nothing that an application says of itself is believed.

Only for applications of the catalogue, whose code is trusted; see ``runs``.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.applications.catalogue import Application, source_files
from iccm_dagster.applications.files import problem
from iccm_dagster.applications.rebuild import SectionRebuilder, sections_run_at_import
from iccm_dagster.applications.runs import Job, Outcome, Run, run_jobs
from iccm_dagster.applications.traceability import Traceability, load_traceability
from iccm_dagster.errors import ApplicationError
from iccm_dagster.progress import OnProgress, Progress

# Tests that pass without any body check nothing that a requirement brings back.
LARGEST_VACUOUS_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedTraceability:
    """What running the tests of one application showed."""

    application: str
    """Id of the application."""
    cases: int
    """Test cases, parametrised ones counted singly."""
    processor_s: float
    """Processor time of the whole suite on the original [s], start of pytest included."""
    vacuous: tuple[str, ...]
    """Test cases that pass on the interface-only program."""
    alone: Mapping[str, float]
    """Requirement id to the share of its test cases that pass when only its sections are restored, in [0, 1]."""
    problems: tuple[ApplicationError, ...]
    """What does not hold."""


def execute_traceability(application: Application, *, workers: int, alone: bool) -> ExecutedTraceability:
    """Run the tests on the original, on the interface alone, and with each requirement's sections stubbed.

    ``alone`` also runs each requirement's tests with nothing but its sections restored.

    Raises:
        ApplicationError: The traceability cannot be read, or the application cannot be imported.
    """
    traceability, jobs = _planned(application, alone=alone)
    runs = run_jobs(jobs.values(), workers=workers)
    return _judged(application, traceability, dict(zip(jobs, runs, strict=True)))


def execute_all(
    applications: Iterable[Application], *, workers: int, on_progress: OnProgress
) -> dict[str, tuple[ApplicationError, ...]]:
    """Execute many applications in one warm process; return what does not hold in each, by application."""
    problems, plans = (
        dict[str, tuple[ApplicationError, ...]](),
        list[tuple[Application, Traceability, dict[str, Job]]](),
    )
    for application in applications:
        try:
            plans.append((application, *_planned(application, alone=False)))
        except ApplicationError as error:
            problems[application.id] = (error,)
    jobs = [job for _, _, planned in plans for job in planned.values()]
    done = itertools.count(1)
    runs = iter(
        run_jobs(
            jobs,
            workers=workers,
            on_done=lambda index, run: on_progress(Progress(stage="runs", step=next(done), total_steps=len(jobs))),
        )
    )
    for application, traceability, planned in plans:
        problems[application.id] = _judged(application, traceability, {name: next(runs) for name in planned}).problems
    return problems


def _planned(application: Application, *, alone: bool) -> tuple[Traceability, dict[str, Job]]:
    traceability = load_traceability(application)
    rebuilder = SectionRebuilder(application, at_import=sections_run_at_import(application))
    return traceability, dict(_jobs(application, traceability, rebuilder, alone))


def _judged(application: Application, traceability: Traceability, runs: Mapping[str, Run]) -> ExecutedTraceability:
    original, interface = runs["original"], runs["interface"]
    return ExecutedTraceability(
        application=application.id,
        cases=len(original.passed) + len(original.failed) + len(original.skipped),
        processor_s=original.processor_s,
        vacuous=interface.passed,
        alone={id: _pass_rate(runs[f"alone {id}"]) for id in traceability.tests if f"alone {id}" in runs},
        problems=tuple(_problems(application, traceability, runs)),
    )


def _jobs(
    application: Application, traceability: Traceability, rebuilder: SectionRebuilder, alone: bool
) -> Iterator[tuple[str, Job]]:
    """Yield every run by name."""
    tests = application.tests_dir
    everything = [span for spans in traceability.sections.values() for span in spans]
    yield "original", Job(files=source_files(application), tests=tests, stop_at_failure=False)
    yield "interface", Job(files=rebuilder.rebuild(()), tests=tests, stop_at_failure=False)
    yield "everything", Job(files=rebuilder.rebuild(everything), tests=tests, stop_at_failure=False)
    for id, functions in traceability.tests.items():
        spans = traceability.sections.get(id, ())
        if functions and spans:
            yield f"without {id}", Job(files=rebuilder.without(spans), tests=tests, only=functions)
            if alone:
                files = rebuilder.rebuild(spans)
                yield f"alone {id}", Job(files=files, tests=tests, only=functions, stop_at_failure=False)


def _pass_rate(run: Run) -> float:
    return len(run.passed) / max(1, len(run.passed) + len(run.failed))


def _problems(
    application: Application, traceability: Traceability, runs: Mapping[str, Run]
) -> Iterator[ApplicationError]:
    root, tests = application.root, application.tests_dir
    original, interface, everything = runs["original"], runs["interface"], runs["everything"]
    if original.outcome is not Outcome.PASSED:
        yield fails_on_original(application, original)
        return
    if original.skipped:
        yield problem(root, f"{original.skipped[0]} is skipped", "Make it run everywhere, or remove it", tests)
    share = len(interface.passed) / len(original.passed)
    if share > LARGEST_VACUOUS_SHARE:
        reason = f"{share:.0%} of the test cases pass without any body, such as {interface.passed[0]}"
        yield problem(root, reason, "Check behaviour that a requirement describes", tests)
    for case in everything.failed:
        reason = f"{case} fails with every traced section restored: {everything.message}"
        yield problem(root, reason, "Trace what it needs, or trace it to another requirement", tests)
    for id in traceability.tests:
        run = runs.get(f"without {id}")
        if run is not None and run.outcome in (Outcome.PASSED, Outcome.EMPTY):
            reason = f"{id}: every test of it passes while its sections are stubbed"
            yield problem(
                root, reason, "Correct its sections, or mark tests that need them", root / "traceability.toml"
            )


def fails_on_original(application: Application, run: Run) -> ApplicationError:
    """Return the record of a suite that does not pass on the program it was written for."""
    case = run.failed[0] if run.failed else "the suite"
    file = Path("tests") / case.split("::")[0] if run.failed else Path("tests")
    reason = f"{case} {run.outcome} on the original: {run.message}"
    return problem(application.root, reason, "Correct the test or the program", application.root / file)
