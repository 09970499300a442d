"""What crosses the wire comes out as it went in; what is malformed is refused."""

import datetime
import decimal
import math

import pytest

from iccm_dagster.harness.inside.values import Codec, replace_content


def codec() -> Codec:
    def refuse(value: object) -> list:
        raise LookupError(type(value).__name__)

    def unknown(tag: str, fields: list, codec: Codec) -> object:
        raise ValueError(tag)

    return Codec(refuse, unknown)


@pytest.mark.parametrize(
    "value",
    [0, -(2**70), 1.5, math.inf, -0.0, "\ud800", b"\xff", (1, (2,)), {1: {2}}, frozenset("a"), range(1, 9, 2), 2j, ...,
     datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.timedelta(seconds=-1), decimal.Decimal("1.0")],
)  # fmt: skip
def test_values_come_back_with_their_exact_type(value: object):
    back = codec().decode(codec().encode(value))
    assert back == value and type(back) is type(value) and repr(back) == repr(value)


def test_sharing_and_cycles_survive():
    shared: list = [1]
    shared.append(shared)
    back = codec().decode(codec().encode([shared, shared]))
    assert back[0] is back[1] and back[0][1] is back[0]


class Liar(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def test_subclasses_of_builtins_do_not_travel_by_value():
    with pytest.raises(LookupError, match="Liar"):
        codec().encode([Liar(3)])


@pytest.mark.parametrize(
    "data",
    [1.5, {}, [], [1], ["no such tag"], ["l"], ["l", 3], ["d", [[1]]], ["i", "xyz"], ["date", [1, 99, 1]], ["ref", 7],
     ["T", "os.system"], ["s", [["l", []]]], ["f", "nope"], ["re", "(", 0]],
)  # fmt: skip
def test_malformed_messages_are_refused(data: object):
    with pytest.raises(ValueError, match=r"value|sequence|no such tag|invalid|int\(\)|could not|month"):
        codec().decode(data)


def test_containers_take_content_of_their_own_type_only():
    target = [1]
    replace_content(target, [2, 3])
    assert target == [2, 3]
    with pytest.raises(ValueError, match="another type"):
        replace_content(target, {})
