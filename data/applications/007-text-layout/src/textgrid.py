"""Text in two dimensions: blocks side by side, newspaper columns, boxes, and tables with wrapped cells."""

from collections.abc import Sequence

from textflow import LayoutError, _aligned, _check_width, _width, _wrapped

_FRAMES = {"ascii": "+-+|+-+", "light": "┌─┐│└─┘", "double": "╔═╗║╚═╝"}


def block_width(lines: Sequence[str]) -> int:
    """Return the width of the widest line, 0 for no lines."""
    return _block_width(lines)


def beside(blocks: Sequence[Sequence[str]], gap: int = 1) -> list[str]:
    """Put blocks of lines next to each other with blanks between them; lines get no blanks at their end."""
    if gap < 0:
        raise LayoutError(f"gap is {gap}, it must not be negative")
    height = max(map(len, blocks), default=0)
    widths = [_block_width(block) for block in blocks]
    rows = []
    for at in range(height):
        cells = [block[at] if at < len(block) else "" for block in blocks]
        padded = [_aligned(cell, width, "left") for cell, width in zip(cells, widths, strict=True)]
        rows.append((" " * gap).join(padded).rstrip())
    return rows


def newspaper(text: str, columns: int, column_width: int, gap: int = 2) -> list[str]:
    """Wrap a text and set it in columns of nearly equal height that are read from top to bottom."""
    _check_width(column_width)
    if columns < 1:
        raise LayoutError(f"columns is {columns}, at least one is needed")
    lines = _wrapped(text, column_width)
    height = -(-len(lines) // columns)
    parts = [lines[start : start + height] for start in range(0, len(lines), height or 1)]
    rows = []
    for at in range(height):
        cells = [_aligned(part[at] if at < len(part) else "", column_width, "left") for part in parts]
        rows.append((" " * gap).join(cells).rstrip())
    return rows


def across(items: Sequence[str], width: int, gap: int = 2) -> list[str]:
    """List short items in as many equally wide columns as fit the width, filled downwards."""
    _check_width(width)
    if not items:
        return []
    cell = _block_width(items)
    columns = max(1, (width + gap) // (cell + gap))
    height = -(-len(items) // columns)
    rows = []
    for at in range(height):
        row = [_aligned(item, cell, "left") for item in items[at::height]]
        rows.append((" " * gap).join(row).rstrip())
    return rows


def boxed(lines: Sequence[str], frame: str = "ascii", title: str = "") -> list[str]:
    """Draw a frame around lines, with a title in its upper edge if there is one."""
    if frame not in _FRAMES:
        raise LayoutError(f"frame is {frame!r}, use one of {', '.join(_FRAMES)}")
    top_left, edge, top_right, side, low_left, low_edge, low_right = _FRAMES[frame]
    label = f"{edge} {title} " if title else ""
    inner = max(_block_width(lines) + 2, _width(label))
    top = top_left + label + edge * (inner - _width(label)) + top_right
    middle = [f"{side} {_aligned(line, inner - 2, 'left')} {side}" for line in lines]
    return [top, *middle, low_left + low_edge * inner + low_right]


def column_widths(rows: Sequence[Sequence[str]], total: int, gap: int = 2) -> list[int]:
    """Return widths for the columns of a table so that it keeps a total width with gaps.

    The widest columns give way first, one at a time and the last one first, down to one.
    """
    return _column_widths(rows, total, gap)


def table(
    rows: Sequence[Sequence[str]], total: int = 80, alignments: Sequence[str] = (), header: bool = False, gap: int = 2
) -> list[str]:
    """Set rows as a table with wrapped cells; columns without an alignment go left, a header is underlined."""
    widths = _column_widths(rows, total, gap)
    if len(alignments) > len(widths):
        raise LayoutError(f"{len(alignments)} alignments for {len(widths)} columns")
    if unknown := set(alignments) - {"left", "right", "center"}:
        raise LayoutError(f"alignment is {min(unknown)!r}, use left, right or center")
    sides = [*alignments, *["left"] * (len(widths) - len(alignments))]
    lines: list[str] = []
    for number, row in enumerate(rows):
        lines += _table_row(row, widths, sides, gap)
        if header and number == 0:
            lines.append((" " * gap).join("-" * width for width in widths))
    return lines


def transpose(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Exchange the rows and the columns of a table; missing cells become empty."""
    count = max(map(len, rows), default=0)
    return [[row[at] if at < len(row) else "" for row in rows] for at in range(count)]


def _block_width(lines: Sequence[str]) -> int:
    return max(map(_width, lines), default=0)


def _column_widths(rows: Sequence[Sequence[str]], total: int, gap: int) -> list[int]:
    count = max(map(len, rows), default=0)
    widths = [max(1, *(_width(" ".join(row[at].split())) for row in rows if at < len(row))) for at in range(count)]
    room = total - gap * (count - 1)
    if room < count:
        raise LayoutError(f"{count} columns do not fit into a width of {total}")
    while sum(widths) > room:
        widest = max(range(count), key=lambda at: (widths[at], at))
        widths[widest] -= 1
    return widths


def _table_row(row: Sequence[str], widths: list[int], sides: list[str], gap: int) -> list[str]:
    cells = [_wrapped(row[at], width) if at < len(row) else [] for at, width in enumerate(widths)]
    lines = []
    for at in range(max(1, *map(len, cells))):
        parts = [
            _aligned(cell[at] if at < len(cell) else "", width, side)
            for cell, width, side in zip(cells, widths, sides, strict=True)
        ]
        lines.append((" " * gap).join(parts).rstrip())
    return lines
