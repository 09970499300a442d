"""The agent: one task tried, verified, reflected on, retried or escalated until it is solved, stopped or given up.

The loop only performs what `transitions.choose` decides; everything that happens is an event in the log before the next
decision is taken. Deterministic under a seed wherever its solvers and verdicts are.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from iccm_dagster.applications.traceability import SectionSpan
from iccm_dagster.celr import transitions
from iccm_dagster.celr.events import SCHEMA, Event, Kind
from iccm_dagster.celr.ladder import Draft, Reply, Request, Rung, answer_text, prompt_hash, tokens_in
from iccm_dagster.celr.refining import Plight, Trial, Wording, refine_wording
from iccm_dagster.celr.reflection import Advice, advice_text, reflect
from iccm_dagster.celr.states import ATTEMPTS, Action, Decision, Policy, State
from iccm_dagster.celr.tasks import Harness, Task
from iccm_dagster.celr.transitions import Budget
from iccm_dagster.errors import EndpointError
from iccm_dagster.harness.planted import UNSEEN
from iccm_dagster.harness.program import Origin
from iccm_dagster.harness.suite import Isolation, SuiteReport, Verdict
from iccm_dagster.seeding import seed_for

DENIED = "[Errno 30] Read-only file system"
"""What the sandbox answers to a program that writes outside of its workspace."""


class Log(Protocol):
    """Where events go."""

    def append(self, event: Event) -> None:
        """Keep one event."""
        ...


@dataclass(slots=True)
class ListLog:
    """Keeps events in memory."""

    events: list[Event] = field(default_factory=list)

    def append(self, event: Event) -> None:
        self.events.append(event)


class Feedback(StrEnum):
    """What a retry gets to know of the attempts before it. All but the last are controls."""

    NOTHING = "nothing"
    """Nothing: a blind retry, from scratch."""
    PROGRAM = "program"
    """The best program so far, not what is wrong with it."""
    ADVICE = "advice"
    """The best program so far and what failed about it."""


SplitTask = Callable[[Task, str, frozenset[SectionSpan], Mapping[str, str]], Task | None]
"""(task, module, sections and files built so far) -> the part of the task; None where nothing judges it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all runs of an experiment share."""

    ladder: tuple[Rung, ...]
    """Whom to ask, cheap to expensive; at least one."""
    policy: Policy
    """Who decides: the heuristic, or a learned policy."""
    harness: Harness
    """Who judges."""
    split: SplitTask | None
    """How a task is split for RECURSE; None where it cannot be."""
    budget: Budget
    """What one run may use."""
    verify_cost: float
    """Price of one verdict."""
    feedback: Feedback
    """What a retry gets to know."""
    wordings: int
    """Wordings of the requirements that one retry may try after a verdict (`refining`); 0 passes the advice on beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended."""

    trajectory: str
    """Name of the run in the log."""
    task: str
    """The task."""
    action: Action
    """STOP or ABORT."""
    best: Draft | None
    """The best verified program; None where nothing was judged."""
    models: frozenset[str]
    """Who wrote it."""
    pass_rate: float | None
    """Its pass rate, 0-1; None where nothing was judged."""
    state: State
    """The last state: costs, retries, rung."""
    simulated: bool
    """Whether a simulated reconstructor took part."""

    @property
    def success(self) -> bool:
        """Whether it handed in a program that passes everything."""
        return self.action is Action.STOP and self.pass_rate == 1.0


def unsafe_in(report: SuiteReport, origin: Origin) -> tuple[str, ...]:
    """Return what was unsafe about running a program: it forged its verdict, tried to write outside of its workspace
    and did not hide that, or a model's code ran under weak isolation."""
    found = []
    if any(DENIED in run.message for run in report.runs):
        found.append("the program tried to write outside of its workspace")
    # A program that hangs leaves no time for a test's copies: the test does not count, but nobody was caught.
    if any(run.verdict is Verdict.FORGED and run.message != UNSEEN for run in report.runs):
        found.append("the program was caught manipulating its verdict")
    if report.runs and origin is Origin.ENDPOINT and report.isolation is Isolation.WEAK:
        found.append("code of a language model ran under weak isolation")
    return tuple(found)


def solve(task: Task, *, setting: Setting, log: Log, seed: int, trajectory: str, depth: int = 0) -> Outcome:
    """Work on a task until it is solved, stopped or given up.

    ``trajectory``: a name that was never used in this log. Whatever solvers do - refuse, fail, write nonsense - an
    outcome comes back.

    Raises:
        SandboxUnavailable: The sandbox failed, so nothing more can be judged.
        StorageError: The log cannot be written.
        RecipeError: The policy broke its contract.
    """
    return _Run(task, setting, log, seed, trajectory, depth).solve()


