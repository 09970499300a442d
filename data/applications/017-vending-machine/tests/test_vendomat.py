import pytest
from vendomat import BadCoin, NoChange, NotEnough, Sale, Slot, SoldOut, UnknownSlot, Vendomat, WrongState

COINS = {50: 1, 20: 2, 10: 1}


def machine(**settings):
    slots = [Slot("A1", "tea", 150, 3, room=5), Slot("A2", "nuts", 80, 1), Slot("B1", "gum", 55, 0)]
    return Vendomat(slots, COINS, **settings)


def paid(*coins):
    made = machine()
    for coin in coins:
        made.insert(coin)
    return made


@pytest.mark.requirement("R6")
def test_coins_add_to_the_credit():
    made = machine()
    assert [made.insert(100), made.insert(20)] == [100, 120]


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("coin", [1, 3, 500])
def test_strange_coins_are_refused(coin):
    with pytest.raises(BadCoin):
        machine().insert(coin)


@pytest.mark.requirement("R6")
def test_accepted_coins_can_be_chosen():
    assert machine(accepts=[3]).insert(3) == 3


@pytest.mark.requirement("R6")
def test_the_credit_is_shown():
    assert (machine().credit(), paid(50, 5).credit()) == (0, 55)


@pytest.mark.requirement("R7")
def test_the_credit_has_a_limit():
    made = machine(most_credit=120)
    assert [made.insert(100), made.insert(20)] == [100, 120]
    with pytest.raises(BadCoin):
        made.insert(5)


@pytest.mark.requirement("R7")
def test_the_limit_is_ten_units_by_default():
    made = machine()
    assert [made.insert(200) for _ in range(5)][-1] == 1000
    with pytest.raises(BadCoin):
        made.insert(5)


@pytest.mark.requirement("R8")
def test_cancelling_gives_the_same_coins_back():
    made = paid(20, 100, 20)
    assert (made.cancel(), made.cancel()) == ([20, 100, 20], [])


@pytest.mark.requirement("R8")
def test_the_state_follows_the_coins():
    made = machine()
    states = [made.state()]
    made.insert(50)
    states.append(made.state())
    made.cancel()
    assert [*states, made.state()] == ["idle", "collecting", "idle"]


@pytest.mark.requirement("R9")
def test_a_purchase_for_the_exact_price():
    assert paid(100, 50).buy("A1") == Sale("tea", 150, {})


@pytest.mark.requirement("R9")
def test_a_purchase_gives_change():
    made = paid(200)
    assert made.buy("A1") == Sale("tea", 150, {50: 1})
    made.insert(100)
    assert made.buy("A2").product == "nuts"


@pytest.mark.requirement("R9")
def test_inserted_coins_serve_as_change():
    assert paid(20, 20, 20, 10, 20).buy("A2") == Sale("nuts", 80, {10: 1})


@pytest.mark.requirement("R9")
def test_a_purchase_spends_the_credit():
    made = paid(100, 100)
    made.buy("A1")
    with pytest.raises(NotEnough):
        made.buy("A1")


@pytest.mark.requirement("R10")
def test_an_unknown_slot_is_refused():
    with pytest.raises(UnknownSlot):
        paid(200).buy("Z9")


@pytest.mark.requirement("R10")
def test_an_empty_slot_is_refused():
    with pytest.raises(SoldOut):
        paid(200).buy("B1")


@pytest.mark.requirement("R10")
def test_the_last_piece_is_sold_once():
    made = paid(50, 20, 10)
    assert made.buy("A2").product == "nuts"
    with pytest.raises(SoldOut):
        made.buy("A2")


@pytest.mark.requirement("R10")
def test_too_little_money_is_refused():
    with pytest.raises(NotEnough):
        paid(100, 20, 20, 5).buy("A1")


@pytest.mark.requirement("R10")
def test_a_purchase_without_change_leaves_the_credit():
    made = paid(5, 200)
    with pytest.raises(NoChange):
        made.buy("A2")
    assert made.cancel() == [5, 200]


@pytest.mark.requirement("R11")
def test_exact_coins_are_asked_for_when_change_runs_out():
    slots = [Slot("A", "tea", 150, 1)]
    assert Vendomat(slots, {20: 2}, [50, 200]).exact_only() is True
    assert Vendomat(slots, {50: 1}, [50, 200]).exact_only() is False


@pytest.mark.requirement("R11")
def test_a_coin_of_the_very_price_needs_no_change():
    assert Vendomat([Slot("A", "tea", 200, 1)], {}, [100, 200]).exact_only() is False


@pytest.mark.requirement("R11")
def test_empty_slots_need_no_change():
    assert Vendomat([Slot("A", "tea", 150, 0)], {}, [200]).exact_only() is False


