"""One event of a trajectory, and the line of JSON it is kept as.

Lines of schema 0 (no ``schema`` key) load too: what they lack is filled in. Keys that are not known are ignored, so
that a later version may add some; a later *schema* is refused, since its keys may mean something else. Secrets are taken
out of texts on both ways (`scrub`).
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, get_args

from iccm_dagster.celr.scrub import scrubbed
from iccm_dagster.celr.states import Action, State

SCHEMA = 1
"""Version of the lines that are written."""

Kind = Literal["start", "attempt", "verdict", "reflection", "decision", "unsafe", "end"]
KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened while a task was worked on."""

    schema: int
    """Version of the line it came from."""
    trajectory: str
    """Which run over the task this belongs to; one task has many."""
    number: int
    """Place in the trajectory, from 0: (trajectory, number) is never used twice."""
    task: str
    """The task."""
    application: str
    """The application."""
    step: int
    """Decisions taken before the event."""
    kind: Kind
    """What happened."""
    state: State | None
    """The state after the event; for a decision, the state it was taken in. None where a line has none."""
    action: Action | None
    """The action decided (decision) or carried out (attempt, verdict); for ``end`` the last one. None elsewhere."""
    propensity: float | None
    """Probability of a decision's action under the policy; None elsewhere."""
    policy: str | None
    """Version of the deciding policy; None where nothing was decided."""
    rung: int | None
    """Rung of the ladder an attempt was made at; None elsewhere."""
    model: str | None
    """Who wrote an attempt's answer; several names joined by "+" for one put together from parts. None elsewhere."""
    prompt: str | None
    """Text of the prompt: the task's own at the start, an attempt's where it differs from that; None elsewhere."""
    prompt_hash: str | None
    """First 16 hexadecimal digits of the SHA-256 of the prompt; None where there is none."""
    response: str | None
    """The answer of an attempt, the advice of a reflection, the reason of a decision or end; None where there is none."""
    pass_rate: float | None
    """Of a verdict, 0-1; of the end, the best one. None where nothing was judged."""
    tokens: int
    """Tokens of prompt and answer of an attempt; 0 elsewhere."""
    cost: float
    """Money the event cost; at the end, the whole."""
    seconds: float
    """Time [s] the event was charged; at the end, the whole."""
    error: str | None
    """What went wrong; None where nothing did."""
    seed: int
    """Seed of the trajectory."""
    simulated: bool
    """Whether the answer comes from a simulated reconstructor."""
    split: str
    """"train", "validation" or "holdout": holdout never enters training data."""


_FIELDS = tuple(field.name for field in fields(Event))
_STATE_FIELDS = tuple(field.name for field in fields(State))
_STATE_REQUIRED = tuple(field.name for field in fields(State) if field.default is MISSING)
_STATE_TYPES = {field.name: field.type for field in fields(State)}
_TEXTS = ("prompt", "response", "error")
_REQUIRED = ("task", "application", "step", "kind")
_DEFAULTS: dict[str, Any] = {
    "schema": 0,
    "number": None,
    "tokens": 0,
    "cost": 0.0,
    "seconds": 0.0,
    "seed": 0,
    # A line that does not say is treated with care: never real, never trained on.
    "simulated": True,
    "split": "holdout",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "schema": (int,),
    "trajectory": (str,),
    "number": (int,),
    "task": (str,),
    "application": (str,),
    "step": (int,),
    "propensity": (int, float, type(None)),
    "policy": (str, type(None)),
    "rung": (int, type(None)),
    "model": (str, type(None)),
    "prompt": (str, type(None)),
    "prompt_hash": (str, type(None)),
    "response": (str, type(None)),
    "pass_rate": (int, float, type(None)),
    "tokens": (int,),
    "cost": (int, float),
    "seconds": (int, float),
    "error": (str, type(None)),
    "seed": (int,),
    "simulated": (bool,),
    "split": (str,),
}


