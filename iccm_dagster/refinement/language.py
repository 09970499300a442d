"""A small typed language over integers, truth values and lists; programs are trees, written as S-expressions.

``(fold xs 0 (+ acc x))`` sums the input list. Inputs are two integers ``a`` and ``b`` and a list ``xs``; ``x`` is the
element inside the body of map, filter and fold, and ``acc`` what fold has so far. Every operation is total: the head of
an empty list is 0, integers stop at +-``LIMIT``, lists are cut after ``WIDTH`` elements.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from iccm_dagster.errors import ProgramError

LIMIT = 999
"""Integers stop here, in both directions."""
WIDTH = 6
"""Elements of a list; what comes after is cut."""
MAX_NODES = 15
"""Nodes of a program of the corpus; the evaluator takes longer ones."""
MAX_DEPTH = 64
"""Levels of nesting that a program may have."""


class Type(IntEnum):
    """What a node gives."""

    INT = 0
    BOOL = 1
    LIST = 2
    ANY = 3
    """The type that the place asks for: the branches of ``if`` and its result are of one type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One token of the language."""

    name: str
    result: Type
    arguments: tuple[Type, ...]
    """Types of the children. Of map, filter and fold the last child is the body, run once per element of the first."""
    binds: int = 0
    """Variables its body may use: 0 none, 1 ``x``, 2 ``x`` and ``acc``."""


INT, BOOL, LIST, ANY = Type.INT, Type.BOOL, Type.LIST, Type.ANY
MASK = 0
"""The unknown token, a hole: no program may contain it, a corrupted one does."""
OPERATIONS: tuple[Operation, ...] = (
    Operation(name="?", result=ANY, arguments=()),
    *(Operation(name=name, result=INT, arguments=()) for name in ("a", "b", "x", "acc", "0", "1", "2", "3")),
    Operation(name="xs", result=LIST, arguments=()),
    Operation(name="head", result=INT, arguments=(LIST,)),
    Operation(name="tail", result=LIST, arguments=(LIST,)),
    Operation(name="length", result=INT, arguments=(LIST,)),
    *(Operation(name=name, result=INT, arguments=(INT, INT)) for name in ("+", "-", "*")),
    Operation(name="<", result=BOOL, arguments=(INT, INT)),
    Operation(name="cons", result=LIST, arguments=(INT, LIST)),
    Operation(name="map", result=LIST, arguments=(LIST, INT), binds=1),
    Operation(name="filter", result=LIST, arguments=(LIST, BOOL), binds=1),
    Operation(name="if", result=ANY, arguments=(BOOL, ANY, ANY)),
    Operation(name="fold", result=INT, arguments=(LIST, INT, INT), binds=2),
)
TOKENS = {operation.name: token for token, operation in enumerate(OPERATIONS)}
VOCABULARY = len(OPERATIONS)
NEEDS = {TOKENS["x"]: 1, TOKENS["acc"]: 2}
"""Token -> what a binder around it must bind."""

Program = tuple[int, ...]
"""Tokens in prefix order: a node, then its children from left to right."""


def arity(token: int) -> int:
    """Return how many children a token has."""
    return len(OPERATIONS[token].arguments)


def parse(text: str) -> Program:
    """Read an S-expression; every operation but a leaf is in parentheses.

    Raises:
        ProgramError: Empty, unbalanced, an unknown token, or a wrong number of children.
    """
    words = re.findall(r"[()]|[^\s()]+", text)
    if not words:
        raise ProgramError("the program is empty. Write an expression such as (+ a 1)")
    tokens: list[int] = []
    # (token, children still missing), from the outside in; written as a loop, so that depth costs no Python stack.
    opened: list[list[int]] = []
    position = 0
    while position < len(words):
        if tokens and not opened:
            raise ProgramError(f"{words[position]!r} follows a complete expression. Remove it")
        word = words[position]
        if word == ")":
            raise ProgramError(f"word {position + 1}: ')' where {_missing(opened)}. Add what is missing")
        grouped = word == "("
        position += grouped
        token = _token(words[position] if position < len(words) else "")
        if grouped != (arity(token) > 0):
            raise ProgramError(
                f"{words[position]!r} takes {arity(token)} children: "
                + ("remove" if grouped else "add")
                + " parentheses"
            )
        tokens.append(token)
        position += 1
        if arity(token):
            opened.append([token, arity(token)])
            if len(opened) > MAX_DEPTH:
                raise ProgramError(f"nested more than {MAX_DEPTH} levels deep. Write a flatter program")
            continue
        while opened:
            opened[-1][1] -= 1
            if opened[-1][1]:
                break
            if position >= len(words) or words[position] != ")":
                name = OPERATIONS[opened[-1][0]].name
                raise ProgramError(f"{name!r} takes {arity(opened[-1][0])} children: close it with ')' after them")
            position += 1
            opened.pop()
    if opened:
        raise ProgramError(f"the text ends where {_missing(opened)}. Add what is missing")
    return tuple(tokens)


def text_of(program: Sequence[int]) -> str:
    """Write a program, holes included, as an S-expression."""
    return sketch_of(program, [arity(token) for token in program])


def sketch_of(tokens: Sequence[int], arities: Sequence[int]) -> str:
    """Write a corrupted program: the shape is known, a hole is a question mark."""
    parts: list[str] = []
    missing: list[int] = []
    for token, children in zip(tokens, arities, strict=True):
        parts.append(("(" if children else "") + OPERATIONS[token].name)
        if children:
            missing.append(children)
            continue
        while missing:
            missing[-1] -= 1
            if missing[-1]:
                break
            missing.pop()
            parts[-1] += ")"
    return " ".join(parts)


def check(program: Sequence[int]) -> Type:
    """Return the type of a program.

    Raises:
        ProgramError: It is empty, has an unknown token or a hole, is ill-typed, nested too deeply, or uses a variable
            where nothing binds it.
    """
    if not len(program):
        raise ProgramError("the program is empty. A program has at least one token")
    # Each open node: its token, the types of the children it has so far, and what is bound around it.
    opened: list[tuple[int, list[Type], int]] = []
    done: list[Type] = []
    for position, token in enumerate(program):
        if done:
            raise ProgramError(f"{len(program) - position} tokens follow a complete expression. Remove them")
        _known(token, position)
        bound = _bound_here(opened)
        if NEEDS.get(token, 0) > bound:
            name = OPERATIONS[token].name
            raise ProgramError(
                f"node {position}: nothing binds {name!r} there. Use it in a body of map, filter or fold"
            )
        opened.append((token, [], bound))
        if len(opened) > MAX_DEPTH:
            raise ProgramError(f"nested more than {MAX_DEPTH} levels deep. Write a flatter program")
        while opened and len(opened[-1][1]) == arity(opened[-1][0]):
            token, types, _ = opened.pop()
            (opened[-1][1] if opened else done).append(_result(token, types))
    if opened:
        token, types, _ = opened[-1]
        raise ProgramError(f"{OPERATIONS[token].name!r} has {len(types)} of its {arity(token)} children. Add the rest")
    return done[0]


def _bound_here(opened: Sequence[tuple[int, list[Type], int]]) -> int:
    """Return what is bound at the next child of the innermost open node; a body sees its own binder's variables."""
    if not opened:
        return 0
    token, types, bound = opened[-1]
    in_body = OPERATIONS[token].binds and len(types) == arity(token) - 1
    return OPERATIONS[token].binds if in_body else bound


