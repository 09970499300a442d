import orderflow
import pytest
from orderflow import EmptyOrder, GuardRefused, Line, NoTransition, Order

LINES = (Line("pen", 3, 150), Line("book", 1, 1999))


def order(*events):
    made = Order("A1", LINES)
    steps = {
        "place": lambda: made.place(),
        "pay": lambda: made.pay(2449),
        "ship": lambda: made.ship("P9"),
        "deliver": lambda: made.deliver(100),
        "return": lambda: made.send_back(110),
        "cancel": lambda: made.cancel(),
    }
    for event in events:
        steps[event]()
    return made


@pytest.mark.requirement("R12")
def test_articles_are_added_to_a_draft():
    draft = Order("A1")
    draft.add("pen", 2, 150)
    draft.add("book", 1, 0)
    draft.add("pen", 1, 120)
    assert draft.lines() == [Line("pen", 3, 120), Line("book", 1, 0)]


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(("quantity", "price"), [(0, 100), (-1, 100), (1, -1)])
def test_impossible_lines_are_refused(quantity, price):
    with pytest.raises(ValueError):
        Order("A1").add("pen", quantity, price)


@pytest.mark.requirement("R12")
def test_articles_are_dropped_from_a_draft():
    draft = Order("A1", LINES)
    draft.drop("pen")
    assert draft.lines() == [Line("book", 1, 1999)]


@pytest.mark.requirement("R12")
def test_dropping_an_absent_article_is_refused():
    with pytest.raises(KeyError):
        Order("A1", LINES).drop("ink")


@pytest.mark.requirement("R12", "R13")
def test_the_lines_of_a_placed_order_are_fixed():
    placed = order("place")
    with pytest.raises(NoTransition):
        placed.add("ink", 1, 100)
    with pytest.raises(NoTransition):
        placed.drop("pen")


@pytest.mark.requirement("R13")
def test_an_empty_order_cannot_be_placed():
    with pytest.raises(EmptyOrder):
        Order("A1").place()


@pytest.mark.requirement("R13")
def test_an_order_is_placed_once():
    with pytest.raises(NoTransition):
        order("place", "place")


@pytest.mark.requirement("R13")
def test_placing_changes_the_status():
    assert (order().status, order("place").status) == ("draft", "placed")


@pytest.mark.requirement("R14")
def test_the_total_multiplies_quantity_and_price():
    assert order().total() == 2449
    assert Order("A1").total() == 0


@pytest.mark.requirement("R14")
def test_the_change_is_what_exceeds_the_total():
    assert order("place").pay(3000) == 551
    assert order("place").pay(2449) == 0


@pytest.mark.requirement("R14")
def test_partial_payments_add_up():
    placed = order("place")
    assert [placed.pay(2448), placed.pay(1)] == [0, 0]
    with pytest.raises(NoTransition):
        placed.pay(1)


@pytest.mark.requirement("R14")
def test_what_is_due_shrinks():
    placed = order("place")
    placed.pay(1000)
    assert (order().due(), placed.due(), order("place", "pay").due(), order("cancel").due()) == (2449, 1449, 0, 0)


@pytest.mark.requirement("R14")
def test_a_payment_of_nothing_is_refused():
    placed = order("place")
    assert placed.pay(1) == 0
    with pytest.raises(ValueError):
        placed.pay(0)


@pytest.mark.requirement("R14")
def test_a_draft_cannot_be_paid():
    with pytest.raises(NoTransition):
        order("pay")


@pytest.mark.requirement("R15")
def test_shipping_keeps_the_parcel_number():
    paid = order("place", "pay")
    assert paid.tracking() is None
    paid.ship(" P7 ")
    assert paid.tracking() == "P7"


@pytest.mark.requirement("R15")
def test_a_parcel_needs_a_number():
    with pytest.raises(ValueError):
        order("place", "pay").ship("  ")


@pytest.mark.requirement("R15")
def test_an_unpaid_order_is_not_shipped():
    with pytest.raises(NoTransition):
        order("place").ship("P7")


@pytest.mark.requirement("R15")
def test_a_shipped_order_is_delivered():
    assert order("place", "pay", "ship", "deliver").status == "delivered"


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("events", [("place", "pay", "cancel"), ("place", "cancel"), ("cancel",)])
def test_cancelling_is_possible_before_shipping(events):
    assert order(*events).status == "cancelled"


@pytest.mark.requirement("R16")
def test_cancelling_pays_back():
    assert (order("place", "pay").cancel(), order("place").cancel()) == (2449, 0)


@pytest.mark.requirement("R16")
def test_a_shipped_order_is_not_cancelled():
    with pytest.raises(NoTransition):
        order("place", "pay", "ship").cancel()


@pytest.mark.requirement("R17")
def test_a_return_is_possible_for_fourteen_days():
    delivered = order("place", "pay", "ship", "deliver")
    with pytest.raises(GuardRefused):
        delivered.send_back(115)
    delivered.send_back(114)
    assert delivered.status == "returned"


@pytest.mark.requirement("R17")
def test_a_refund_keeps_the_fee():
    returned = order("place", "pay", "ship", "deliver", "return")
    assert returned.refund(449) == 2000
    assert returned.status == "refunded"


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("fee", [-1, 2450])
def test_a_fee_outside_what_was_paid_is_refused(fee):
    with pytest.raises(ValueError):
        order("place", "pay", "ship", "deliver", "return").refund(fee)


@pytest.mark.requirement("R17")
def test_a_full_fee_leaves_nothing():
    assert order("place", "pay", "ship", "deliver", "return").refund(2449) == 0


@pytest.mark.requirement("R18")
def test_the_log_tells_the_way_of_an_order():
    assert order("place", "cancel").log() == ["place: draft -> placed", "cancel: placed -> cancelled"]


@pytest.mark.requirement("R18")
def test_actions_are_what_can_be_done_next():
    assert (order().actions(), order("place").actions(), order("cancel").actions()) == (
        ["cancel", "place"],
        ["cancel", "pay"],
        [],
    )


@pytest.mark.requirement("R19")
def test_a_bill_aligns_amounts():
    assert orderflow.describe(LINES) == "3 x pen       4.50\n1 x book     19.99\ntotal        24.49\n"


@pytest.mark.requirement("R19")
def test_a_bill_of_nothing_has_a_total():
    assert orderflow.describe(()) == "total      0.00\n"


@pytest.mark.requirement("R19")
def test_a_bill_writes_two_digits_of_cents():
    assert orderflow.describe((Line("a", 1, 105),)) == "1 x a      1.05\ntotal      1.05\n"
