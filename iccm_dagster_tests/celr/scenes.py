"""Small scenes for the tests: events, answers, scores, a task with two tests, and verdicts on it."""

from dataclasses import replace

from iccm_dagster.applications.interface import Interface
from iccm_dagster.celr.events import Event
from iccm_dagster.celr.ladder import Draft, Reply, Rung, ScriptedSolver
from iccm_dagster.celr.scorer import TrajectoryScore
from iccm_dagster.celr.states import State
from iccm_dagster.celr.tasks import Statement, Task
from iccm_dagster.celr.trajectories import Answer
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import CaseRun, Isolation, Mode, Suite, SuiteReport, Verdict

TESTS = ("test_m.py::test_sum_adds_all", "test_m.py::test_largest")
STATE = State(
    task_id="app",
    application_id="app",
    step=0,
    rung=0,
    rungs=3,
    retries=0,
    retries_at_rung=0,
    has_code=False,
    verified=False,
    last_pass_rate=None,
    best_pass_rate=None,
    cost=0.0,
    cost_limit=1.0,
    seconds=0.0,
    seconds_limit=60.0,
    depth=0,
    depth_limit=1,
    modules=1,
    context_tokens=10,
    compressed=False,
    requirements=2,
    unsafe=0,
)
START = Event(
    schema=1,
    trajectory="run",
    number=0,
    task="app",
    application="app",
    step=0,
    kind="start",
    state=STATE,
    action=None,
    propensity=None,
    policy=None,
    rung=None,
    model=None,
    prompt="Write it.",
    prompt_hash="00",
    response=None,
    pass_rate=None,
    tokens=0,
    cost=0.0,
    seconds=0.0,
    error=None,
    seed=0,
    simulated=True,
    split="train",
)


def event(number: int, kind: str = "decision", **what: object) -> Event:
    """Return an event of one run, without a prompt unless it is given."""
    return replace(START, **{"number": number, "step": number, "kind": kind, "prompt": None, **what})


def answer(text: str, rate: float | None, *, model: str = "small", prompt: str = "Write it.") -> Answer:
    """Return an answer with its verdict."""
    return Answer(
        trajectory="run",
        step=0,
        model=model,
        prompt=prompt,
        prompt_hash="00",
        response=text,
        pass_rate=rate,
        tokens=1,
        simulated=True,
    )


def score(*answers: Answer, task: str = "app", split: str = "train") -> TrajectoryScore:
    """Return the score of a run with these answers."""
    return TrajectoryScore(
        trajectory=f"{task}.0",
        task=task,
        application=task.split("#")[0],
        split=split,
        prompt="Write it.",
        success=0.0,
        pass_rate=max((one.pass_rate for one in answers if one.pass_rate is not None), default=None),
        efficiency=1.0,
        cost=1.0,
        composite=0.4,
        judge=None,
        answers=answers,
        simulated=True,
    )


def task(**changes: object) -> Task:
    """Return a task of two statements, each checked by one test."""
    plain = Task(
        id="app",
        application="app",
        split="train",
        module=None,
        statements=(Statement(id="R1", text="It adds all numbers."), Statement(id="R2", text="It finds the largest.")),
        interface=Interface(modules=()),
        suite=Suite(application_id="app", files={"test_m.py": ""}, modules=("m",), kept=TESTS),
        limits=Limits(wall_s=1, test_s=1, memory_mib=64, processes=4, output_mib=1),
        blames={TESTS[0]: ("R1",), TESTS[1]: ("R2",)},
        parts=("m",),
        given=frozenset(),
        given_files={},
        files=("m.py",),
    )
    return replace(plain, **changes)


def report(*passed: bool, message: str = "", verdict: Verdict = Verdict.FAILED) -> SuiteReport:
    """Return a verdict on the two tests of `task`."""
    runs = tuple(
        CaseRun(node_id=node, verdict=Verdict.PASSED if good else verdict, seconds=0.1, message="" if good else message)
        for node, good in zip(TESTS, passed, strict=True)
    )
    return SuiteReport(runs=runs, reason=None, isolation=Isolation.STRONG, mode=Mode.SPLIT, seconds=0.2)


def reply(text: str, *, seconds: float = 1.0) -> Reply:
    """Return a program of one file."""
    draft = Draft(implementation=Implementation(files={"m.py": text}, origin=Origin.DERIVED), restored=frozenset())
    return Reply(draft=draft, refusal=None, seconds=seconds, simulated=False)


def refusal() -> Reply:
    """Return a refusal."""
    return Reply(draft=None, refusal="I would rather not.", seconds=1.0, simulated=False)


def rung(name: str, *answers: Reply | Exception) -> Rung:
    """Return a rung whose solver replies with these answers."""
    return Rung(solver=ScriptedSolver(name=name, answers=answers), price_in=0.1, price_out=0.1)