def _result(token: int, types: Sequence[Type]) -> Type:
    operation = OPERATIONS[token]
    for number, (found, wanted) in enumerate(zip(types, operation.arguments, strict=True), 1):
        if wanted not in (ANY, found):
            raise ProgramError(
                f"{operation.name!r} wants {wanted.name} as child {number}, it got {found.name}. Give it one"
            )
    if operation.result is not ANY:
        return operation.result
    if types[1] != types[2]:
        raise ProgramError(f"the branches of 'if' are {types[1].name} and {types[2].name}. Give them one type")
    return types[1]


def _token(word: str) -> int:
    if word not in TOKENS or TOKENS[word] == MASK:
        raise ProgramError(f"unknown token {word!r}. The tokens are {' '.join(list(TOKENS)[1:])}")
    return TOKENS[word]


def _known(token: int, position: int) -> None:
    if not 0 <= token < VOCABULARY:
        raise ProgramError(f"node {position}: unknown token number {token}. They run from 1 to {VOCABULARY - 1}")
    if token == MASK:
        raise ProgramError(f"node {position} is a hole. Fill it before running the program")


def _missing(opened: Sequence[Sequence[int]]) -> str:
    return (
        f"{OPERATIONS[opened[-1][0]].name!r} lacks {opened[-1][1]} children" if opened else "an expression is expected"
    )
