"""To-do items: reading them from text, changing lists of them, and keeping them in a JSON file."""

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

PRIORITIES = ("high", "normal", "low")


class TodoError(Exception):
    """The list cannot do what was asked."""


class UnknownItem(TodoError):
    """There is no item with this number."""


class StoreError(TodoError):
    """The store file exists but holds no valid list."""


@dataclass(frozen=True)
class Item:
    """One thing to do."""

    number: int
    text: str
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    due: str | None = None
    done: bool = False


def parse_item(number: int, text: str) -> Item:
    """Read an item from free text with marks inside: !priority, +tag and due:YYYY-MM-DD.

    The marks are taken out of the text, and runs of blanks shrink to one. Tags are lower-case, sorted and unique.
    """
    priority, due = "normal", None
    words: list[str] = []
    tags: set[str] = set()
    for word in text.split():
        if word.startswith("!") and len(word) > 1:
            priority = _checked_priority(word[1:])
        elif re.fullmatch(r"\+[\w-]+", word):
            tags.add(word[1:].lower())
        elif word.startswith("due:"):
            due = _checked_date(word[4:])
        else:
            words.append(word)
    if not words:
        raise TodoError("an item needs a text")
    return Item(number, " ".join(words), priority, tuple(sorted(tags)), due)


def _checked_priority(name: str) -> str:
    """Return the priority that a name or an unambiguous beginning of one stands for."""
    for priority in PRIORITIES:
        if name and priority.startswith(name.lower()):
            return priority
    raise TodoError(f"unknown priority {name!r}, use one of {', '.join(PRIORITIES)}")


def _checked_date(text: str) -> str:
    """Return an ISO date, or raise an error if the text is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise TodoError(f"{text!r} is not a date like 2024-05-31") from None


def _index(items: list[Item], number: int) -> int:
    """Return the place of an item in the list."""
    for index, item in enumerate(items):
        if item.number == number:
            return index
    raise UnknownItem(f"there is no item {number}")


def _changed(items: list[Item], number: int, **changes: object) -> list[Item]:
    """Return the list with fields of one item changed."""
    index = _index(items, number)
    return [*items[:index], replace(items[index], **changes), *items[index + 1 :]]


def add(items: list[Item], text: str) -> list[Item]:
    """Append an item read from text; its number is one more than the highest in use."""
    number = max((item.number for item in items), default=0) + 1
    return [*items, parse_item(number, text)]


def set_done(items: list[Item], number: int, done: bool = True) -> list[Item]:
    """Mark an item as done or as open; it is an error if it already is."""
    if items[_index(items, number)].done == done:
        raise TodoError(f"item {number} is already {'done' if done else 'open'}")
    return _changed(items, number, done=done)


def set_priority(items: list[Item], number: int, priority: str) -> list[Item]:
    """Give an item another priority, which may be abbreviated to its first letters."""
    return _changed(items, number, priority=_checked_priority(priority))


def edit(items: list[Item], number: int, text: str) -> list[Item]:
    """Read an item again from new text, keeping its number and whether it is done."""
    done = items[_index(items, number)].done
    fresh = parse_item(number, text)
    return _changed(items, number, text=fresh.text, priority=fresh.priority, tags=fresh.tags, due=fresh.due, done=done)


def remove(items: list[Item], number: int) -> list[Item]:
    """Take an item off the list; the other items keep their numbers."""
    index = _index(items, number)
    return items[:index] + items[index + 1 :]


def clear_done(items: list[Item]) -> list[Item]:
    """Take all items that are done off the list."""
    return [item for item in items if not item.done]


def is_overdue(item: Item, today: str) -> bool:
    """Tell whether an open item was due before today."""
    return not item.done and item.due is not None and item.due < today


def select(
    items: list[Item],
    *,
    status: str = "all",
    tags: tuple[str, ...] = (),
    priority: str | None = None,
    words: str = "",
    due_by: str | None = None,
) -> list[Item]:
    """Return the items which fulfil all the given conditions, in list order.

    Status is open, done or all; an item must carry every tag; words are looked for in the text without regard to case;
    due_by keeps items due on that day or before.
    """
    if status not in ("open", "done", "all"):
        raise TodoError(f"unknown status {status!r}")
    return [
        item
        for item in items
        if (status == "all" or item.done == (status == "done"))
        and all(tag.lower() in item.tags for tag in tags)
        and (priority is None or item.priority == _checked_priority(priority))
        and words.lower() in item.text.lower()
        and (due_by is None or (item.due is not None and item.due <= due_by))
    ]


def by_urgency(items: list[Item]) -> list[Item]:
    """Sort open items before done ones, then by priority, then by due date (none last), then by number."""
    return sorted(
        items,
        key=lambda item: (item.done, PRIORITIES.index(item.priority), item.due is None, item.due or "", item.number),
    )


def tag_counts(items: list[Item]) -> dict[str, int]:
    """Count the open items of each tag; the most used tag comes first, equal ones are in alphabetical order."""
    counts: dict[str, int] = {}
    for item in items:
        for tag in item.tags if not item.done else ():
            counts[tag] = counts.get(tag, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def save(items: list[Item], path: Path) -> None:
    """Write the list as JSON; the old file stays complete until the new one replaces it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps({"version": 1, "items": [asdict(item) for item in items]}, indent=1))
    os.replace(temporary, path)


def load(path: Path) -> list[Item]:
    """Read a list from a JSON file; a file that does not exist is an empty list."""
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text())
        if content["version"] != 1:
            raise StoreError(f"{path.name} has the unknown version {content['version']!r}")
        return [Item(**{**entry, "tags": tuple(entry["tags"])}) for entry in content["items"]]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path.name} is not a to-do list: {error}") from error
