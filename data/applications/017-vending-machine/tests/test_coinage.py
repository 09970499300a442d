import coinage
import pytest
from coinage import CoinBox, MissingCoins, NoChange


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("text", "cents"), [("3", 300), ("3.05", 305), (" 0.50 ", 50), ("12.34", 1234)])
def test_amounts_are_read_as_cents(text, cents):
    assert coinage.parse_money(text) == cents


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", "3.5", "3,50", "-1", "1.234", ".50"])
def test_other_texts_are_no_amounts(text):
    with pytest.raises(ValueError):
        coinage.parse_money(text)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("cents", "text"), [(305, "3.05"), (0, "0.00"), (-5, "-0.05"), (-150, "-1.50"), (99, "0.99")])
def test_amounts_are_written_with_two_decimals(cents, text):
    assert coinage.format_money(cents) == text


@pytest.mark.requirement("R2")
def test_coins_are_worth_their_sum():
    assert coinage.value({200: 2, 5: 3}) == 415
    assert coinage.value({}) == 0


@pytest.mark.requirement("R2")
def test_single_coins_are_counted():
    assert list(coinage.count_coins([5, 200, 5, 20]).items()) == [(200, 1), (20, 1), (5, 2)]


@pytest.mark.requirement("R3")
def test_change_uses_the_fewest_coins():
    assert coinage.make_change(60, {50: 1, 20: 3, 10: 0, 2: 9}) == {20: 3}


@pytest.mark.requirement("R3")
def test_change_prefers_larger_coins_among_equals():
    assert coinage.make_change(60, {50: 1, 30: 2, 10: 1}) == {50: 1, 10: 1}


@pytest.mark.requirement("R3")
def test_change_uses_no_more_than_there_is():
    assert coinage.make_change(100, {50: 1, 20: 2, 10: 1}) == {50: 1, 20: 2, 10: 1}


@pytest.mark.requirement("R3")
def test_no_change_for_nothing():
    assert coinage.make_change(0, {50: 1}) == {}


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("amount", [1, 30, 75, 121])
def test_impossible_change_is_refused(amount):
    with pytest.raises(NoChange):
        coinage.make_change(amount, {50: 2, 20: 1})


@pytest.mark.requirement("R3")
def test_negative_change_is_refused():
    with pytest.raises(ValueError):
        coinage.make_change(-1, {5: 1})


@pytest.mark.requirement("R4")
def test_payable_amounts_are_listed():
    assert coinage.payable({20: 1, 5: 2}, 25) == [5, 10, 20, 25]


@pytest.mark.requirement("R4")
def test_the_smallest_and_the_largest_amount_count():
    assert coinage.payable({1: 3}, 2) == [1, 2]
    assert coinage.payable({}, 100) == []


@pytest.mark.requirement("R5")
def test_a_box_shows_its_coins_largest_first():
    assert list(CoinBox({5: 2, 50: 1, 10: 0}).contents().items()) == [(50, 1), (5, 2)]


@pytest.mark.requirement("R5")
def test_coins_are_put_in():
    box = CoinBox({5: 2})
    box.put({5: 1, 20: 3})
    assert box.contents() == {20: 3, 5: 3}


@pytest.mark.requirement("R5")
def test_coins_are_taken_out():
    box = CoinBox({5: 2, 20: 3})
    box.take({5: 2, 20: 1})
    assert box.contents() == {20: 2}


@pytest.mark.requirement("R5")
def test_missing_coins_leave_the_box_as_it_was():
    box = CoinBox({5: 2, 20: 3})
    with pytest.raises(MissingCoins):
        box.take({20: 1, 5: 3})
    assert box.contents() == {20: 3, 5: 2}
