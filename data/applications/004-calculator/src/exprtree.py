"""Arithmetic expressions as trees: tokens, parsing with precedences, writing back, and rewriting.

From loose to tight: + and -, then *, / and %, the signs, ^ (which groups to the right), and the factorial !.
Implicit multiplication is not covered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<operator>[-+*/%^!(),=]))"
)
_LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "sign": 3, "^": 4, "!": 5}
_TIGHTEST = 6


@dataclass(eq=False)
class ExpressionSyntaxError(ValueError):
    """The text is not an expression."""

    reason: str
    offset: int
    """Index of the character at fault, counted from 0."""

    def __str__(self) -> str:
        return f"{self.reason} at offset {self.offset}"


@dataclass(frozen=True)
class Token:
    """A number, a name, an operator or the end, with the index where it starts."""

    kind: str
    text: str
    offset: int


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: int | float


@dataclass(frozen=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True)
class Unary:
    """A sign before its operand, or a factorial mark after it."""

    operator: str
    operand: "Node"


@dataclass(frozen=True)
class Binary:
    """An operator between two operands."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Name | Unary | Binary | Call


def tokenize(text: str) -> list[Token]:
    """Split a text into tokens, the last one being the end; raises ExpressionSyntaxError."""
    return list(_tokens(text))


def parse(text: str) -> Node:
    """Read an expression; raises ExpressionSyntaxError."""
    parser = _Parser(text)
    node = parser.sum()
    if parser.token.kind != "end":
        raise ExpressionSyntaxError(f"unexpected {parser.token.text!r}", parser.token.offset)
    return node


def write(node: Node) -> str:
    """Write an expression with blanks around + and - and with no more parentheses than it needs."""
    return _written(node, 0)


def names(node: Node) -> set[str]:
    """Return the variables that an expression mentions, without the names of functions."""
    if isinstance(node, Name):
        return {node.name}
    return {name for child in _children(node) for name in names(child)}


def substitute(node: Node, values: dict[str, Node]) -> Node:
    """Return the expression with variables replaced by expressions, all at once."""
    if isinstance(node, Name):
        return values.get(node.name, node)
    return _rebuilt(node, [substitute(child, values) for child in _children(node)])


def simplify(node: Node) -> Node:
    """Compute constant sums and products, and drop neutral elements, products with zero and double signs."""
    node = _rebuilt(node, [simplify(child) for child in _children(node)])
    if isinstance(node, Unary) and node.operator in "+-":
        return _simple_sign(node)
    if isinstance(node, Binary):
        return _simple_binary(node)
    return node


class _Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str) -> None:
        self.stream = _tokens(text)
        self.token = next(self.stream)

    def advance(self) -> Token:
        passed, self.token = self.token, next(self.stream, self.token)
        return passed

    def expect(self, operator: str) -> None:
        if self.token.text != operator:
            found = self.token.text or "the end"
            raise ExpressionSyntaxError(f"expected {operator!r}, found {found}", self.token.offset)
        self.advance()

    def sum(self) -> Node:
        node = self.product()
        while self.token.text in ("+", "-"):
            node = Binary(self.advance().text, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while self.token.text in ("*", "/", "%"):
            node = Binary(self.advance().text, node, self.signed())
        return node

    def signed(self) -> Node:
        if self.token.text in ("+", "-"):
            return Unary(self.advance().text, self.signed())
        return self.power()

    def power(self) -> Node:
        base = self.factorial()
        if self.token.text != "^":
            return base
        self.advance()
        return Binary("^", base, self.signed())

    def factorial(self) -> Node:
        node = self.atom()
        while self.token.text == "!":
            self.advance()
            node = Unary("!", node)
        return node

    def atom(self) -> Node:
        token = self.advance()
        if token.kind == "number":
            return Number(_number(token.text))
        if token.kind == "name":
            return Call(token.text, self.arguments()) if self.token.text == "(" else Name(token.text)
        if token.text == "(":
            node = self.sum()
            self.expect(")")
            return node
        raise ExpressionSyntaxError(f"expected a value, found {token.text or 'the end'}", token.offset)

    def arguments(self) -> tuple[Node, ...]:
        self.expect("(")
        found: list[Node] = []
        if self.token.text != ")":
            found.append(self.sum())
            while self.token.text == ",":
                self.advance()
                found.append(self.sum())
        self.expect(")")
        return tuple(found)


def _tokens(text: str) -> Iterator[Token]:
    end = len(text.rstrip())
    offset = 0
    while offset < end:
        match = _TOKEN.match(text, offset)
        if match is None:
            place = end - len(text[offset:end].lstrip())
            raise ExpressionSyntaxError(f"unknown character {text[place]!r}", place)
        kind = match.lastgroup
        after = text[match.end() : match.end() + 1]
        if kind == "number" and (after.isalnum() or after in ("_", ".")) and after:
            raise ExpressionSyntaxError("malformed number", match.start(kind))
        yield Token(kind, match[kind], match.start(kind))
        offset = match.end()
    yield Token("end", "", end)


def _number(text: str) -> int | float:
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    return int(text) if text.isdigit() else float(text)


def _level(node: Node) -> int:
    """How tightly the outermost operator of a node binds."""
    if isinstance(node, Binary):
        return _LEVELS[node.operator]
    if isinstance(node, Unary):
        return _LEVELS["!" if node.operator == "!" else "sign"]
    return _LEVELS["sign"] if isinstance(node, Number) and node.value < 0 else _TIGHTEST


def _written(node: Node, least: int) -> str:
    """The text of a node, in parentheses when it binds less tightly than asked for."""
    level = _level(node)
    if level < least:
        return f"({_written(node, 0)})"
    if isinstance(node, Number):
        return repr(node.value)
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Call):
        return f"{node.function}({', '.join(_written(child, 0) for child in node.arguments)})"
    if isinstance(node, Unary):
        operand = _written(node.operand, level)
        return f"{operand}!" if node.operator == "!" else f"{node.operator}{operand}"
    if node.operator == "^":
        return f"{_written(node.left, level + 1)}^{_written(node.right, _LEVELS['sign'])}"
    blank = " " if level == 1 else ""
    return f"{_written(node.left, level)}{blank}{node.operator}{blank}{_written(node.right, level + 1)}"


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    return node.arguments if isinstance(node, Call) else ()


def _rebuilt(node: Node, children: list[Node]) -> Node:
    """The same node over other children."""
    if isinstance(node, Unary):
        return Unary(node.operator, *children)
    if isinstance(node, Binary):
        return Binary(node.operator, *children)
    return Call(node.function, tuple(children)) if isinstance(node, Call) else node


def _simple_sign(node: Unary) -> Node:
    operand = node.operand
    if node.operator == "+":
        return operand
    if isinstance(operand, Number):
        return Number(-operand.value)
    doubled = isinstance(operand, Unary) and operand.operator == "-"
    return operand.operand if doubled else node


def _simple_binary(node: Binary) -> Node:
    operator, left, right = node.operator, node.left, node.right
    if isinstance(left, Number) and isinstance(right, Number) and operator in "+-*":
        results = {"+": left.value + right.value, "-": left.value - right.value, "*": left.value * right.value}
        return Number(results[operator])
    if operator == "*" and Number(0) in (left, right):
        return Number(0)
    if right == Number({"+": 0, "-": 0, "*": 1, "/": 1, "^": 1}.get(operator)):
        return left
    return right if left == Number({"+": 0, "*": 1}.get(operator)) else node
