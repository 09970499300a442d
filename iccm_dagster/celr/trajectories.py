"""Trajectories: the events of one run over one task, and the answers in them, each with its author and its verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from iccm_dagster.celr.events import Event
from iccm_dagster.celr.states import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One attempt: what was asked, who answered, and what the tests said."""

    trajectory: str
    """The trajectory it was made in."""
    step: int
    """Decisions taken before it."""
    model: str
    """Who wrote it: an answer after an escalation is the larger model's, never the small one's."""
    prompt: str
    """What was asked; the task's own prompt, with advice after a reflection."""
    prompt_hash: str
    """Equal for equal prompts."""
    response: str
    """The answer."""
    pass_rate: float | None
    """Verdict of the tests, 0-1; None where it was not judged."""
    tokens: int
    """Tokens of prompt and answer."""
    simulated: bool
    """Whether a simulated reconstructor wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One run over one task."""

    id: str
    """Unique name of the run."""
    task: str
    """The task; several trajectories share it."""
    application: str
    """The application."""
    split: str
    """"train", "validation" or "holdout"."""
    seed: int
    """Seed of the run."""
    simulated: bool
    """Whether any answer came from a simulated reconstructor."""
    prompt: str
    """The task's own prompt; empty where the log does not hold it."""
    events: tuple[Event, ...]
    """Everything that happened, in order."""
    answers: tuple[Answer, ...]
    """Every attempt that gave an answer, in order."""
    complete: bool
    """Whether the run came to its end; a run that was cut off is not scored."""
    last_action: Action | None
    """How it ended: STOP, ABORT; None for a run that was cut off."""
    pass_rate: float | None
    """Best pass rate, 0-1; None where nothing was judged."""
    cost: float
    """Money spent."""
    cost_limit: float
    """Money that could be spent; 0 where the log does not say."""
    seconds: float
    """Time charged [s]."""
    seconds_limit: float
    """Time that could be used [s]; 0 where the log does not say."""
    retries: int
    """Attempts after the first."""
    escalations: int
    """Times it went one rung up."""
    unsafe: int
    """Unsafe events."""

    @property
    def success(self) -> bool:
        """Whether it handed in code that passes every test: giving up is never a success."""
        return self.last_action is Action.STOP and self.pass_rate == 1.0


def trajectory_of(events: Sequence[Event]) -> Trajectory:
    """Return the trajectory of the events of one run; they need not be sorted, and may lack the start or the end."""
    ordered = tuple(sorted(events, key=lambda event: event.number))
    first = ordered[0]
    start = next((event for event in ordered if event.kind == "start"), None)
    end = next((event for event in ordered if event.kind == "end"), None)
    answers = tuple(_answers(ordered, prompt=(start.prompt or "") if start else ""))
    rates = [event.pass_rate for event in ordered if event.kind == "verdict" and event.pass_rate is not None]
    attempts = sum(event.kind == "attempt" for event in ordered)
    known = next((event.state for event in reversed(ordered) if event.state is not None), None)
    return Trajectory(
        id=first.trajectory,
        task=first.task,
        application=first.application,
        split=first.split,
        seed=first.seed,
        simulated=any(event.simulated for event in ordered),
        prompt=(start.prompt or "") if start else "",
        events=ordered,
        answers=answers,
        complete=end is not None,
        last_action=end.action if end is not None else None,
        pass_rate=max(rates, default=None),
        cost=end.cost if end is not None else sum(event.cost for event in ordered),
        cost_limit=known.cost_limit if known else 0.0,
        seconds=end.seconds if end is not None else sum(event.seconds for event in ordered),
        seconds_limit=known.seconds_limit if known else 0.0,
        retries=max(0, attempts - 1),
        escalations=sum(event.kind == "decision" and event.action is Action.ESCALATE for event in ordered),
        unsafe=sum(event.kind == "unsafe" for event in ordered),
    )


def _answers(ordered: Sequence[Event], *, prompt: str) -> Iterator[Answer]:
    """Yield each attempt with the verdict that followed it, before the next attempt."""
    attempt: Event | None = None
    rate: float | None = None
    for event in (*ordered, None):
        if (event is None or event.kind == "attempt") and attempt is not None and attempt.response is not None:
            yield _answer(attempt, rate, prompt)
        if event is None:
            return
        if event.kind == "attempt":
            attempt, rate = event, None
        elif event.kind == "verdict":
            rate = event.pass_rate


def _answer(attempt: Event, rate: float | None, prompt: str) -> Answer:
    return Answer(
        trajectory=attempt.trajectory,
        step=attempt.step,
        model=attempt.model or "unknown",
        prompt=attempt.prompt if attempt.prompt is not None else prompt,
        prompt_hash=attempt.prompt_hash or "",
        response=attempt.response or "",
        pass_rate=rate,
        tokens=attempt.tokens,
        simulated=attempt.simulated,
    )


def trajectories_of(events: Iterable[Event]) -> list[Trajectory]:
    """Return the trajectories in a stream of events, in the order in which they began."""
    runs: dict[str, list[Event]] = {}
    for event in events:
        runs.setdefault(event.trajectory, []).append(event)
    return [trajectory_of(run) for run in runs.values()]