class _Run:
    """One run over one task: the state, the programs, and the place in the log."""

    def __init__(self, task: Task, setting: Setting, log: Log, seed: int, trajectory: str, depth: int) -> None:
        self.task, self.setting, self.log, self.seed, self.trajectory = task, setting, log, seed, trajectory
        self.rng = random.Random(seed_for("policy", task.id, seed))
        self.base = Request(task=task, statements=task.statements, advice=None, best=None, seed=seed)
        self.state = transitions.begin(
            task=task.id,
            application=task.application,
            rungs=len(setting.ladder),
            budget=setting.budget,
            depth=depth,
            modules=len(task.parts) if setting.split is not None else 0,
            tokens=tokens_in(self.base.prompt),
            requirements=len(task.statements),
        )
        self.number = 0
        self.attempts = 0
        self.current: Draft | None = None
        self.authors: frozenset[str] = frozenset()
        self.best: Draft | None = None
        self.best_authors: frozenset[str] = frozenset()
        self.report: SuiteReport | None = None
        """Verdict of the best program: what reflection reads."""
        self.simulated = False

    def solve(self) -> Outcome:
        prompt = self.base.prompt
        self._log("start", prompt=prompt, prompt_hash=prompt_hash(prompt))
        while True:
            decision = transitions.choose(
                self.state, policy=self.setting.policy, rng=self.rng, max_steps=self.setting.budget.max_steps
            )
            self._log_decision(decision)
            self.state = transitions.after_decision(self.state, decision.action)
            match decision.action:
                case Action.STOP | Action.ABORT:
                    return self._end(decision)
                case Action.VERIFY:
                    self._verify()
                case Action.RECURSE:
                    self._recurse()
                case _:
                    self._attempt(decision.action)

    def _attempt(self, action: Action) -> None:
        assert action in ATTEMPTS
        advice = self._advice()
        if action is Action.RETRY and advice is not None and self.setting.wordings:
            plight = Plight(task=self.task, advice=advice)
            refine_wording(plight, attempt=self._try_wording, budget=self.setting.wordings)
        else:
            self._ask(action, self._request(action, advice))

    def _try_wording(self, wording: Wording) -> Trial:
        """Rebuild from other words and verify at once, as often as the budget lasts."""
        if self.state.exhausted:
            return Trial(pass_rate=None, advice=None)
        self._ask(Action.RETRY, replace(self.base, statements=wording, best=self.best, seed=self._next_seed()))
        if self.state.verified:
            return Trial(pass_rate=None, advice=self._advice())
        self._verify()
        return Trial(pass_rate=self.state.last_pass_rate, advice=self._advice())

    def _ask(self, action: Action, request: Request) -> None:
        rung = self.setting.ladder[self.state.rung]
        reply, error = None, None
        try:
            reply = rung.solver.attempt(request)
            error = None if reply.draft is not None else f"refused: {reply.refusal}"
        except EndpointError as problem:
            error = str(problem)
        draft = reply.draft if reply is not None else None
        response = None if draft is None else answer_text(self.task, draft.implementation)
        cost = rung.cost(request.prompt, response or "") if reply is not None else 0.0
        self._take(action, draft, frozenset({rung.solver.name}), request, response, reply, cost, error)

    def _take(
        self,
        action: Action,
        draft: Draft | None,
        authors: frozenset[str],
        request: Request,
        response: str | None,
        reply: Reply | None,
        cost: float,
        error: str | None,
    ) -> None:
        """Make what came back the current program, and log the attempt."""
        prompt = request.prompt
        if draft is not None:
            kept = self.best_authors if request.best is not None else frozenset()
            self.current, self.authors = draft, authors | kept
        self.simulated |= reply is not None and reply.simulated
        seconds = reply.seconds if reply is not None else 0.0
        self.state = transitions.after_attempt(
            self.state,
            action,
            wrote=draft is not None,
            first=self.attempts == 0,
            cost=cost,
            seconds=seconds,
            tokens=tokens_in(prompt),
        )
        self.attempts += 1
        self._log(
            "attempt",
            action=action,
            rung=self.state.rung,
            model="+".join(sorted(self.authors if draft is not None else authors)),
            prompt=None if prompt == self.base.prompt else prompt,
            prompt_hash=prompt_hash(prompt),
            response=response,
            tokens=tokens_in(prompt) + tokens_in(response or ""),
            cost=cost,
            seconds=seconds,
            error=error,
        )

    def _next_seed(self) -> int:
        return seed_for(self.seed, self.attempts)

    def _request(self, action: Action, advice: Advice | None) -> Request:
        """Return what is asked next: with advice after a failed verdict, only what fails when compressed."""
        seed = self._next_seed()
        if advice is None:
            best = self.best if self.setting.feedback is Feedback.PROGRAM else None
            return replace(self.base, best=best, seed=seed)
        statements = self.task.statements
        if action is Action.RETRY_COMPRESSED and advice.statements:
            statements = tuple(item for item in statements if item.id in advice.statements)
        return Request(task=self.task, statements=statements, advice=advice, best=self.best, seed=seed)

    def _advice(self) -> Advice | None:
        if self.report is None or self.setting.feedback is not Feedback.ADVICE:
            return None
        return reflect(self.task, self.report)

    def _verify(self) -> None:
        assert self.current is not None
        report = self.setting.harness.judge(self.current.implementation, self.task)
        unsafe = unsafe_in(report, self.current.implementation.origin)
        before = self.state.best_pass_rate
        self.state = transitions.after_verdict(
            self.state, report.pass_rate, cost=self.setting.verify_cost, seconds=report.seconds, unsafe=len(unsafe)
        )
        self._log(
            "verdict",
            action=Action.VERIFY,
            pass_rate=report.pass_rate,
            cost=self.setting.verify_cost,
            seconds=report.seconds,
            error=report.reason,
        )
        for what in unsafe:
            self._log("unsafe", error=what)
        if report.pass_rate is not None and (before is None or report.pass_rate > before):
            self.best, self.best_authors, self.report = self.current, self.authors, report
        advice = self._advice()
        if advice is not None:
            self._log("reflection", response=advice_text(self.task, advice))

    def _recurse(self) -> None:
        """Solve the parts one after the other, each with its share of what is left, and put them together."""
        assert self.setting.split is not None
        built, files = self.task.given, self.task.given_files
        models: frozenset[str] = frozenset()
        draft: Draft | None = None
        cost, seconds, simulated = 0.0, 0.0, False
        for place, module in enumerate(self.task.parts):
            part = self.setting.split(self.task, module, built, files)
            money = self.state.cost_limit - self.state.cost - cost
            time = self.state.seconds_limit - self.state.seconds - seconds
            if part is None or money <= 0 or time <= 0:
                continue
            left = len(self.task.parts) - place
            budget = replace(self.setting.budget, cost=money / left, seconds=time / left)
            outcome = solve(
                part,
                setting=replace(self.setting, budget=budget),
                log=self.log,
                seed=seed_for(self.seed, self.attempts, module),
                trajectory=f"{self.trajectory}/{module}.{self.attempts}",
                depth=self.state.depth + 1,
            )
            cost, seconds = cost + outcome.state.cost, seconds + outcome.state.seconds
            simulated |= outcome.simulated
            if outcome.best is not None:
                draft, models = outcome.best, models | outcome.models
                built, files = draft.restored, draft.implementation.files
        reply = Reply(draft=draft, refusal="no part was solved", seconds=seconds, simulated=simulated)
        response = None if draft is None else answer_text(self.task, draft.implementation)
        error = None if draft is not None else "no part gave a program"
        self._take(Action.RECURSE, draft, models, self.base, response, reply, cost, error)

    def _end(self, decision: Decision) -> Outcome:
        self._log(
            "end",
            action=decision.action,
            pass_rate=self.state.best_pass_rate,
            cost=self.state.cost,
            seconds=self.state.seconds,
            response=decision.reason,
        )
        return Outcome(
            trajectory=self.trajectory,
            task=self.task.id,
            action=decision.action,
            best=self.best,
            models=self.best_authors,
            pass_rate=self.state.best_pass_rate,
            state=self.state,
            simulated=self.simulated,
        )

    def _log_decision(self, decision: Decision) -> None:
        self._log(
            "decision",
            action=decision.action,
            propensity=decision.propensity,
            policy=decision.policy,
            response=decision.reason,
        )

    def _log(self, kind: Kind, **what: object) -> None:
        blank = dict.fromkeys(
            (
                "action",
                "propensity",
                "policy",
                "rung",
                "model",
                "prompt",
                "prompt_hash",
                "response",
                "pass_rate",
                "error",
            )
        )
        amounts = {"tokens": 0, "cost": 0.0, "seconds": 0.0}
        self.log.append(
            Event(
                schema=SCHEMA,
                trajectory=self.trajectory,
                number=self.number,
                task=self.task.id,
                application=self.task.application,
                step=self.state.step,
                kind=kind,
                state=self.state,
                seed=self.seed,
                simulated=self.simulated,
                split=self.task.split,
                **{**blank, **amounts, **what},
            )
        )
        self.number += 1
