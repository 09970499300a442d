"""Incremental plans: which targets must be built again, in which order, and why."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from buildcache.digests import Fingerprint, _fingerprints
from buildcache.graph import BuildError, Graph, UnknownTarget


class RecordError(BuildError):
    """A text is not a build record."""


@dataclass(frozen=True)
class Step:
    """A target to build and the reasons: `new`, `sources`, `command`, `needs` or `forced`."""

    target: str
    reasons: tuple[str, ...]


class Record:
    """What every target was built from when it was built last."""

    def __init__(self, entries: Mapping[str, Fingerprint] | None = None) -> None:
        self.entries: dict[str, Fingerprint] = dict(entries or {})

    def built(self, graph: Graph, files: Mapping[str, str], name: str) -> None:
        """Note that the target was built from the files as they are. Raises UnknownTarget and MissingSource."""
        if name not in graph.targets:
            raise UnknownTarget(name)
        self.entries[name] = _fingerprints(graph, files)[name]

    def forget(self, name: str) -> bool:
        """Drop a target, so that it counts as new; whether it was known."""
        return self.entries.pop(name, None) is not None

    def prune(self, graph: Graph) -> list[str]:
        """Drop the targets that the graph does not have any more and return them, sorted."""
        gone = sorted(set(self.entries) - set(graph.targets))
        for name in gone:
            del self.entries[name]
        return gone

    def to_text(self) -> str:
        """The record as JSON, the same text for the same content."""
        rows = {name: [one.sources, one.command, one.needs] for name, one in self.entries.items()}
        return json.dumps(rows, sort_keys=True)


def record_from_text(text: str) -> Record:
    """Read a record written by `to_text`. Raises RecordError."""
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordError(f"a build record is JSON: {error}") from None
    if not isinstance(rows, dict):
        raise RecordError("a build record maps targets to digests")
    for name, row in rows.items():
        if not isinstance(row, list) or len(row) != 3 or not all(isinstance(part, str) for part in row):
            raise RecordError(f"{name}: expected three digests")
    return Record({name: Fingerprint(*row) for name, row in rows.items()})


def plan(
    graph: Graph,
    files: Mapping[str, str],
    record: Record,
    goals: Iterable[str] | None = None,
    forced: Iterable[str] = (),
) -> list[Step]:
    """The steps that bring the goals (all targets by default) up to date, in building order.

    A target is built again when it is new, its sources or its command changed, something it needs changed, or it is
    forced; whatever needs a forced target is built again as well. Raises UnknownTarget and MissingSource.
    """
    forced = set(forced)
    for name in sorted(forced):
        if name not in graph.targets:
            raise UnknownTarget(name)
    current = _fingerprints(graph, files)
    steps: list[Step] = []
    rebuilt: set[str] = set()
    for name in graph._order(goals):
        reasons = _reasons(current[name], record.entries.get(name))
        if "needs" not in reasons and "new" not in reasons and rebuilt & set(graph.targets[name].needs):
            reasons.append("needs")
        if name in forced:
            reasons.append("forced")
        if reasons:
            rebuilt.add(name)
            steps.append(Step(name, tuple(reasons)))
    return steps


def is_current(graph: Graph, files: Mapping[str, str], record: Record, name: str) -> bool:
    """Whether the target and everything it needs were built from the files as they are. Raises UnknownTarget."""
    current = _fingerprints(graph, files)
    return all(record.entries.get(one) == current[one] for one in graph._order([name]))


def affected(graph: Graph, changed: Iterable[str]) -> list[str]:
    """The targets built from any of the changed files, directly or through what they need, in building order."""
    changed = set(changed)
    hit: set[str] = set()
    order = graph._order(None)
    for name in order:
        target = graph.targets[name]
        if changed & set(target.sources) or hit & set(target.needs):
            hit.add(name)
    return [name for name in order if name in hit]


def _reasons(current: Fingerprint, former: Fingerprint | None) -> list[str]:
    if former is None:
        return ["new"]
    return [part for part in ("sources", "command", "needs") if getattr(current, part) != getattr(former, part)]
