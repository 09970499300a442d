"""A small SQL-like language: text to tokens, tokens to a query, query to a table."""

import re
from dataclasses import dataclass
from typing import Any

from minitable import Table, TableError, UnknownColumn

KEYWORDS = frozenset(
    "select distinct from join left on where group by having order asc desc limit offset "
    "and or not in like is null as true false".split()
)
AGGREGATES = ("count", "sum", "avg", "min", "max")

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>-?\d+(?:\.\d+)?)|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)|(?P<symbol><=|>=|!=|<>|[=<>(),*])"
)


class QuerySyntaxError(Exception):
    """The text is not a query of the language; `position` counts characters from zero."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Query:
    """A parsed query, clause by clause."""

    columns: list[tuple[str, str, str]]  # (aggregate or "", column, name in the result); empty means all
    source: str
    distinct: bool = False
    join: tuple[str, str, str, bool] | None = None  # (table, left key, right key, outer)
    where: tuple | None = None
    group: tuple[str, ...] = ()
    having: tuple | None = None
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0


def tokenize(text: str) -> list[tuple[str, Any, int]]:
    """Split query text into (kind, value, position) tokens.

    Kinds are keyword, name, number, string and symbol. Keywords are lower-cased; a doubled quote inside a string stands
    for one quote.
    """
    tokens: list[tuple[str, Any, int]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QuerySyntaxError(f"unexpected character {text[position]!r}", position)
        kind, value = match.lastgroup or "", match.group()
        if kind == "name" and value.lower() in KEYWORDS:
            tokens.append(("keyword", value.lower(), position))
        elif kind == "number":
            tokens.append((kind, float(value) if "." in value else int(value), position))
        elif kind == "string":
            tokens.append((kind, value[1:-1].replace("''", "'"), position))
        elif kind != "space":
            tokens.append((kind, value, position))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.tokens = tokenize(text) + [("end", "", len(text))]
        self.index = 0

    def fail(self, wanted: str) -> QuerySyntaxError:
        _, value, position = self.tokens[self.index]
        return QuerySyntaxError(f"expected {wanted} but found {value!r}", position)

    def accept(self, kind: str, *values: str) -> Any:
        """Consume the next token if it is of this kind and one of these values."""
        found, value, _ = self.tokens[self.index]
        if found != kind or (values and value not in values):
            return None
        self.index += 1
        return value

    def expect(self, kind: str, *values: str) -> Any:
        value = self.accept(kind, *values)
        if value is None:
            raise self.fail(" or ".join(values) or kind)
        return value

    def names(self) -> list[str]:
        found = [self.expect("name")]
        while self.accept("symbol", ","):
            found.append(self.expect("name"))
        return found

    def condition(self) -> tuple:
        left = self.conjunction()
        while self.accept("keyword", "or"):
            left = ("or", left, self.conjunction())
        return left

    def conjunction(self) -> tuple:
        left = self.negation()
        while self.accept("keyword", "and"):
            left = ("and", left, self.negation())
        return left

    def negation(self) -> tuple:
        if self.accept("keyword", "not"):
            return ("not", self.negation())
        if self.accept("symbol", "("):
            inner = self.condition()
            self.expect("symbol", ")")
            return inner
        return self.comparison()

    def comparison(self) -> tuple:
        left = self.operand()
        if self.accept("keyword", "is"):
            negated = self.accept("keyword", "not")
            self.expect("keyword", "null")
            return ("not", ("null", left)) if negated else ("null", left)
        negated = self.accept("keyword", "not")
        if self.accept("keyword", "in"):
            test: tuple = ("in", left, self.value_list())
        elif self.accept("keyword", "like"):
            test = ("like", left, ("value", self.expect("string")))
        elif negated:
            raise self.fail("in or like")
        else:
            operator = self.expect("symbol", "=", "!=", "<>", "<", "<=", ">", ">=")
            test = ("!=" if operator == "<>" else operator, left, self.operand())
        return ("not", test) if negated else test

    def value_list(self) -> list[tuple]:
        self.expect("symbol", "(")
        values = [self.operand()]
        while self.accept("symbol", ","):
            values.append(self.operand())
        self.expect("symbol", ")")
        return values

    def operand(self) -> tuple:
        kind, value, _ = self.tokens[self.index]
        constants = {"true": True, "false": False, "null": None}
        if kind not in ("number", "string") and not (kind == "keyword" and value in constants):
            return ("column", self.expect("name"))
        self.index += 1
        return ("value", constants[value] if kind == "keyword" else value)

    def item(self) -> tuple[str, str, str]:
        name = self.expect("name")
        function = ""
        if name.lower() in AGGREGATES and self.accept("symbol", "("):
            function = name.lower()
            name = self.accept("symbol", "*") or self.expect("name")
            self.expect("symbol", ")")
        alias = self.expect("name") if self.accept("keyword", "as") else None
        return function, name, alias or (f"{function}({name})" if function else name)

    def join_clause(self, outer: bool) -> tuple[str, str, str, bool]:
        self.expect("keyword", "join")
        table = self.expect("name")
        self.expect("keyword", "on")
        left = self.expect("name")
        self.expect("symbol", "=")
        return table, left, self.expect("name"), outer

    def order_clause(self) -> tuple[tuple[str, bool], ...]:
        keys = []
        self.expect("keyword", "by")
        while not keys or self.accept("symbol", ","):
            keys.append((self.expect("name"), self.accept("keyword", "asc", "desc") == "desc"))
        return tuple(keys)

    def number(self) -> int:
        if not re.fullmatch(r"\d+", str(self.tokens[self.index][1])):
            raise self.fail("a whole number")
        return self.expect("number")


def parse_condition(text: str) -> tuple:
    """Parse a condition into nested tuples such as ("and", left, right) or ("<", ("column", name), ("value", 3)).

    `not` binds tighter than `and`, which binds tighter than `or`.
    """
    parser = _Parser(text)
    condition = parser.condition()
    parser.expect("end")
    return condition


def parse_query(text: str) -> Query:
    """Parse a whole select statement into its clauses."""
    parser = _Parser(text)
    clauses: dict[str, Any] = {}
    parser.expect("keyword", "select")
    clauses["distinct"] = bool(parser.accept("keyword", "distinct"))
    clauses["columns"] = []
    if not parser.accept("symbol", "*"):
        clauses["columns"].append(parser.item())
        while parser.accept("symbol", ","):
            clauses["columns"].append(parser.item())
    parser.expect("keyword", "from")
    clauses["source"] = parser.expect("name")
    outer = bool(parser.accept("keyword", "left"))
    if outer or parser.tokens[parser.index][1] == "join":
        clauses["join"] = parser.join_clause(outer)
    if parser.accept("keyword", "where"):
        clauses["where"] = parser.condition()
    if parser.accept("keyword", "group"):
        parser.expect("keyword", "by")
        clauses["group"] = tuple(parser.names())
    if parser.accept("keyword", "having"):
        clauses["having"] = parser.condition()
    if parser.accept("keyword", "order"):
        clauses["order"] = parser.order_clause()
    if parser.accept("keyword", "limit"):
        clauses["limit"] = parser.number()
        clauses["offset"] = parser.number() if parser.accept("keyword", "offset") else 0
    parser.expect("end")
    return Query(**clauses)


def matches_pattern(text: str, pattern: str) -> bool:
    """Tell whether a text fits a pattern where % stands for any characters and _ for exactly one; case is ignored."""
    parts = [".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in pattern]
    return re.fullmatch("".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def evaluate(condition: tuple, record: dict[str, Any]) -> Any:
    """Evaluate a parsed condition against one record.

    Comparisons that involve a missing value, or values that cannot be ordered, are false.
    """
    operator, *operands = condition
    if operator == "value":
        return operands[0]
    if operator == "column":
        if operands[0] not in record:
            raise UnknownColumn(f"no column {operands[0]!r}")
        return record[operands[0]]
    if operator == "not":
        return not evaluate(operands[0], record)
    if operator == "and":
        return bool(evaluate(operands[0], record) and evaluate(operands[1], record))
    if operator == "or":
        return bool(evaluate(operands[0], record) or evaluate(operands[1], record))
    left = evaluate(operands[0], record)
    if operator == "null":
        return left is None
    if operator == "in":
        return left is not None and left in [evaluate(operand, record) for operand in operands[1]]
    right = evaluate(operands[1], record)
    return left is not None and right is not None and _compare(operator, left, right)


def _compare(operator: str, left: Any, right: Any) -> bool:
    """Compare two values that are present."""
    if operator == "like":
        return matches_pattern(str(left), right)
    if operator in ("=", "!="):
        return (left == right) == (operator == "=")
    try:
        if operator in ("<", ">="):
            return (left < right) == (operator == "<")
        return (left > right) == (operator == ">")
    except TypeError:
        return False


def keep(table: Table, condition: tuple) -> Table:
    """Return the rows of a table for which a parsed condition holds."""
    kept = [row for row in table.rows if evaluate(condition, dict(zip(table.columns, row)))]
    return Table(table.columns, kept)


class Database:
    """Named tables that can be queried together."""

    def __init__(self, tables: dict[str, Table] | None = None) -> None:
        self._tables: dict[str, Table] = dict(tables or {})

    def create(self, name: str, columns: list[str]) -> None:
        """Add an empty table; a name can only be used once."""
        if name in self._tables:
            raise TableError(f"table {name!r} exists")
        self._tables[name] = Table(columns)

    def insert(self, name: str, records: list[dict[str, Any]]) -> int:
        """Add records to a table and return how many were added; keys must be columns, absent ones become None."""
        table = self._table(name)
        for key in {key for record in records for key in record}:
            table._position(key)
        rows = [[record.get(column) for column in table.columns] for record in records]
        self._tables[name] = Table(table.columns, [*table.rows, *rows])
        return len(rows)

    def names(self) -> list[str]:
        """Return the names of the tables in alphabetical order."""
        return sorted(self._tables)

    def query(self, text: str) -> Table:
        """Run a select statement and return its result.

        The clauses take effect in this order: join, where, group and having, order, select, distinct, limit.
        In a join the columns are called table.column.
        """
        query = parse_query(text)
        table = self._source(query)
        if query.where is not None:
            table = keep(table, query.where)
        columns = query.columns
        if query.group or any(function for function, _, _ in columns):
            table = _grouped(table, query)
            columns = [("", alias, alias) for _, _, alias in columns]
        if query.order:
            table = table.order_by(list(query.order))
        if columns:
            table = table.select([name for _, name, _ in columns])
            table = Table([alias for _, _, alias in columns], table.rows)
        if query.distinct:
            table = table.distinct()
        if query.limit is not None:
            table = table.limit(query.limit, query.offset)
        return table

    def _source(self, query: Query) -> Table:
        """Return the table a query reads, joined if it asks for that."""
        table = self._table(query.source)
        if query.join is None:
            return table
        name, left, right, outer = query.join
        sides = [Table([f"{side}.{column}" for column in self._table(side).columns], self._table(side).rows)
                 for side in (query.source, name)]
        return sides[0].join(sides[1], left, right, outer)

    def _table(self, name: str) -> Table:
        """Return the table of this name."""
        if name not in self._tables:
            raise TableError(f"no table {name!r}")
        return self._tables[name]


def _grouped(table: Table, query: Query) -> Table:
    """Group a table as the query asks, under the names of its result."""
    plain = {name: alias for function, name, alias in query.columns if not function}
    if not query.columns or any(name not in query.group for name in plain):
        raise TableError("every plain column of a grouped query must be among its group columns")
    aggregates = [item for item in query.columns if item[0]]
    grouped = table.group_by(list(query.group), aggregates).rename(plain)
    return grouped if query.having is None else keep(grouped, query.having)
