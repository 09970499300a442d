"""Build targets and the graph of what they need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class BuildError(Exception):
    """Base of every error raised by this package."""


class TargetError(BuildError):
    """Targets are described wrongly, or two have the same name."""


class UnknownTarget(BuildError, KeyError):
    """A target is named that the graph does not have."""


class CycleError(BuildError):
    """Targets need each other; `cycle` lists them, the first one again at the end."""

    def __init__(self, cycle: list[str]) -> None:
        super().__init__(" -> ".join(cycle))
        self.cycle = cycle


@dataclass(frozen=True)
class Target:
    """Something to build: from source files, after the targets it needs, by a command."""

    name: str
    needs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    command: str = ""


class Graph:
    """Targets by name; what they need exists and has no cycles."""

    def __init__(self, targets: Iterable[Target]) -> None:
        """Check and keep the targets. Raises TargetError, UnknownTarget and CycleError."""
        self.targets: dict[str, Target] = {}
        for target in targets:
            if target.name in self.targets:
                raise TargetError(f"two targets are called {target.name!r}")
            self.targets[target.name] = target
        for target in self.targets.values():
            for need in target.needs:
                self._check(need)
        self._check_cycles()

    def needs(self, name: str, deep: bool = False) -> list[str]:
        """The targets that this one needs, sorted; with `deep`, also what they need in turn. Raises UnknownTarget."""
        self._check(name)
        if not deep:
            return sorted(set(self.targets[name].needs))
        return sorted(self._closure([name]) - {name})

    def dependents(self, name: str, deep: bool = False) -> list[str]:
        """The targets that need this one, sorted; with `deep`, also those that need them. Raises UnknownTarget."""
        self._check(name)
        if not deep:
            return sorted(other for other, target in self.targets.items() if name in target.needs)
        return sorted(other for other in self.targets if other != name and name in self._closure([other]))

    def order(self, goals: Iterable[str] | None = None) -> list[str]:
        """The goals (all targets by default) and what they need, every target after its needs.

        Of several orders, the alphabetically first. Raises UnknownTarget.
        """
        return self._order(goals)

    def stages(self, goals: Iterable[str] | None = None) -> list[list[str]]:
        """The same targets in stages: those of one stage can be built at once, each as early as possible."""
        level: dict[str, int] = {}
        for name in self._order(goals):
            level[name] = 1 + max((level[need] for need in self.targets[name].needs), default=-1)
        stages: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
        for name in sorted(level):
            stages[level[name]].append(name)
        return stages

    def critical_path(self, costs: Mapping[str, float]) -> tuple[float, list[str]]:
        """The most costly chain of targets, with its cost; a target without cost counts 0."""
        best: dict[str, tuple[float, list[str]]] = {}
        for name in self._order(None):
            longest = max((best[need] for need in self.targets[name].needs), key=lambda item: item[0], default=(0, []))
            best[name] = (longest[0] + costs.get(name, 0), [*longest[1], name])
        return max(best.values(), key=lambda item: item[0], default=(0, []))

    def _check(self, name: str) -> None:
        if name not in self.targets:
            raise UnknownTarget(name)

    def _closure(self, names: Iterable[str]) -> set[str]:
        """The names and everything they need."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            self._check(name)
            if name not in found:
                found.add(name)
                waiting.extend(self.targets[name].needs)
        return found

    def _order(self, goals: Iterable[str] | None) -> list[str]:
        wanted = self._closure(self.targets if goals is None else goals)
        order: list[str] = []
        while len(order) < len(wanted):
            ready = [name for name in wanted.difference(order) if set(self.targets[name].needs) <= set(order)]
            order.append(min(ready))
        return order

    def _check_cycles(self) -> None:
        done: set[str] = set()
        for name in self.targets:
            self._follow(name, [], done)

    def _follow(self, name: str, path: list[str], done: set[str]) -> None:
        if name in path:
            raise CycleError([*path[path.index(name) :], name])
        if name in done:
            return
        for need in self.targets[name].needs:
            self._follow(need, [*path, name], done)
        done.add(name)


def parse_targets(text: str) -> list[Target]:
    """Read targets from text: a line `name: needs | sources`, followed by indented command lines.

    Blank lines and lines starting with `#` are skipped. Raises TargetError.
    """
    targets: list[Target] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            if not targets:
                raise TargetError(f"line {number}: a command without a target")
            last = targets.pop()
            command = f"{last.command}\n{line.strip()}" if last.command else line.strip()
            targets.append(Target(last.name, last.needs, last.sources, command))
            continue
        name, colon, rest = line.partition(":")
        if not colon or len(name.split()) != 1:
            raise TargetError(f"line {number}: expected 'name: needs | sources'")
        needs, _, sources = rest.partition("|")
        targets.append(Target(name.strip(), tuple(needs.split()), tuple(sources.split())))
    return targets
