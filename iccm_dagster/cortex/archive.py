"""The archive: every version of the control policy, which one is current, and how that came about.

```text
cortex_versions/<version>   one artifact per version: values.npz and policy.json, hashed, never changed
cortex_current              one artifact: the current version and the history, replaced in one step
```

Version 0 is the heuristic: it is always there and needs no file. A promotion or a rollback only moves the pointer, so going back
restores the former behaviour bit for bit. A version that cannot be read is a PolicyError; what the agent does about it is in
`online`.

Not covered: two processes that move the pointer at the same time (the last one wins; both histories are whole).
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from iccm_dagster.artifacts import ArtifactStore, digest
from iccm_dagster.celr.heuristic import HeuristicPolicy
from iccm_dagster.celr.states import Policy
from iccm_dagster.cortex import features
from iccm_dagster.cortex.hazard import Hazard
from iccm_dagster.cortex.policy import MetaPolicy, Values
from iccm_dagster.cortex.transitions import ACTIONS
from iccm_dagster.errors import ArtifactError, PolicyError

FORMAT = 2
"""Version of the files of a policy."""
HEURISTIC = "0"
"""The version that is always there."""
VERSIONS, CURRENT = "cortex_versions", "cortex_current"
POLICY, ARRAYS, POINTER = "policy.json", "values.npz", "current.json"
_VALUES = ("value_AB", "covariance_ABB", "noise_A", "supported_AC")
_HAZARD = ("intercept_A", "slope_K", "centre_K", "first_AR", "growth_AR")

Move = Literal["proposed", "promoted", "refused", "rolled back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the history."""

    move: Move
    version: str
    """The version it is about."""
    before: str
    """The current version before it."""
    reasons: tuple[str, ...]
    """The gate's, or a person's."""
    suite: str
    """Name of the benchmark suite that was judged on; empty where none was."""
    at: str
    """UTC, ISO 8601."""


