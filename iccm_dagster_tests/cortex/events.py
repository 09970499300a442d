"""Episodes of the test world as the log of the agent would hold them."""

from dataclasses import replace

from iccm_dagster.celr.events import SCHEMA, Event
from iccm_dagster.celr.states import Action, State
from iccm_dagster.cortex.transitions import Episode

NOTHING = dict.fromkeys(
    ("action", "propensity", "policy", "rung", "model", "prompt", "prompt_hash", "response", "pass_rate", "error")
)


def events_of(episode: Episode, *, trajectory: str, application: str, split: str) -> list[Event]:
    """Return start, verdicts, decisions and end of an episode that ended."""
    shared = {"schema": SCHEMA, "trajectory": trajectory, "task": episode.task_id, "application": application}
    shared |= {"seed": 0, "simulated": True, "split": split, "tokens": 0, "cost": 0.0, "seconds": 0.0}

    def event(number: int, kind: str, state: State, **what: object) -> Event:
        return Event(
            **{**NOTHING, **shared, "number": number, "kind": kind, "state": state, "step": state.step, **what}
        )

    found = [event(0, "start", episode.steps[0].state, prompt="p", prompt_hash="h")]
    for step in episode.steps:
        state = step.state
        if found[-1].action is Action.VERIFY:
            found.append(event(len(found), "verdict", state, pass_rate=state.last_pass_rate))
        reason = "forced" if step.forced else "why"
        found.append(
            event(
                len(found),
                "decision",
                state,
                action=step.action,
                propensity=step.propensity,
                policy="0",
                response=reason,
            )
        )
    last = episode.steps[-1]
    money = last.state.cost + last.cost * last.state.cost_limit
    time = last.state.seconds + last.seconds * last.state.seconds_limit
    after = replace(last.state, cost=money, seconds=time)
    end = event(len(found), "end", after, action=last.action, pass_rate=last.state.best_pass_rate)
    return [*found, replace(end, cost=money, seconds=time)]
