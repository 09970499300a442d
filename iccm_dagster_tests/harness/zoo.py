"""One program with every kind of thing that tests of real programs touch, and the tests that touch it.

The tests pass in plain pytest; split mode has to reproduce every one of them.
"""

PROGRAM = """
import abc, asyncio, collections, contextlib, dataclasses, datetime, decimal, enum, fractions, functools, io, os, random
import re, sys, typing
from dataclasses import dataclass, field
from pathlib import Path

VERSION = "1.2"
TABLE = {"a": 1}

class Colour(enum.Enum):
    RED = 1
    BLUE = 2
    def opposite(self):
        return Colour.BLUE if self is Colour.RED else Colour.RED
    @property
    def label(self):
        return self.name.title()
    @classmethod
    def parse(cls, text):
        return cls[text.upper()]

class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5

class Word(enum.StrEnum):
    YES = "yes"

class Mode(str, enum.Enum):
    READ = "r"
    def __str__(self):
        return "mode " + self.value

class Rights(enum.Flag):
    R = 1
    W = 2

class Planet(enum.Enum):
    EARTH = (5.9, 6.3)
    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius
    @classmethod
    def _missing_(cls, value):
        return cls.EARTH if value == "terra" else None

@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 0
    def __add__(self, other):
        if not isinstance(other, Point):
            return NotImplemented
        return Point(self.x + other.x, self.y + other.y)
    def __neg__(self):
        return Point(-self.x, -self.y)

@dataclass
class Bag:
    items: list = field(default_factory=list)
    note: str = field(default="", compare=False)
    def __post_init__(self):
        if "bad" in self.items:
            raise BagError("bad item", item="bad")
    def __len__(self):
        return len(self.items)
    def __contains__(self, item):
        return item in self.items
    def __iter__(self):
        return iter(self.items)
    def __getitem__(self, index):
        return self.items[index]
    def __setitem__(self, index, value):
        self.items[index] = value
    def __delitem__(self, index):
        del self.items[index]

class Pair(typing.NamedTuple):
    left: int
    right: str = "r"
    def swapped(self):
        return (self.right, self.left)

Old = collections.namedtuple("Old", "a b")

class BagError(ValueError):
    def __init__(self, message, item):
        super().__init__(message)
        self.item = item
    @property
    def loud(self):
        return str(self).upper()

class Inner(BagError):
    def __str__(self):
        return f"inner {self.item}"

class Version(str):
    @property
    def major(self):
        return int(self.split(".")[0])
    def bumped(self):
        return Version(f"{self.major + 1}.0")

class Shape(abc.ABC):
    sides = 0
    @abc.abstractmethod
    def area(self): ...
    @staticmethod
    def unit():
        return "m2"
    @classmethod
    def make(cls, *args):
        return cls(*args)

class Square(Shape):
    sides = 4
    def __init__(self, edge):
        self.edge = edge
    def area(self):
        return self.edge ** 2
    def __eq__(self, other):
        return isinstance(other, Square) and self.edge == other.edge
    def __hash__(self):
        return hash(self.edge)
    def __lt__(self, other):
        return self.edge < other.edge
    def __repr__(self):
        return f"Square({self.edge})"
    def __format__(self, spec):
        return f"<{self.edge:{spec}}>"
    def __bool__(self):
        return self.edge > 0

class Plain:
    def __init__(self, value=None):
        self.value = value
        self._hidden = "h"
    @property
    def double(self):
        return self.value * 2
    @double.setter
    def double(self, value):
        self.value = value / 2
    def me(self):
        return self
    def __call__(self, x):
        return (self.value, x)
    def __enter__(self):
        self.value = "open"
        return self
    def __exit__(self, kind, problem, trace):
        self.value = "closed"
        return kind is KeyError

class Stack(typing.Generic[typing.TypeVar("T")]):
    def __init__(self):
        self.data = []
    def push(self, x):
        self.data.append(x)
        return self
    def pop(self):
        if not self.data:
            raise IndexError("empty stack")
        return self.data.pop()

def total(numbers, *, start=0):
    return start + sum(numbers)

def fill(target, value):
    target.append(value)
    return target

def update(mapping):
    mapping["new"] = 1

def count(limit):
    for number in range(limit):
        yield number

def echo(value):
    return value

def fail(kind):
    raise kind("failed")

def chained():
    try:
        {}["k"]
    except KeyError as problem:
        raise BagError("outer", item=1) from problem

def apply(function, *args, **kw):
    return function(*args, **kw)

def sort_by(items, key):
    return sorted(items, key=key)

def guarded(function):
    try:
        return function()
    except ValueError as problem:
        return f"caught {problem}"

def keep_failure(function):
    try:
        function()
    except Exception as problem:
        kept = BagError("kept", item=problem)
        raise kept from problem

def pass_on(function):
    return function()

def retry(times):
    def wrap(function):
        @functools.wraps(function)
        def inner(*args):
            for _ in range(times):
                function(*args)
            return inner.__name__
        return inner
    return wrap

@contextlib.contextmanager
def opened(name):
    yield name.upper()

def say(text, file=None):
    print(text, file=file or sys.stdout)

def write(path, text):
    Path(path).write_text(text)
    return Path(path)

def read_stream(stream):
    return stream.read()

def lines(stream):
    return [line.strip() for line in stream]

def ask():
    return input("name? ")

def arguments():
    return sys.argv[1:]

def variable(name):
    return os.environ.get(name)

def here():
    return os.getcwd()

def roll():
    return random.randint(1, 6)

def main(argv):
    if not argv:
        print("usage", file=sys.stderr)
        raise SystemExit(2)
    return 0

async def later(value, delay=0.0):
    await asyncio.sleep(delay)
    return value

async def slow_failure():
    await asyncio.sleep(0)
    raise BagError("async", item=2)

async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i

async def each_async(items, handler):
    return [await handler(item) for item in items]

class Room:
    def __init__(self):
        self.log = []
        self.lock = asyncio.Lock()
    async def __aenter__(self):
        self.log.append("in")
        return self
    async def __aexit__(self, *unused):
        self.log.append("out")
    async def visit(self, name):
        async with self.lock:
            self.log.append(name)
            await asyncio.sleep(0)
        return len(self.log)

def nested():
    return {"points": [Point(1, 2)], ("k", 1): {Point(0)}, "c": Colour.RED}

def when():
    return datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone.utc)
"""

