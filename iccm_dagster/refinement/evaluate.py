"""What a program means: the reference evaluator, for any nesting, with a limit on its steps.

Slow and plain; `refinement.kernels` does the same for programs of the corpus, and a test holds the two together. A
program cannot loop for ever, but bodies inside bodies multiply: the limit turns those into a verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from iccm_dagster.errors import ProgramError
from iccm_dagster.refinement.language import LIMIT, OPERATIONS, WIDTH, Program, arity, check

Value = int | bool | tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Inputs of a program, and what comes out."""

    a: int
    b: int
    xs: tuple[int, ...]
    """At most ``WIDTH`` elements."""
    output: Value


class Verdict(Enum):
    """How a program does on its tests."""

    PASSED = "passed"
    """Every test gives the expected output."""
    FAILED = "failed"
    """At least one test gives something else."""
    OUT_OF_STEPS = "out of steps"
    """The step limit was reached before all tests had run."""
    MALFORMED = "malformed"
    """It is no program: empty, ill-typed, too deep, an unknown token."""


class OutOfSteps(Exception):
    """The step limit was reached; `judge` turns it into a verdict."""


def run(program: Program, *, a: int, b: int, xs: Sequence[int], max_steps: int) -> Value:
    """Run a program that `check` accepts. A step is one node evaluated once.

    Raises:
        ProgramError: The program is malformed, or an input is outside the language.
        OutOfSteps: More than ``max_steps`` nodes were evaluated.
    """
    check(program)
    if len(xs) > WIDTH or any(abs(number) > LIMIT for number in (a, b, *xs)):
        raise ProgramError(
            f"inputs a={a}, b={b}, xs={list(xs)}: lists have at most {WIDTH} elements, integers stop at {LIMIT}"
        )
    ends = _ends(program)
    left = max_steps

    def value(node: int, x: int, acc: int) -> Value:
        nonlocal left
        left -= 1
        if left < 0:
            raise OutOfSteps
        name = OPERATIONS[program[node]].name
        children = _children(program, ends, node)
        match name:
            case "a" | "b":
                return a if name == "a" else b
            case "xs":
                return tuple(xs)
            case "x" | "acc":
                return x if name == "x" else acc
            case "if":
                return value(children[1] if value(children[0], x, acc) else children[2], x, acc)
            case "map":
                return tuple(value(children[1], element, 0) for element in value(children[0], x, acc))
            case "filter":
                return tuple(element for element in value(children[0], x, acc) if value(children[1], element, 0))
            case "fold":
                elements, total = value(children[0], x, acc), value(children[1], x, acc)
                for element in elements:
                    total = value(children[2], element, total)
                return total
        if not children:
            return int(name)
        return _apply(name, [value(child, x, acc) for child in children])

    return value(0, 0, 0)


def judge(program: Program, examples: Sequence[Example], *, max_steps: int) -> Verdict:
    """Run a program on its tests. Whatever it is, a verdict comes back.

    Raises:
        ProgramError: There are no examples: nothing can be judged.
    """
    if not examples:
        raise ProgramError("0 examples: a program without tests cannot be judged. Give at least one example")
    try:
        check(program)
    except ProgramError:
        return Verdict.MALFORMED
    try:
        for one in examples:
            found = run(program, a=one.a, b=one.b, xs=one.xs, max_steps=max_steps)
            if found != one.output:
                return Verdict.FAILED
    except OutOfSteps:
        return Verdict.OUT_OF_STEPS
    return Verdict.PASSED


def _apply(name: str, values: Sequence) -> Value:
    match name:
        case "head":
            return values[0][0] if values[0] else 0
        case "tail":
            return values[0][1:]
        case "length":
            return len(values[0])
        case "<":
            return values[0] < values[1]
        case "cons":
            return (values[0], *values[1])[:WIDTH]
        case "+":
            return _clip(values[0] + values[1])
        case "-":
            return _clip(values[0] - values[1])
    return _clip(values[0] * values[1])


def _clip(number: int) -> int:
    return max(-LIMIT, min(LIMIT, number))


def _ends(program: Program) -> list[int]:
    """Return for each node the position after its sub-tree."""
    ends = [0] * len(program)
    for node in range(len(program) - 1, -1, -1):
        end = node + 1
        for _ in range(arity(program[node])):
            end = ends[end]
        ends[node] = end
    return ends


def _children(program: Program, ends: Sequence[int], node: int) -> list[int]:
    children, child = [], node + 1
    for _ in range(arity(program[node])):
        children.append(child)
        child = ends[child]
    return children