@pytest.mark.requirement("R12")
def test_service_is_opened_and_closed():
    made = machine()
    made.open_service()
    with pytest.raises(WrongState):
        made.open_service()
    made.close_service()
    with pytest.raises(WrongState):
        made.close_service()


@pytest.mark.requirement("R12")
def test_service_waits_for_inserted_coins():
    made = paid(50)
    with pytest.raises(WrongState):
        made.open_service()


@pytest.mark.requirement("R12")
def test_nothing_is_sold_in_service():
    made = machine()
    made.open_service()
    assert made.state() == "service"
    with pytest.raises(WrongState):
        made.insert(50)
    with pytest.raises(WrongState):
        made.buy("A1")


@pytest.mark.requirement("R13")
def test_restocking_fills_up_to_the_room():
    made = machine()
    made.open_service()
    assert (made.restock("A1", 2), made.restock("A1", 3), made.restock("B1", 11)) == (0, 3, 1)
    assert made.stock() == {"A1": 5, "A2": 1, "B1": 10}


@pytest.mark.requirement("R13")
@pytest.mark.parametrize("pieces", [0, -1])
def test_restocking_nothing_is_refused(pieces):
    made = machine()
    made.open_service()
    with pytest.raises(ValueError):
        made.restock("A1", pieces)


@pytest.mark.requirement("R13")
def test_a_single_piece_fits_or_not():
    made = Vendomat([Slot("A", "tea", 100, 1, room=2)], {})
    made.open_service()
    assert [made.restock("A", 1), made.restock("A", 1)] == [0, 1]


@pytest.mark.requirement("R13")
def test_restocking_needs_service():
    with pytest.raises(WrongState):
        machine().restock("A1", 1)


@pytest.mark.requirement("R14")
def test_prices_are_changed_in_service():
    made = machine()
    made.open_service()
    made.set_price("A1", 5)
    assert made.prices() == {"A1": 5, "A2": 80}


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("price", [0, -5, 152])
def test_a_price_must_be_payable(price):
    made = machine()
    made.open_service()
    with pytest.raises(ValueError):
        made.set_price("A1", price)


@pytest.mark.requirement("R14")
def test_changing_a_price_needs_service():
    with pytest.raises(WrongState):
        machine().set_price("A1", 100)


@pytest.mark.requirement("R15")
def test_the_takings_are_collected_and_the_start_stays():
    made = paid(100, 50)
    made.buy("A1")
    made.open_service()
    assert made.collect() == {100: 1, 50: 1}
    assert made.cash() == COINS


@pytest.mark.requirement("R15")
def test_nothing_is_collected_before_a_sale():
    made = machine()
    made.open_service()
    assert made.collect() == {}


@pytest.mark.requirement("R9", "R15")
def test_inserted_coins_stay_and_change_leaves():
    made = paid(200)
    made.buy("A1")
    assert made.cash() == {200: 1, 20: 2, 10: 1}


@pytest.mark.requirement("R15")
def test_collecting_needs_service():
    with pytest.raises(WrongState):
        machine().collect()


@pytest.mark.requirement("R15")
def test_cash_leaves_inserted_coins_aside():
    assert paid(200).cash() == COINS


@pytest.mark.requirement("R16")
def test_stock_and_prices_are_listed():
    assert machine().stock() == {"A1": 3, "A2": 1, "B1": 0}
    assert machine().prices() == {"A1": 150, "A2": 80}


@pytest.mark.requirement("R16")
def test_slots_running_low_come_emptiest_first():
    assert machine().running_low() == ["B1", "A2"]
    assert machine().running_low(3) == ["B1", "A2"]
    assert machine().running_low(least=4) == ["B1", "A2", "A1"]


@pytest.mark.requirement("R17")
def test_sales_are_remembered():
    made = paid(50, 50)
    made.buy("A2")
    assert made.sales() == [Sale("nuts", 80, {20: 1})]


@pytest.mark.requirement("R17")
def test_revenue_counts_prices():
    made = paid(200)
    made.buy("A1")
    assert (made.revenue(), machine().revenue()) == (150, 0)


@pytest.mark.requirement("R18")
def test_the_audit_lists_products_and_a_total():
    made = machine()
    for coins, code in [((100, 50), "A1"), ((50, 20, 10), "A2"), ((200,), "A1")]:
        for coin in coins:
            made.insert(coin)
        made.buy(code)
    assert made.audit() == "nuts: 1 sold, 0.80\ntea: 2 sold, 3.00\ntotal: 3 sold, 3.80\n"


@pytest.mark.requirement("R18")
def test_the_audit_before_any_sale():
    assert machine().audit() == "total: 0 sold, 0.00\n"
