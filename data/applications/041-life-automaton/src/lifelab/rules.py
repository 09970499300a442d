"""Rules of life-like automata, which decide about a cell from the number of its eight neighbours."""

import re
from dataclasses import dataclass

_BIRTH_FIRST = re.compile(r"B([0-8]*)/?S([0-8]*)", re.IGNORECASE)
_SURVIVAL_FIRST = re.compile(r"([0-8]*)/([0-8]*)")


class RuleError(ValueError):
    """A rule is malformed or cannot be used."""


@dataclass(frozen=True)
class Rule:
    """The numbers of neighbours with which a cell is born and with which it survives."""

    born: frozenset[int]
    survives: frozenset[int]

    def text(self) -> str:
        """Write the rule in birth and survival notation with ascending digits, such as B3/S23."""
        return f"B{_digits(self.born)}/S{_digits(self.survives)}"

    def next_state(self, alive: bool, neighbours: int) -> bool:
        """Tell whether a cell lives in the next generation; raises RuleError unless it has 0 to 8 neighbours."""
        if not 0 <= neighbours <= 8:
            raise RuleError(f"a cell has 0 to 8 neighbours, not {neighbours}")
        return neighbours in (self.survives if alive else self.born)

    def inverse(self) -> "Rule":
        """Return the rule that does with dead and living cells exchanged what this one does."""
        everything = frozenset(range(9))
        return Rule(
            everything - {8 - count for count in self.survives},
            everything - {8 - count for count in self.born},
        )


LIFE = Rule(frozenset({3}), frozenset({2, 3}))
"""Conway's game of life."""


def parse_rule(text: str) -> Rule:
    """Read a rule written as B3/S23, b3s23 or, survival first, 23/3; raises RuleError."""
    compact = text.strip()
    if match := _BIRTH_FIRST.fullmatch(compact):
        return Rule(_counts(match[1]), _counts(match[2]))
    if match := _SURVIVAL_FIRST.fullmatch(compact):
        return Rule(_counts(match[2]), _counts(match[1]))
    raise RuleError(f"not a rule: {text!r}, write it like B3/S23")


def _counts(digits: str) -> frozenset[int]:
    if len(set(digits)) != len(digits):
        raise RuleError(f"repeated digit in {digits!r}")
    return frozenset(map(int, digits))


def _digits(counts: frozenset[int]) -> str:
    return "".join(map(str, sorted(counts)))
