"""Tasks: rebuild an application, one of its modules, or a part of it, from its requirements.

A task for one module gives the other modules as they are; a part of a task (after RECURSE) gives only what was built so
far. Tests that pass while the task's module is bare prove nothing about it and are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from iccm_dagster.applications.catalogue import module_name, test_files
from iccm_dagster.applications.interface import Interface, interface_of
from iccm_dagster.applications.traceability import SectionSpan
from iccm_dagster.harness.calibration import calibrated_suite, calibration_from_json, limits_for
from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import Suite, SuiteReport, function_of
from iccm_dagster.harness.verify import VerdictCache, verify
from iccm_dagster.orchestra.knowledge import Knowledge, whole

if TYPE_CHECKING:
    from iccm_dagster.phase2.jury import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of the prompt."""

    id: str
    """Requirement id."""
    text: str
    """The sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to be written, and how it is judged."""

    id: str
    """``application``, ``application#module``, or ``task/module`` for a part."""
    application: str
    """Folder name of the application."""
    split: str
    """"train", "validation" or "holdout"."""
    module: str | None
    """The module to write; None for all of them."""
    statements: tuple[Statement, ...]
    """What it must do."""
    interface: Interface
    """Names and signatures that the tests call."""
    suite: Suite
    """Calibrated tests that judge it."""
    limits: Limits
    """Limits of a verdict."""
    blames: Mapping[str, tuple[str, ...]]
    """Test function -> ids of the statements it checks."""
    parts: tuple[str, ...]
    """Modules it can be split into; fewer than two where it cannot."""
    given: frozenset[SectionSpan]
    """Sections outside of the task that are there already (simulated solvers build on them)."""
    given_files: Mapping[str, str]
    """The same as files, for solvers that write text; empty where nothing is given."""
    files: tuple[str, ...]
    """Paths of the files that an answer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """Where verdicts come from."""

    sandbox: Sandbox
    """Runs the tests."""
    cache: VerdictCache | None
    """Remembers verdicts; None to run each time."""

    def judge(self, implementation: Implementation, task: Task) -> SuiteReport:
        """Judge a program by the task's tests; raise SandboxUnavailable where the sandbox failed."""
        return verify(implementation, task.suite, sandbox=self.sandbox, limits=task.limits, cache=self.cache)


class Workbench:
    """One application, ready to make tasks from."""

    def __init__(self, case: "Case", *, calibration: CalibrationRecipe) -> None:
        # Brings the encoders along, which reading a log must not pay for.
        from iccm_dagster.phase2.jury import base_limits

        self.knowledge: Knowledge = case.knowledge()
        application = self.knowledge.application
        measured = calibration_from_json(case.calibration.read_text(encoding="utf-8"))
        plain = Suite(
            application_id=application.id,
            files=test_files(application),
            modules=application.modules,
            kept=None,
            packages=application.packages,
        )
        self.suite = calibrated_suite(plain, measured)
        self.limits = limits_for(measured, base_limits(calibration))
        self.interface = interface_of(application)

    @property
    def application(self) -> str:
        return self.knowledge.application.id

    def tasks(self, harness: Harness) -> tuple[Task, ...]:
        """Return the task of the whole application and, where it has several modules, one for each of them.

        A module that no requirement is traced to, or that no test depends on, gives no task.
        """
        whole_task = self._whole()
        modules = whole_task.parts if len(whole_task.parts) > 1 else ()
        found = (self._module(whole_task, module, harness) for module in modules)
        return (whole_task, *(task for task in found if task is not None))

    def part(self, task: Task, module: str, restored: frozenset[SectionSpan], files: Mapping[str, str]) -> Task | None:
        """Return one part of a task: its module, on top of what was built so far; None where nothing judges it."""
        outside = frozenset(span for span in restored if self.module_of(span.section) != module)
        part = self._restricted(task, module, id=f"{task.id}/{module}", given=outside, files=files)
        return part if part.statements and part.suite.kept else None

    def module_of(self, section: str) -> str:
        """Return the public module that a section lies in; of nested packages the innermost."""
        return self._modules.get(section.split("#")[0], "")

    @cached_property
    def _modules(self) -> dict[str, str]:
        return {section.base_name: module_name(section.file) for section in self.knowledge.sections}

    def _whole(self) -> Task:
        application = self.knowledge.application
        statements = tuple(Statement(id=item.id, text=item.text) for item in self.knowledge.application.requirements)
        trace = self.knowledge.traceability if application.gold else None
        blames: dict[str, list[str]] = {}
        for requirement, tests in (trace.tests if trace else {}).items():
            for test in tests:
                blames.setdefault(test, []).append(requirement)
        return Task(
            id=application.id,
            application=application.id,
            split=application.split.value,
            module=None,
            statements=statements,
            interface=self.interface,
            suite=self.suite,
            limits=self.limits,
            blames={test: tuple(ids) for test, ids in blames.items()},
            parts=tuple(application.modules) if trace else (),
            given=frozenset(),
            given_files={},
            files=tuple(path for path in self.knowledge.files if path.endswith(".py")),
        )

    def _module(self, task: Task, module: str, harness: Harness) -> Task | None:
        others = frozenset(
            whole(section.name) for section in self.knowledge.sections if self.module_of(section.name) != module
        )
        files = {path: text for path, text in self.knowledge.files.items() if module_name(path) != module}
        narrow = self._restricted(task, module, id=f"{task.id}#{module}", given=others, files=files)
        if not narrow.statements or not narrow.suite.kept:
            return None
        bare = harness.judge(self.knowledge.rebuild(others), narrow)
        if bare.reason is not None:
            return None
        proving = [function for function, share in bare.by_function().items() if share < 1]
        return replace(narrow, suite=narrow.suite.only(proving)) if proving else None

    def _restricted(
        self, task: Task, module: str, *, id: str, given: frozenset[SectionSpan], files: Mapping[str, str]
    ) -> Task:
        trace = self.knowledge.traceability
        wanted = {
            requirement
            for requirement, spans in trace.sections.items()
            if any(self.module_of(span.section) == module for span in spans)
        }
        functions = {test for test, ids in task.blames.items() if wanted.intersection(ids)}
        kept = {function_of(node) for node in task.suite.kept or ()}
        return replace(
            task,
            id=id,
            module=module,
            statements=tuple(item for item in task.statements if item.id in wanted),
            interface=Interface(modules=tuple(item for item in self.interface.modules if item.name == module)),
            suite=task.suite.only(functions & kept),
            parts=(),
            given=given,
            given_files=files,
            files=tuple(path for path in task.files if module_name(path) == module),
        )


def requirements_text(statements: Sequence[Statement]) -> str:
    """Return the statements as a numbered list."""
    return "\n".join(f"{number}. {statement.text}" for number, statement in enumerate(statements, 1))