def event_to_json(event: Event) -> str:
    """Return one line without its end; `event_from_json` reads it back."""
    values: dict[str, Any] = {name: getattr(event, name) for name in _FIELDS}
    if event.state is not None:
        values["state"] = {name: getattr(event.state, name) for name in _STATE_FIELDS}
    for name in _TEXTS:
        if values[name] is not None:
            values[name] = scrubbed(values[name])
            # A lone surrogate is no text: it could be written here and by no export.
            if not values[name].isascii():
                values[name] = values[name].encode("utf-8", "replace").decode()
    return json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def event_from_json(line: str | bytes) -> Event:
    """Return the event of a line.

    Raises:
        ValueError: The line is no event; the message says why.
    """
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError(f"a {type(values).__name__}, not an object")
    if (b"\\ud" if isinstance(line, bytes) else "\\ud") in line.lower():
        json.dumps(values, ensure_ascii=False).encode()  # raises UnicodeEncodeError for a lone surrogate
    return event_of(values)


def event_of(values: Mapping[str, Any]) -> Event:
    """Return the event of a decoded line; raise ValueError as `event_from_json` does."""
    missing = [name for name in _REQUIRED if name not in values]
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    schema = values.get("schema", 0)
    if not isinstance(schema, int) or not 0 <= schema <= SCHEMA:
        raise ValueError(f"schema {schema!r}: versions 0 to {SCHEMA} are known")
    if not isinstance(values["kind"], str) or values["kind"] not in KINDS:
        raise ValueError(f"kind {str(values['kind'])[:40]!r} is none of {', '.join(sorted(KINDS))}")
    found = {name: values.get(name, _DEFAULTS.get(name)) for name in _FIELDS}
    if found["trajectory"] is None:
        found["trajectory"] = f"{values['task']}/{found['seed']}"
    if found["number"] is None:
        found["number"] = values["step"]
    for name, types in _TYPES.items():
        value = found[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError(f"{name} is {type(value).__name__} {str(value)[:40]!r}")
    _check_numbers(found)
    if not isinstance(found["action"], str | None):
        raise ValueError(f"action is {type(found['action']).__name__}")
    found["action"] = None if found["action"] is None else Action(found["action"])
    found["state"] = None if found["state"] is None else _state_of(found["state"])
    # Not every log was written by this version.
    found.update({name: scrubbed(found[name]) for name in _TEXTS if found[name] is not None})
    return Event(**found)


def _check_numbers(found: Mapping[str, Any]) -> None:
    rate, propensity = found["pass_rate"], found["propensity"]
    if rate is not None and not 0 <= rate <= 1:
        raise ValueError(f"pass_rate {rate} is not in 0-1")
    if propensity is not None and not 0 < propensity <= 1:
        raise ValueError(f"propensity {propensity} is not in (0, 1]")
    for name in ("cost", "seconds", "tokens", "number", "step"):
        if not 0 <= found[name] < float("inf"):
            raise ValueError(f"{name} {found[name]} is not a finite number from 0")


def _state_of(values: Any) -> State:
    if not isinstance(values, dict):
        raise ValueError(f"state is {type(values).__name__}")
    missing = [name for name in _STATE_REQUIRED if name not in values]
    if missing:
        raise ValueError(f"state lacks {', '.join(missing)}")
    known = [name for name in _STATE_FIELDS if name in values]
    for name in known:
        value, wanted = values[name], _STATE_TYPES[name]
        if wanted in (int, float) and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"state.{name} is {type(value).__name__}")
        if wanted in (str, bool) and not isinstance(value, wanted):
            raise ValueError(f"state.{name} is {type(value).__name__}")
        if wanted == float | None and (isinstance(value, bool | str | list | dict)):
            raise ValueError(f"state.{name} is {type(value).__name__}")
        if isinstance(value, float) and not abs(value) < float("inf"):
            raise ValueError(f"state.{name} is {value}")
    return State(**{name: values[name] for name in known})
