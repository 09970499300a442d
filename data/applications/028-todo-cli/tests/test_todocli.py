import json

import pytest

from todocli import UsageError, format_item, format_list, main, parse_list_options, parse_numbers
from todolist import Item

TODAY = "2024-05-10"


@pytest.mark.requirement("R15")
def test_numbers_and_ranges_are_sorted_and_unique():
    assert parse_numbers(["7", "2-4", "3"]) == [2, 3, 4, 7]
    assert parse_numbers(["5-5"]) == [5]


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("words", [[], ["x"], ["3-"], ["-3"], ["4-2", "1"], ["1-x"], [""]])
def test_malformed_numbers(words):
    with pytest.raises(UsageError):
        parse_numbers(words)


@pytest.mark.requirement("R16")
def test_list_options_become_conditions():
    words = ["--done", "--tag", "a", "--priority", "low", "--tag", "b", "--search", "x y", "--due-by", TODAY]
    assert parse_list_options(words) == {
        "status": "done",
        "tags": ("a", "b"),
        "priority": "low",
        "words": "x y",
        "due_by": TODAY,
    }


@pytest.mark.requirement("R16")
def test_only_open_items_are_listed_unless_asked_otherwise():
    assert parse_list_options([]) == {"status": "open"}
    assert parse_list_options(["--all"]) == {"status": "all"}


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("words", [["--tag"], ["--late"], ["home"]])
def test_wrong_list_options(words):
    with pytest.raises(UsageError):
        parse_list_options(words)


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    "item, line",
    [
        (Item(1, "rest"), "  1 [ ] rest"),
        (Item(12, "pay", "high", ("a", "b"), "2024-05-10"), " 12 [ ] pay !high +a +b due:2024-05-10"),
        (Item(3, "pay", due="2024-05-09"), "  3 [ ] pay due:2024-05-09!"),
        (Item(3, "pay", due="2024-05-09", done=True), "  3 [x] pay due:2024-05-09"),
    ],
)
def test_lines_of_items(item, line):
    assert format_item(item, TODAY) == line


@pytest.mark.requirement("R17")
def test_lists_end_with_counts():
    items = [Item(1, "a", done=True), Item(2, "b"), Item(3, "c", "high")]
    assert format_list(items, TODAY) == "  3 [ ] c !high\n  2 [ ] b\n  1 [x] a\n2 open, 1 done"


@pytest.mark.requirement("R17")
def test_an_empty_list_says_so():
    assert format_list([], TODAY) == "nothing to do"


@pytest.mark.requirement("R18")
def test_commands_work_on_the_stored_list(tmp_path):
    path = tmp_path / "todo.json"
    assert main(["add", "buy", "milk", "+home"], path, TODAY) == (0, "added 1")
    assert main(["add", "call"], path, TODAY) == (0, "added 2")
    assert main(["done", "1"], path, TODAY) == (0, "done 1")
    assert main(["list"], path, TODAY) == (0, "  2 [ ] call\n1 open, 0 done")
    assert main(["clear"], path, TODAY) == (0, "removed 1")
    assert main(["priority", "2", "high"], path, TODAY)[0] == 0
    assert main(["edit", "2", "call", "Bob", "+x"], path, TODAY) == (0, "edited 2")
    assert main(["list", "--all"], path, TODAY) == (0, "  2 [ ] call Bob +x\n1 open, 0 done")
    assert main(["tags"], path, TODAY) == (0, "  1 x")


@pytest.mark.requirement("R18")
def test_several_items_at_once(tmp_path):
    path = tmp_path / "todo.json"
    for text in "abc":
        main(["add", text], path, TODAY)
    assert main(["done", "1-2"], path, TODAY) == (0, "done 1, 2")
    assert main(["reopen", "2"], path, TODAY) == (0, "reopen 2")
    assert main(["remove", "3", "1"], path, TODAY) == (0, "remove 1, 3")
    assert main(["list"], path, TODAY) == (0, "  2 [ ] b\n1 open, 0 done")


@pytest.mark.requirement("R18")
def test_priority_command(tmp_path):
    path = tmp_path / "todo.json"
    main(["add", "a"], path, TODAY)
    main(["priority", "1", "high"], path, TODAY)
    assert main(["list"], path, TODAY)[1].startswith("  1 [ ] a !high")


@pytest.mark.requirement("R19")
@pytest.mark.parametrize("argv", [["fly"], ["done"], ["edit", "1"], ["priority", "1"], ["list", "--x"], []])
def test_wrong_command_lines_exit_with_two(tmp_path, argv):
    assert main(argv, tmp_path / "todo.json", TODAY)[0] == 2


@pytest.mark.requirement("R19")
def test_help_shows_the_commands(tmp_path):
    code, output = main(["help"], tmp_path / "todo.json", TODAY)
    assert code == 0
    assert "priority N P" in output
    assert main([], tmp_path / "todo.json", TODAY)[1] == output


@pytest.mark.requirement("R19")
def test_failures_exit_with_one_and_leave_the_store_alone(tmp_path):
    path = tmp_path / "todo.json"
    main(["add", "a"], path, TODAY)
    before = path.read_bytes()
    code, output = main(["done", "1-2"], path, TODAY)
    assert code == 1
    assert output.startswith("error: ")
    assert path.read_bytes() == before
    assert json.loads(before)["items"][0]["done"] is False


@pytest.mark.requirement("R19")
def test_reading_commands_write_nothing(tmp_path):
    path = tmp_path / "todo.json"
    assert main(["list"], path, TODAY) == (0, "nothing to do")
    assert not path.exists()
