import json

import pytest

from todolist import (
    Item,
    StoreError,
    TodoError,
    UnknownItem,
    add,
    by_urgency,
    clear_done,
    edit,
    is_overdue,
    load,
    parse_item,
    remove,
    save,
    select,
    set_done,
    set_priority,
    tag_counts,
)

MILK = Item(1, "Buy milk", "low", ("home",), "2024-05-10")
CALL = Item(2, "call Ann", "high", ("home", "work"))
TAX = Item(4, "file taxes", "normal", ("work",), "2024-05-01", True)


def numbers(items):
    return [item.number for item in items]


@pytest.mark.requirement("R1")
def test_marks_are_taken_out_of_the_text():
    item = parse_item(7, "pay  !high the +Home bill due:2024-02-29 +bank +home")
    assert item == Item(7, "pay the bill", "high", ("bank", "home"), "2024-02-29", False)


@pytest.mark.requirement("R1")
def test_plain_text_has_defaults():
    assert parse_item(1, "sleep") == Item(1, "sleep", "normal", (), None, False)


@pytest.mark.requirement("R1")
def test_lone_signs_are_words():
    assert parse_item(1, "1 + 1 ! a+b").text == "1 + 1 ! a+b"


@pytest.mark.requirement("R1")
def test_one_letter_after_the_exclamation_mark_is_a_priority():
    assert parse_item(1, "x !L").priority == "low"


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text", ["", "  ", "+tag !high", "x !urgent", "x !highest", "x due:", "x due:2023-02-29", "x due:tomorrow"]
)
def test_bad_item_texts_are_refused(text):
    with pytest.raises(TodoError):
        parse_item(1, text)


@pytest.mark.requirement("R3")
def test_numbers_continue_after_the_highest():
    assert add([TAX, MILK], "rest")[2] == Item(5, "rest")


@pytest.mark.requirement("R3")
def test_the_first_item_is_number_one():
    assert numbers(add([], "rest")) == [1]


@pytest.mark.requirement("R4")
def test_done_and_open_again():
    done = set_done([MILK, CALL], 2)
    assert [item.done for item in done] == [False, True]
    assert set_done(done, 2, False) == [MILK, CALL]


@pytest.mark.requirement("R4")
def test_what_is_done_cannot_be_done_again():
    with pytest.raises(TodoError):
        set_done([TAX], 4)
    with pytest.raises(TodoError):
        set_done([MILK], 1, False)


@pytest.mark.requirement("R5")
def test_priority_may_be_abbreviated():
    assert [item.priority for item in set_priority([MILK, CALL], 1, "No")] == ["normal", "high"]


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("name", ["", "medium"])
def test_unknown_priorities(name):
    with pytest.raises(TodoError):
        set_priority([MILK], 1, name)


@pytest.mark.requirement("R6")
def test_edit_keeps_number_place_and_state():
    edited = edit([TAX, MILK], 4, "rest !low +fun due:2024-06-01")
    assert edited == [Item(4, "rest", "low", ("fun",), "2024-06-01", True), MILK]


@pytest.mark.requirement("R6")
def test_edit_does_not_keep_old_marks():
    assert edit([MILK], 1, "rest") == [Item(1, "rest")]


@pytest.mark.requirement("R7")
def test_remove_takes_one_item():
    assert remove([MILK, CALL, TAX], 2) == [MILK, TAX]


@pytest.mark.requirement("R7")
def test_clear_takes_all_that_are_done():
    assert clear_done([MILK, TAX, CALL]) == [MILK, CALL]


@pytest.mark.requirement("R8")
def test_removing_an_unknown_number():
    with pytest.raises(UnknownItem):
        remove([MILK], 2)


@pytest.mark.requirement("R8")
def test_finishing_an_unknown_number():
    with pytest.raises(UnknownItem):
        set_done([MILK, TAX], 3)


@pytest.mark.requirement("R8")
def test_editing_an_unknown_number():
    with pytest.raises(UnknownItem):
        edit([], 1, "x")


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("today, late", [("2024-05-09", False), ("2024-05-10", False), ("2024-05-11", True)])
def test_overdue_begins_the_day_after(today, late):
    assert is_overdue(MILK, today) is late


@pytest.mark.requirement("R9")
def test_done_and_undated_items_are_never_overdue():
    assert not is_overdue(TAX, "2030-01-01")
    assert not is_overdue(CALL, "2030-01-01")


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "conditions, found",
    [
        ({}, [1, 2, 4]),
        ({"status": "open"}, [1, 2]),
        ({"status": "done"}, [4]),
        ({"tags": ("HOME",)}, [1, 2]),
        ({"tags": ("home", "work")}, [2]),
        ({"priority": "h"}, [2]),
        ({"words": "L"}, [1, 2, 4]),
        ({"words": "Mil"}, [1]),
        ({"due_by": "2024-05-01"}, [4]),
        ({"due_by": "2024-05-09"}, [4]),
        ({"due_by": "2024-05-10"}, [1, 4]),
        ({"status": "open", "tags": ("work",)}, [2]),
    ],
)
def test_select_by_conditions(conditions, found):
    assert numbers(select([MILK, CALL, TAX], **conditions)) == found


@pytest.mark.requirement("R10")
def test_select_refuses_an_unknown_status():
    with pytest.raises(TodoError):
        select([], status="late")


@pytest.mark.requirement("R11")
def test_open_items_by_priority_then_done_ones():
    assert numbers(by_urgency([TAX, MILK, CALL])) == [2, 1, 4]


@pytest.mark.requirement("R11")
def test_due_dates_and_numbers_decide_among_equals():
    items = [Item(3, "a"), Item(2, "b"), Item(9, "c", due="2024-03-02"), Item(8, "d", due="2024-03-01")]
    assert numbers(by_urgency(items)) == [8, 9, 2, 3]
    assert numbers(by_urgency([Item(1, "a", due="2024-03-02"), Item(2, "b", due="2024-03-01")])) == [2, 1]


@pytest.mark.requirement("R12")
def test_tags_of_open_items_are_counted():
    items = [MILK, CALL, TAX, Item(5, "x", tags=("art",))]
    assert list(tag_counts(items).items()) == [("home", 2), ("art", 1), ("work", 1)]


@pytest.mark.requirement("R13")
def test_saved_lists_come_back(tmp_path):
    path = tmp_path / "very" / "deep" / "todo.json"
    save([MILK, TAX], path)
    assert load(path) == [MILK, TAX]
    assert [entry.name for entry in path.parent.iterdir()] == ["todo.json"]


@pytest.mark.requirement("R13")
def test_saving_replaces_the_old_file(tmp_path):
    path = tmp_path / "todo.json"
    save([MILK], path)
    save([CALL], path)
    assert [entry["text"] for entry in json.loads(path.read_text())["items"]] == ["call Ann"]


@pytest.mark.requirement("R13")
def test_no_file_is_an_empty_list(tmp_path):
    assert load(tmp_path / "none.json") == []


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 2, "items": []}', '{"version": 1, "items": [{"tags": []}]}', '{"version": 1}'],
)
def test_damaged_stores_are_reported(tmp_path, text):
    path = tmp_path / "todo.json"
    path.write_text(text)
    with pytest.raises(StoreError):
        load(path)
