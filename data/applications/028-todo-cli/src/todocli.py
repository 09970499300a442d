"""The command line of the to-do list: main(argv, store path, today) gives an exit code and the text to print."""

from pathlib import Path
from typing import Any

import todolist
from todolist import Item, TodoError

USAGE = """usage: todo COMMAND
  add TEXT...            add an item; TEXT may hold !priority +tag due:YYYY-MM-DD
  list [OPTIONS]         --all --done --tag TAG --priority P --search WORDS --due-by DATE
  done N...              mark items as done
  reopen N...            mark items as open
  edit N TEXT...         replace an item
  priority N P           high, normal or low
  remove N...            delete items
  clear                  delete all done items
  tags                   count open items per tag"""

_VALUE_OPTIONS = {"--tag": "tags", "--priority": "priority", "--search": "words", "--due-by": "due_by"}


class UsageError(Exception):
    """The command line itself is wrong."""


def parse_numbers(words: list[str]) -> list[int]:
    """Read item numbers and ranges such as 3 or 5-7; the result is ascending and free of duplicates."""
    numbers: set[int] = set()
    for word in words:
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise UsageError(f"{word!r} is not an item number")
        low, high = int(first), int(last or first)
        if low > high:
            raise UsageError(f"the range {word} is backwards")
        numbers.update(range(low, high + 1))
    if not numbers:
        raise UsageError("which item?")
    return sorted(numbers)


def parse_list_options(words: list[str]) -> dict[str, Any]:
    """Turn the options of the list command into conditions; without --all or --done only open items are wanted."""
    conditions: dict[str, Any] = {"status": "open"}
    rest = list(words)
    while rest:
        option = rest.pop(0)
        if option in ("--all", "--done"):
            conditions["status"] = option[2:]
        elif option not in _VALUE_OPTIONS:
            raise UsageError(f"unknown option {option!r}")
        elif not rest:
            raise UsageError(f"{option} needs a value")
        elif option == "--tag":
            conditions["tags"] = (*conditions.get("tags", ()), rest.pop(0))
        else:
            conditions[_VALUE_OPTIONS[option]] = rest.pop(0)
    return conditions


def format_item(item: Item, today: str) -> str:
    """Show an item on one line: number, box, text, priority unless normal, tags and due date.

    An overdue date is followed by an exclamation mark.
    """
    parts = [f"{item.number:>3}", "[x]" if item.done else "[ ]", item.text]
    if item.priority != "normal":
        parts.append(f"!{item.priority}")
    parts.extend(f"+{tag}" for tag in item.tags)
    if item.due is not None:
        parts.append(f"due:{item.due}{'!' if todolist.is_overdue(item, today) else ''}")
    return " ".join(parts)


def format_list(items: list[Item], today: str) -> str:
    """Show items line by line, most urgent first, and below them how many are open and done."""
    if not items:
        return "nothing to do"
    lines = [format_item(item, today) for item in todolist.by_urgency(items)]
    done = sum(item.done for item in items)
    return "\n".join([*lines, f"{len(items) - done} open, {done} done"])


def main(argv: list[str], store_path: Path, today: str) -> tuple[int, str]:
    """Run one command and return the exit code with the text to print.

    The code is 0 for success, 1 if the list cannot do it and 2 for a wrong command line; then the store is not touched.
    """
    if not argv or argv[0] in ("help", "--help", "-h"):
        return (0, USAGE) if argv else (2, USAGE)
    try:
        items = todolist.load(store_path)
        changed, output = _run(argv[0], argv[1:], items, today)
        if changed != items:
            todolist.save(changed, store_path)
        return 0, output
    except TodoError as error:
        return 1, f"error: {error}"
    except UsageError as error:
        return 2, f"error: {error}"


def _run(command: str, words: list[str], items: list[Item], today: str) -> tuple[list[Item], str]:
    """Apply a command to the list; return the list afterwards and the output."""
    if command == "list":
        return items, format_list(todolist.select(items, **parse_list_options(words)), today)
    if command == "tags":
        return items, "\n".join(f"{count:>3} {tag}" for tag, count in todolist.tag_counts(items).items())
    if command == "clear":
        rest = todolist.clear_done(items)
        return rest, f"removed {len(items) - len(rest)}"
    if command == "add":
        items = todolist.add(items, " ".join(words))
        return items, f"added {items[-1].number}"
    if command in ("edit", "priority"):
        return _run_on_one(command, words, items)
    if command in ("done", "reopen", "remove"):
        numbers = parse_numbers(words)
        for number in numbers:
            if command == "remove":
                items = todolist.remove(items, number)
            else:
                items = todolist.set_done(items, number, command == "done")
        return items, f"{command} {', '.join(map(str, numbers))}"
    raise UsageError(f"unknown command {command!r}")


def _run_on_one(command: str, words: list[str], items: list[Item]) -> tuple[list[Item], str]:
    """Apply a command that takes one number and something else."""
    number = parse_numbers(words[:1])[0]
    if len(words) < 2:
        raise UsageError(f"{command} needs a number and a value")
    if command == "edit":
        return todolist.edit(items, number, " ".join(words[1:])), f"edited {number}"
    return todolist.set_priority(items, number, words[1]), f"priority of {number} changed"