TESTS = """
import asyncio, collections, copy, dataclasses, datetime, decimal, enum, fractions, io, math, operator, random, sys
from pathlib import Path
import pytest
import zoo
from zoo import *
from zoo import Bag, BagError, Colour, Inner, Level, Mode, Old, Pair, Plain, Planet, Point, Rights, Room, Square, Stack, Version, Word

ORIGIN = Point(0)

def test_values():
    for value in (1, -1, 2**80, 1.5, math.inf, True, None, "x\\u00e9\\ud800", b"\\x00", (1, [2, {3}]), {"a": {1: (2,)}}, 1j,
                  frozenset({1}), range(3), slice(1, 2), ..., decimal.Decimal("1.10"), fractions.Fraction(1, 3),
                  datetime.date(2020, 1, 2), datetime.timedelta(1, 2, 3), Path("a/b"), collections.deque([1], 3),
                  collections.OrderedDict(a=1), collections.Counter("aab"), bytearray(b"x"), int, ValueError):
        got = zoo.echo(value)
        assert got == value and type(got) is type(value)
    assert math.isnan(zoo.echo(math.nan))
    assert zoo.when() == datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone.utc)

def test_constants():
    assert zoo.VERSION == "1.2" and VERSION == "1.2" and zoo.TABLE == {"a": 1}

def test_missing_names():
    with pytest.raises(AttributeError):
        zoo.absent
    with pytest.raises(ImportError):
        from zoo import absent

def test_keywords():
    assert zoo.total([1, 2], start=3) == 6
    with pytest.raises(TypeError):
        zoo.total([1], 2)

def test_enums():
    assert Colour.RED.opposite() is Colour.BLUE and zoo.echo(Colour.RED) is Colour.RED
    assert Colour.RED.label == "Red" and Colour.parse("blue") is Colour.BLUE and Colour(2) is Colour.BLUE
    assert [c.name for c in Colour] == ["RED", "BLUE"] and isinstance(Colour.RED, Colour) and Colour["RED"].value == 1
    assert {Colour.RED: 1}[zoo.nested()["c"]] == 1
    assert Level.HIGH > 3 and Level(1) == 1 and Word.YES == "yes" and Mode.READ == "r" and str(Mode.READ) == "mode r"
    assert Rights.R | Rights.W == zoo.echo(Rights.R | Rights.W) and Rights.R in zoo.echo(Rights.R | Rights.W)
    assert Planet.EARTH.mass == 5.9 and Planet("terra") is Planet.EARTH
    with pytest.raises(ValueError):
        Colour(9)
    with pytest.raises(KeyError):
        Colour.parse("pink")

def test_dataclasses():
    assert Point(1) + Point(2, 3) == Point(3, 3) and Point(1) != Point(2) and -Point(1, 1) == Point(-1, -1)
    assert Point(1) < Point(2) and sorted([Point(2), Point(1)]) == [Point(1), Point(2)] and max(Point(1), Point(3)).x == 3
    assert {Point(1): "a"}[Point(1)] == "a" and len({Point(1), Point(1)}) == 1
    assert dataclasses.asdict(Point(1, 2)) == {"x": 1, "y": 2} and dataclasses.replace(Point(1, 2), y=5) == Point(1, 5)
    assert dataclasses.astuple(Point(1, 2)) == (1, 2) and [f.name for f in dataclasses.fields(Point)] == ["x", "y"]
    assert repr(Point(1, 2)) == "Point(x=1, y=2)" and dataclasses.is_dataclass(Point)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Point(1).x = 2
    with pytest.raises(TypeError):
        Point(1) + 1
    with pytest.raises(TypeError):
        Point()
    match zoo.echo(Point(1, 2)):
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert ORIGIN == Point(0, 0) and ORIGIN in [Point(0)] and zoo.nested() == {"points": [Point(1, 2)], ("k", 1): {Point(0)}, "c": Colour.RED}

def test_mutable_dataclass():
    bag = Bag(["a"])
    bag.items = ["b", "c"]
    bag[0] = "z"
    del bag[1]
    assert list(bag) == ["z"] and len(bag) == 1 and "z" in bag and bag[0] == "z" and bag == Bag(["z"], note="other")
    with pytest.raises(TypeError):
        hash(bag)
    with pytest.raises(BagError) as caught:
        Bag(["bad"])
    assert caught.value.item == "bad" and str(caught.value) == "bad item" and caught.value.loud == "BAD ITEM"

def test_named_tuples():
    pair = Pair(1)
    assert pair == (1, "r") and pair.left == 1 and pair.swapped() == ("r", 1) and isinstance(pair, tuple)
    left, right = pair
    assert (left, right) == (1, "r") and pair._replace(left=2) == Pair(2) and pair._asdict() == {"left": 1, "right": "r"}
    assert Old(1, b=2).b == 2 and zoo.echo([Old(1, 2)]) == [(1, 2)] and repr(pair) == "Pair(left=1, right='r')"

def test_exceptions():
    with pytest.raises(BagError, match="outer") as caught:
        zoo.chained()
    assert isinstance(caught.value.__cause__, KeyError) and isinstance(caught.value, ValueError)
    with pytest.raises(BagError) as caught:
        raise Inner("m", item=3)
    assert str(caught.value) == "inner 3" and issubclass(Inner, BagError) and caught.type is Inner
    with pytest.raises(ZeroDivisionError):
        zoo.fail(ZeroDivisionError)
    with pytest.raises(KeyError, match="failed"):
        zoo.fail(KeyError)
    with pytest.raises(SystemExit) as caught:
        zoo.main([])
    assert caught.value.code == 2
    with pytest.raises(UnicodeDecodeError):
        zoo.apply(bytes.decode, b"\\xff", "utf-8")

def test_subclass_of_str():
    version = Version("2.1")
    assert version == "2.1" and version.major == 2 and version.bumped() == "3.0" and version.bumped().major == 3
    assert isinstance(version, str) and version.startswith("2") and {version: 1}["2.1"] == 1

def test_classes():
    square = Square.make(3)
    assert square == Square(3) and square != Square(4) and square.area() == 9 and Square.sides == 4 and square.sides == 4
    assert Shape.unit() == "m2" and isinstance(square, Shape) and issubclass(Square, Shape) and hash(square) == hash(Square(3))
    assert Square(1) < Square(2) and repr(square) == "Square(3)" and f"{square:03d}" == "<003>" and not Square(0)
    assert str([square]) == "[Square(3)]" and type(square) is Square and type(square).__name__ == "Square"
    assert Square(1) in {Square(1)} and [Square(2), Square(1)].index(Square(1)) == 1 and sorted([Square(2), Square(1)])[0].edge == 1
    with pytest.raises(TypeError):
        Shape()

def test_plain_objects():
    plain = Plain(4)
    plain.double = 20
    assert plain.value == 10 and plain.double == 20 and plain.me() is plain and plain != Plain(10) and plain._hidden == "h"
    plain.extra = [1]
    assert plain.extra == [1] and plain(5) == (10, 5) and hasattr(plain, "value") and not hasattr(plain, "nothing")
    del plain.extra
    assert not hasattr(plain, "extra") and callable(plain) and "value" in dir(plain)
    clone = copy.copy(plain)
    assert clone is not plain and clone.value == 10 and copy.deepcopy(plain).value == 10
    assert {plain: 1}[plain] == 1 and getattr(plain, "value") == 10 and operator.attrgetter("value")(plain) == 10

def test_context_managers():
    with Plain() as plain:
        assert plain.value == "open"
        raise KeyError("swallowed")
    assert plain.value == "closed"
    with zoo.opened("abc") as name:
        assert name == "ABC"
    with pytest.raises(ValueError):
        with Plain():
            raise ValueError

def test_generics_and_chains():
    stack = Stack[int]().push(1).push(2)
    assert stack.pop() == 2 and stack.data == [1]
    with pytest.raises(IndexError, match="empty"):
        Stack().pop()

def test_generators():
    numbers = zoo.count(3)
    assert next(numbers) == 0 and list(numbers) == [1, 2] and list(numbers) == []
    assert sum(zoo.count(4)) == 6 and list(zip(zoo.count(2), "ab")) == [(0, "a"), (1, "b")]
    with pytest.raises(StopIteration):
        next(numbers)
    assert zoo.total(n for n in (1, 2)) == 3 and zoo.total(iter([4])) == 4 and zoo.total(map(int, "12")) == 3

def test_changed_arguments():
    items = [1]
    assert zoo.fill(items, 2) is items and items == [1, 2]
    mapping = {}
    zoo.update(mapping)
    assert mapping == {"new": 1}
    default = collections.defaultdict(list)
    zoo.update(default)
    assert default == {"new": 1}
    nested = {"a": []}
    zoo.fill(nested["a"], Point(1))
    assert nested == {"a": [Point(1)]}

def test_callbacks():
    seen = []
    assert zoo.apply(lambda x: seen.append(x) or x + 1, 1) == 2 and seen == [1]
    assert zoo.sort_by(["bb", "a"], key=len) == ["a", "bb"] and zoo.sort_by([3, 1], key=lambda x: -x) == [3, 1]
    assert zoo.sort_by([Point(2), Point(1)], key=lambda p: p.x) == [Point(1), Point(2)]
    assert zoo.apply(sorted, [2, 1], reverse=True) == [2, 1] and zoo.apply(operator.itemgetter(1), "ab") == "b"
    def explode():
        raise ValueError("from the test")
    assert zoo.guarded(explode) == "caught from the test"
    class Custom(Exception):
        pass
    def custom():
        raise Custom("mine")
    with pytest.raises(Custom, match="mine"):
        zoo.guarded(custom)
    def raises_theirs():
        raise BagError("theirs", item=1)
    assert zoo.guarded(raises_theirs) == "caught theirs"

def test_failures_of_tests():
    problem = KeyError("b")
    def explode():
        raise problem
    with pytest.raises(BagError) as caught:
        zoo.keep_failure(explode)
    assert caught.value.item is problem and (1, caught.value.item) == (1, problem)
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(KeyError) as caught:
        zoo.pass_on(explode)
    assert caught.value is problem and zoo.echo(problem) is problem

def test_decorators():
    calls = []
    @zoo.retry(3)
    def visit(x):
        calls.append(x)
    assert visit(7) == "visit" and calls == [7, 7, 7]

def test_objects_of_tests():
    class Clock:
        def __init__(self):
            self.now = 5
        def tick(self):
            self.now += 1
            return self.now
    clock = Clock()
    assert zoo.apply(operator.methodcaller("tick"), clock) == 6 and clock.now == 6 and zoo.echo(clock) is clock

def test_output(capsys):
    zoo.say("hello")
    captured = capsys.readouterr()
    assert captured.out == "hello\\n" and captured.err == ""
    buffer = io.StringIO()
    zoo.say("there", file=buffer)
    assert buffer.getvalue() == "there\\n"
    with pytest.raises(SystemExit):
        zoo.main([])
    assert capsys.readouterr().err == "usage\\n"

def test_files(tmp_path):
    path = zoo.write(tmp_path / "a.txt", "text")
    assert path.read_text() == "text" and path == tmp_path / "a.txt"
    (tmp_path / "b.txt").write_text("one\\ntwo\\n")
    with open(tmp_path / "b.txt") as stream:
        assert zoo.lines(stream) == ["one", "two"]
    assert zoo.read_stream(io.StringIO("abc")) == "abc" and zoo.lines(io.StringIO("a\\nb")) == ["a", "b"]

def test_surroundings(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["prog", "x"])
    monkeypatch.setenv("ZOO", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO("bob\\n"))
    assert zoo.arguments() == ["x"] and zoo.variable("ZOO") == "1" and zoo.here() == str(tmp_path) and zoo.ask() == "bob"
    monkeypatch.delenv("ZOO")
    assert zoo.variable("ZOO") is None

def test_patched_module(monkeypatch):
    monkeypatch.setattr(zoo, "roll", lambda: 6)
    assert zoo.roll() == 6 and zoo.apply(zoo.roll) == 6

def test_seed():
    random.seed(4)
    first = [zoo.roll() for _ in range(5)]
    random.seed(4)
    assert [zoo.roll() for _ in range(5)] == first

def test_async():
    assert asyncio.run(zoo.later(3)) == 3
    async def both():
        return await asyncio.gather(zoo.later(1, 0.01), zoo.later(2))
    assert asyncio.run(both()) == [1, 2]
    with pytest.raises(BagError):
        asyncio.run(zoo.slow_failure())
    async def limited():
        await asyncio.wait_for(zoo.later(1, 5), 0.02)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(limited())
    async def collect():
        return [tick async for tick in zoo.ticks(3)]
    assert asyncio.run(collect()) == [0, 1, 2]
    async def double(x):
        await asyncio.sleep(0)
        return 2 * x
    assert asyncio.run(zoo.each_async([1, 2], double)) == [2, 4]

def test_async_objects():
    async def scenario():
        async with Room() as room:
            await asyncio.gather(room.visit("a"), room.visit("b"))
        return room.log
    assert asyncio.run(scenario()) == ["in", "a", "b", "out"]

@pytest.fixture
def bag():
    return Bag(["f"])

@pytest.mark.parametrize("point", [Point(1), Point(2)], ids=str)
def test_fixtures_and_parameters(bag, point):
    assert bag.items == ["f"] and point.x in (1, 2)
"""