class PolicyArchive:
    """Policies in an artifact store."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    @property
    def current(self) -> str:
        """Return the current version."""
        return self._pointer()["current"]

    @property
    def history(self) -> tuple[Entry, ...]:
        """Return everything that happened, oldest first."""
        return tuple(Entry(**{**entry, "reasons": tuple(entry["reasons"])}) for entry in self._pointer()["history"])

    def judged(self, suite: str) -> int:
        """Return how many proposals were judged on a suite: the gate's level depends on it."""
        return sum(entry.suite == suite and entry.move in ("promoted", "refused") for entry in self.history)

    def add(self, policy: MetaPolicy, facts: Mapping[str, Any]) -> None:
        """Store a version; storing the same one twice changes nothing.

        Raises:
            PolicyError: Another policy has this version.
        """
        record, arrays = _record(policy), to_bytes(policy)
        stored = self._store.find(VERSIONS, policy.version)
        if stored is not None:
            if stored.file(ARRAYS).read_bytes() != arrays or stored.json(POLICY)["record"] != record:
                raise PolicyError(f"version {policy.version} is taken by another policy: versions are never changed.")
            return
        with self._store.writing(VERSIONS, policy.version, fingerprint=digest(record), parents={}) as draft:
            (draft.folder / ARRAYS).write_bytes(arrays)
            text = json.dumps({"record": record, "facts": dict(facts)}, indent=1, default=str)
            (draft.folder / POLICY).write_text(text, encoding="utf-8")
        self._write("proposed", policy.version, current=self.current, reasons=(), suite="")

    def load(self, version: str) -> Policy:
        """Return a version.

        Raises:
            PolicyError: It is missing, corrupt or incompatible with this program.
        """
        if version == HEURISTIC:
            raise PolicyError("version 0 is the heuristic, which is not stored: build it from its recipe.")
        try:
            stored = self._store.get(VERSIONS, version)
            record, data = stored.json(POLICY)["record"], stored.file(ARRAYS).read_bytes()
        except (ArtifactError, OSError, ValueError, KeyError, TypeError) as error:
            raise PolicyError(f"policy {version} cannot be read: {error}") from error
        _require_compatible(version, record)
        return _policy(version, record, data)

    def promote(self, version: str, *, reasons: tuple[str, ...], suite: str) -> None:
        """Make a stored version the current one; raise PolicyError where it cannot be loaded."""
        self.load(version)
        self._write("promoted", version, current=version, reasons=reasons, suite=suite)

    def refuse(self, version: str, *, reasons: tuple[str, ...], suite: str) -> None:
        """Remember that the gate refused a version."""
        self._write("refused", version, current=self.current, reasons=reasons, suite=suite)

    def roll_back(self, version: str | None, *, reason: str) -> str:
        """Make a former version current again: the one named, or the one before the current one; return it.

        Raises:
            PolicyError: There is no such version, or it cannot be loaded.
        """
        target = version if version is not None else self._before(self.current)
        if target != HEURISTIC:
            self.load(target)
        self._write("rolled back", target, current=target, reasons=(reason,), suite="")
        return target

    def _before(self, version: str) -> str:
        for entry in reversed(self.history):
            if entry.move == "promoted" and entry.version == version:
                return entry.before
        return HEURISTIC

    def _pointer(self) -> dict[str, Any]:
        try:
            stored = self._store.find(CURRENT)
            return {"current": HEURISTIC, "history": []} if stored is None else stored.json(POINTER)
        except (ArtifactError, ValueError) as error:
            raise PolicyError(f"which policy is current cannot be read: {error}") from error

    def _write(self, move: Move, version: str, *, current: str, reasons: tuple[str, ...], suite: str) -> None:
        pointer = self._pointer()
        entry = Entry(
            move=move,
            version=version,
            before=pointer["current"],
            reasons=reasons,
            suite=suite,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        state = {"current": current, "history": [*pointer["history"], asdict(entry)]}
        with self._store.writing(CURRENT, None, fingerprint=digest(state), parents={}) as draft:
            (draft.folder / POINTER).write_text(json.dumps(state, indent=1), encoding="utf-8")


def to_bytes(policy: MetaPolicy) -> bytes:
    """Return the arrays of a policy; equal policies give equal bytes."""
    values = policy.values
    buffer = io.BytesIO()
    if values is not None:
        np.savez(
            buffer,
            **{name: getattr(values, name) for name in _VALUES},
            **{f"hazard_{name}": getattr(values.hazard, name) for name in _HAZARD},
            scalars=np.array([values.pessimism, values.hazard.limit]),
        )
    return buffer.getvalue()


def content_version(policy: MetaPolicy) -> str:
    """Return a version that depends on what the policy does alone: training twice on the same logs gives the same one."""
    return digest([_record(policy), to_bytes(policy).hex()])[:8]


def _record(policy: MetaPolicy) -> dict[str, Any]:
    """Return what must agree for a policy to mean the same here as where it was trained."""
    heuristic = policy.heuristic
    return {
        "format": FORMAT,
        "features": features.VERSION,
        "names": list(features.StateExtractor.names),
        "products": [list(pair) for pair in features.PRODUCTS],
        "actions": [action.value for action in ACTIONS],
        "heuristic": {"version": heuristic.version, "retries_per_rung": heuristic.retries_per_rung},
        "kind": "clone" if policy.values is None else "learned",
    }


def _require_compatible(version: str, record: Mapping[str, Any]) -> None:
    here = {
        "format": FORMAT,
        "features": features.VERSION,
        "names": list(features.StateExtractor.names),
        "products": [list(pair) for pair in features.PRODUCTS],
        "actions": [action.value for action in ACTIONS],
    }
    for name, value in here.items():
        if record.get(name) != value:
            raise PolicyError(
                f"policy {version} is incompatible: its {name} is {record.get(name)!r}, this program's {value!r}. Train a new one."
            )


def _policy(version: str, record: Mapping[str, Any], data: bytes) -> MetaPolicy:
    try:
        heuristic = HeuristicPolicy(**record["heuristic"])
        if record["kind"] == "clone":
            return MetaPolicy(version=version, values=None, heuristic=heuristic)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            values = Values(
                **{name: arrays[name] for name in _VALUES},
                pessimism=float(arrays["scalars"][0]),
                hazard=Hazard(
                    **{name: arrays[f"hazard_{name}"] for name in _HAZARD}, limit=float(arrays["scalars"][1])
                ),
            )
    except (KeyError, ValueError, TypeError, OSError, EOFError) as error:
        raise PolicyError(f"policy {version} cannot be read: {type(error).__name__}: {error}") from error
    if values.value_AB.shape != (len(ACTIONS), features.BASIS_SIZE) or not np.isfinite(values.value_AB).all():
        raise PolicyError(
            f"policy {version} has values of shape {values.value_AB.shape}, or values that are not finite."
        )
    return MetaPolicy(version=version, values=values, heuristic=heuristic)
