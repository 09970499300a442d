"""What the original taught about the places of its interface: where it returns objects, and which classes keep arguments.

Recorded while the original is calibrated, enforced on everything judged later. Places are named by how a *test* reached
them (``module.name``, ``module.Class.method``), never by what the foreign side says. Not covered: places that the
original's tests never reached, and functions that did not come from a module.
"""

import inspect
import json
from collections.abc import Sequence


class Known:
    """Records or enforces, depending on whether something is known already."""

    def __init__(self, text: str) -> None:
        """``text``: what :meth:`to_json` wrote for the original; empty to record."""
        facts = json.loads(text) if text else {"objects": [], "plain": {}}
        self.enforced = bool(text)
        """Whether the facts of the original are at hand."""
        self._objects: set[str] = set(facts["objects"])
        self._plain: dict[str, list[str]] = facts["plain"]
        self._places: dict[int, str] = {}
        self._plain_numbers: dict[int, list[str]] = {}

    def to_json(self) -> str:
        """The facts, for the calibrated suite."""
        plain = {self._places[n]: fields for n, fields in self._plain_numbers.items() if n in self._places}
        return json.dumps({"objects": sorted(self._objects), "plain": plain}, sort_keys=True)

    def place(self, number: int | None, place: str) -> None:
        """A test reached the object ``number`` under this name."""
        if number is not None:
            self._places.setdefault(number, place)

    def class_seen(self, number: int, facts: dict) -> None:
        """Remember which classes do nothing but keep the arguments of their construction."""
        if facts["plain"]:
            self._plain_numbers[number] = [name for name, init, _, _ in facts["fields"] if init]

    def place_of(self, number: int | None, member: str | None) -> str | None:
        """The name of an object, or of a member of a class; None where no test can have named it."""
        place = self._places.get(number) if number is not None else None
        return place if place is None or member is None else f"{place}.{member}"

    def object_at(self, place: str | None) -> bool:
        """An object of the implementation came from ``place``: whether the original's do too."""
        if place is None:
            return True
        if not self.enforced:
            self._objects.add(place)
        return place in self._objects

    def kept_arguments(
        self, place: str | None, arguments: Sequence[object], keywords: dict[str, object]
    ) -> dict[str, object] | None:
        """Field -> the argument that a new object of this class has to keep; None where nothing is known."""
        fields = self._plain.get(place) if self.enforced and place is not None else None
        if fields is None:
            return None
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None) for name in fields]
        try:
            return dict(inspect.Signature(parameters).bind(*arguments, **keywords).arguments)
        except TypeError:
            return None
