import orderflow
import pytest
from orderflow import EmptyOrder, GuardRefused, Line, NoTransition, Order

LINES = (Line("pen", 3, 150), Line("book", 1, 1999))


PAID = {"paid": 2449}


def order(status="draft", **stored):
    return Order("A1", LINES, status, **stored)


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


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("status", ["placed", "cancelled"])
def test_the_lines_of_a_placed_order_are_fixed(status):
    with pytest.raises(NoTransition):
        order(status).add("ink", 1, 100)
    with pytest.raises(NoTransition):
        order(status).drop("pen")


@pytest.mark.requirement("R13")
def test_an_empty_order_cannot_be_placed():
    with pytest.raises(EmptyOrder):
        Order("A1").place()


@pytest.mark.requirement("R13")
def test_an_order_is_placed_once():
    made = order()
    assert made.place() == "placed"
    with pytest.raises(NoTransition):
        made.place()


@pytest.mark.requirement("R13")
def test_the_status_changes_with_placing():
    made = order()
    before = made.status
    made.place()
    assert (before, made.status) == ("draft", "placed")


@pytest.mark.requirement("R13")
def test_a_stored_order_keeps_its_status():
    assert order("shipped").status == "shipped"


@pytest.mark.requirement("R14")
def test_the_total_multiplies_quantity_and_price():
    assert order().total() == 2449
    assert Order("A1").total() == 0


@pytest.mark.requirement("R14")
def test_the_change_is_what_exceeds_the_total():
    assert order("placed").pay(3000) == 551
    assert order("placed").pay(2449) == 0


@pytest.mark.requirement("R14")
def test_partial_payments_add_up():
    placed = order("placed")
    assert [placed.pay(2448), placed.pay(1)] == [0, 0]
    with pytest.raises(NoTransition):
        placed.pay(1)


@pytest.mark.requirement("R14")
def test_a_payment_counts_what_was_paid_before():
    assert order("placed", paid=2000).pay(500) == 51


@pytest.mark.requirement("R14")
def test_what_is_due_shrinks():
    assert order().due() == 2449
    assert order("placed", paid=1000).due() == 1449
    assert order("paid", **PAID).due() == 0


@pytest.mark.requirement("R14")
def test_change_is_not_kept_as_payment():
    placed = order("placed")
    placed.pay(3000)
    assert placed.due() == 0


@pytest.mark.requirement("R14")
def test_nothing_is_due_after_cancelling():
    assert order("cancelled").due() == 0


@pytest.mark.requirement("R14")
def test_a_payment_of_nothing_is_refused():
    assert order("placed").pay(1) == 0
    with pytest.raises(ValueError):
        order("placed").pay(0)


@pytest.mark.requirement("R14")
def test_a_draft_cannot_be_paid():
    with pytest.raises(NoTransition):
        order().pay(2449)


@pytest.mark.requirement("R15")
def test_shipping_keeps_the_parcel_number():
    paid = order("paid", **PAID)
    assert paid.tracking() is None
    assert paid.ship(" P7 ") == "shipped"
    assert paid.tracking() == "P7"


@pytest.mark.requirement("R15")
def test_a_parcel_needs_a_number():
    with pytest.raises(ValueError):
        order("paid").ship("  ")


@pytest.mark.requirement("R15")
def test_an_unpaid_order_is_not_shipped():
    with pytest.raises(NoTransition):
        order("placed").ship("P7")


@pytest.mark.requirement("R15")
def test_a_shipped_order_is_delivered():
    assert order("shipped").deliver(100) == "delivered"


@pytest.mark.requirement("R15")
def test_an_order_is_not_delivered_before_it_is_shipped():
    with pytest.raises(NoTransition):
        order("paid").deliver(100)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(("status", "paid"), [("draft", 0), ("placed", 700), ("paid", 2449)])
def test_cancelling_before_shipping_pays_back(status, paid):
    assert order(status, paid=paid).cancel() == paid


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled"])
def test_a_shipped_order_is_not_cancelled(status):
    with pytest.raises(NoTransition):
        order(status).cancel()


@pytest.mark.requirement("R17")
def test_a_return_is_possible_for_fourteen_days():
    assert order("delivered", delivered=100).send_back(114) == "returned"
    with pytest.raises(GuardRefused):
        order("delivered", delivered=100).send_back(115)


@pytest.mark.requirement("R17")
def test_the_day_of_delivery_counts():
    shipped = order("shipped")
    shipped.deliver(30)
    assert shipped.send_back(44) == "returned"


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(("fee", "back"), [(0, 2449), (449, 2000), (2449, 0)])
def test_a_refund_keeps_the_fee(fee, back):
    assert order("returned", **PAID).refund(fee) == back


@pytest.mark.requirement("R17")
def test_a_refund_is_free_by_default():
    assert order("returned", **PAID).refund() == 2449


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("fee", [-1, 2450])
def test_a_fee_outside_what_was_paid_is_refused(fee):
    with pytest.raises(ValueError):
        order("returned", **PAID).refund(fee)


@pytest.mark.requirement("R17")
def test_only_a_returned_order_is_refunded():
    with pytest.raises(NoTransition):
        order("delivered", **PAID).refund()


@pytest.mark.requirement("R18")
def test_the_log_tells_the_way_of_an_order():
    made = order()
    made.place()
    made.cancel()
    assert made.log() == ["place: draft -> placed", "cancel: placed -> cancelled"]


@pytest.mark.requirement("R18")
def test_a_stored_order_has_an_empty_log():
    assert order("paid").log() == []


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(
    ("status", "actions"),
    [("draft", ["cancel", "place"]), ("placed", ["cancel", "pay"]), ("delivered", ["return"]), ("refunded", [])],
)
def test_actions_are_what_can_be_done_next(status, actions):
    assert order(status).actions() == actions


@pytest.mark.requirement("R19")
def test_a_bill_aligns_amounts():
    assert orderflow.describe(LINES) == "3 x pen       4.50\n1 x book     19.99\ntotal        24.49\n"


@pytest.mark.requirement("R19")
def test_a_bill_of_nothing_has_a_total():
    assert orderflow.describe(()) == "total      0.00\n"


@pytest.mark.requirement("R19")
def test_a_bill_writes_two_digits_of_cents():
    assert orderflow.describe((Line("a", 1, 105),)) == "1 x a      1.05\ntotal      1.05\n"
