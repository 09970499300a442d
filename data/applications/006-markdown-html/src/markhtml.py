"""A subset of Markdown: blocks and inline marks are read to a tree and written as HTML; raw HTML is always escaped.

Covered: headings, paragraphs, fenced code, quotes, nested lists, tables, rules, emphasis, code, links and images.
Tabs become blanks, in code too. Not covered: reference links, footnotes, indented code and lists inside of table cells.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*(\w*)[ \t]*$")
_RULE = re.compile(r"(?:-[ \t]*){3,}$|(?:\*[ \t]*){3,}$|(?:_[ \t]*){3,}$")
_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)])[ \t]+(?=\S)")
_TABLE_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+.!|~-])"
    r"|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?P<image>!?)\[(?P<label>(?:[^\[\]\\]|\\.)*)\]\((?P<target>[^\s()]*)(?:\s+\"(?P<title>[^\"]*)\")?\)"
    r"|<(?P<auto>https?://[^\s<>]+)>"
    r"|\*\*(?P<strong>(?=\S).+?(?<=\S))\*\*(?!\*)"
    r"|\*(?P<emphasis>(?=[^\s*]).+?(?<=[^\s*]))\*(?!\*)"
    r"|(?<!\w)_(?P<under>(?=\S).+?(?<=\S))_(?!\w)"
    r"|~~(?P<deleted>(?=\S).+?(?<=\S))~~"
    r"|(?P<break>(?: {2,}|\\)\n)",
    re.DOTALL,
)
_SAFE = re.compile(r"(?:https?:|mailto:|[^:]*$|[^:]*[/?#])", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


@dataclass(frozen=True)
class Block:
    """A block: its kind, its text where it has one, the blocks inside it, and what else its kind needs.

    Kinds are heading, paragraph, code, quote, list, item, rule and table.
    """

    kind: str
    text: str = ""
    children: tuple["Block", ...] = ()
    level: int = 0
    """Level of a heading, or the first number of an ordered list; 0 otherwise."""
    info: str = ""
    """Language of code; `ordered` or `unordered` for a list."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Cells of a table, the header first."""
    alignments: tuple[str, ...] = ()
    """One of left, right, center and nothing for each column of a table."""


def parse_blocks(text: str) -> list[Block]:
    """Read the blocks of a text."""
    return _blocks(text.replace("\r\n", "\n").expandtabs(4).split("\n"))


def inline_html(text: str) -> str:
    """Turn the marks inside a line of text into HTML and escape the rest."""
    return _inline(text)


def block_html(block: Block) -> str:
    """Write one block as HTML without a line end after it."""
    return _html(block, None)


def to_html(text: str, heading_ids: bool = False) -> str:
    """Turn a text into HTML; headings get identifiers on request, repeated ones being numbered."""
    blocks = _blocks(text.replace("\r\n", "\n").expandtabs(4).split("\n"))
    seen: dict[str, int] | None = {} if heading_ids else None
    return "".join(f"{_html(block, seen)}\n" for block in blocks)


def escape_html(text: str) -> str:
    """Replace ampersands, angle brackets and double quotes by entities."""
    return _escaped(text)


def plain_text(text: str) -> str:
    """Remove the inline marks from a text and keep what a reader would see, labels of links and images included."""
    return _plain(text)


def slug(text: str) -> str:
    """Make an identifier of a heading: lower-case words joined by hyphens, without marks and punctuation."""
    return _slug(text)


def outline(blocks: list[Block]) -> list[tuple[int, str, str]]:
    """List level, plain text and identifier of every heading that is not inside another block."""
    seen: dict[str, int] = {}
    headings = [block for block in blocks if block.kind == "heading"]
    return [(block.level, _plain(block.text), _identifier(block.text, seen)) for block in headings]


def word_count(blocks: list[Block]) -> int:
    """Count the words of headings, paragraphs and table cells at any depth; code does not count."""
    return sum(_words(block) for block in blocks)


def _blocks(lines: list[str]) -> list[Block]:
    found, at = [], 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        for reader in (_heading, _rule, _code, _quote, _list, _table, _paragraph):
            result = reader(lines, at)
            if result is not None:
                block, at = result
                found.append(block)
                break
    return found


def _heading(lines: list[str], at: int) -> tuple[Block, int] | None:
    match = _HEADING.match(lines[at])
    return (Block("heading", match[2].strip(), level=len(match[1])), at + 1) if match else None


def _rule(lines: list[str], at: int) -> tuple[Block, int] | None:
    return (Block("rule"), at + 1) if _RULE.match(lines[at].strip()) else None


def _code(lines: list[str], at: int) -> tuple[Block, int] | None:
    match = _FENCE.match(lines[at])
    if match is None:
        return None
    end = at + 1
    while end < len(lines) and not (lines[end].startswith(match[1]) and not lines[end].strip(match[1][0] + " ")):
        end += 1
    return Block("code", "\n".join(lines[at + 1 : end]), info=match[2]), end + 1


def _quote(lines: list[str], at: int) -> tuple[Block, int] | None:
    end = at
    while end < len(lines) and lines[end].startswith(">"):
        end += 1
    inner = [re.sub(r"^> ?", "", line) for line in lines[at:end]]
    return (Block("quote", children=tuple(_blocks(inner))), end) if inner else None


def _list(lines: list[str], at: int) -> tuple[Block, int] | None:
    """A list goes on while items of its kind follow at its indentation, with blank lines between them or not."""
    first = _ITEM.match(lines[at])
    if first is None:
        return None
    ordered = first[2][0].isdigit()
    items = []
    while at < len(lines):
        match = _ITEM.match(lines[at])
        if match is None or match[1] != first[1] or match[2][-1] != first[2][-1] or _RULE.match(lines[at].strip()):
            break
        inner, at = _item_lines(lines, at, match.end())
        items.append(Block("item", children=tuple(_blocks(inner))))
    start = int(first[2][:-1]) if ordered else 0
    return Block("list", children=tuple(items), level=start, info="ordered" if ordered else "unordered"), at


def _item_lines(lines: list[str], at: int, indent: int) -> tuple[list[str], int]:
    """The lines of one item without its indentation, and the index of the line after it."""
    inner = [lines[at][indent:]]
    at += 1
    while at < len(lines):
        line = lines[at]
        ahead = next((later for later in lines[at:] if later.strip()), "")
        deeper = ahead.startswith(" " * indent)
        lazy = line.strip() and not _starts_block(line) and inner[-1].strip() and not _starts_block(inner[-1])
        if not deeper and not (line.strip() and lazy):
            break
        inner.append(line[indent:] if deeper else line.strip())
        at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    return inner, at


def _table(lines: list[str], at: int) -> tuple[Block, int] | None:
    if "|" not in lines[at] or at + 1 == len(lines) or not _TABLE_RULE.match(lines[at + 1].strip()):
        return None
    header, rule = _cells(lines[at]), _cells(lines[at + 1])
    if len(header) != len(rule):
        return None
    rows, end = [header], at + 2
    while end < len(lines) and "|" in lines[end]:
        cells = _cells(lines[end])[: len(header)]
        rows.append(cells + [""] * (len(header) - len(cells)))
        end += 1
    sides = {(True, True): "center", (True, False): "left", (False, True): "right", (False, False): ""}
    alignments = tuple(sides[cell.startswith(":"), cell.endswith(":")] for cell in rule)
    return Block("table", rows=tuple(map(tuple, rows)), alignments=alignments), end


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def _paragraph(lines: list[str], at: int) -> tuple[Block, int]:
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _starts_block(lines[end]):
        end += 1
    text = "\n".join(line.lstrip() for line in lines[at:end]).rstrip()
    return Block("paragraph", text), end


def _starts_block(line: str) -> bool:
    patterns = (_HEADING, _FENCE, _ITEM)
    return any(pattern.match(line) for pattern in patterns) or line.startswith(">") or bool(_RULE.match(line.strip()))


def _html(block: Block, seen: dict[str, int] | None) -> str:
    if block.kind == "heading":
        identifier = f' id="{_identifier(block.text, seen)}"' if seen is not None and block.text else ""
        return f"<h{block.level}{identifier}>{_inline(block.text)}</h{block.level}>"
    if block.kind == "paragraph":
        return f"<p>{_inline(block.text)}</p>"
    if block.kind == "code":
        language = f' class="language-{block.info}"' if block.info else ""
        end = "\n" if block.text else ""
        return f"<pre><code{language}>{_escaped(block.text)}{end}</code></pre>"
    if block.kind == "rule":
        return "<hr>"
    if block.kind == "table":
        return _table_html(block)
    inner = [_html(child, None) for child in block.children]
    if block.kind == "quote":
        return "\n".join(["<blockquote>", *inner, "</blockquote>"])
    if block.kind == "item":
        return _item_html(block, inner)
    tag = "ol" if block.info == "ordered" else "ul"
    start = f' start="{block.level}"' if tag == "ol" and block.level != 1 else ""
    return "\n".join([f"<{tag}{start}>", *inner, f"</{tag}>"])


def _item_html(block: Block, inner: list[str]) -> str:
    """An item whose only paragraph comes first shows it without paragraph tags."""
    kinds = [child.kind for child in block.children]
    if kinds.count("paragraph") == 1 and kinds[0] == "paragraph":
        inner = [_inline(block.children[0].text), *inner[1:]]
    return f"<li>{chr(10).join(inner)}{chr(10) if len(inner) > 1 else ''}</li>"


def _table_html(block: Block) -> str:
    lines = ["<table>"]
    for number, row in enumerate(block.rows):
        tag = "td" if number else "th"
        cells = []
        for cell, side in zip(row, block.alignments, strict=True):
            style = f' align="{side}"' if side else ""
            cells.append(f"<{tag}{style}>{_inline(cell)}</{tag}>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</table>"])


def _inline(text: str) -> str:
    return "".join(_pieces(text, True))


def _plain(text: str) -> str:
    return "".join(_pieces(text, False))


def _pieces(text: str, html: bool) -> Iterator[str]:
    """The parts of a text as HTML, or without any marks."""
    write = _escaped if html else str
    position = 0
    for match in _INLINE.finditer(text):
        yield write(text[position : match.start()])
        yield _mark_html(match) if html else _mark_text(match)
        position = match.end()
    yield write(text[position:])


def _mark_html(match: re.Match[str]) -> str:
    found = match.groupdict()
    for group, tag in (("strong", "strong"), ("emphasis", "em"), ("under", "em"), ("deleted", "del")):
        if found[group] is not None:
            return f"<{tag}>{_inline(found[group])}</{tag}>"
    if found["label"] is not None:
        return _link_html(found)
    if found["code"] is not None:
        return f"<code>{_escaped(_code_text(found['code']))}</code>"
    if found["auto"] is not None:
        address = _escaped(found["auto"])
        return f'<a href="{address}">{address}</a>'
    return "<br>\n" if found["break"] is not None else _escaped(found["escaped"])


def _mark_text(match: re.Match[str]) -> str:
    found = match.groupdict()
    for group in ("strong", "emphasis", "under", "deleted", "label"):
        if found[group] is not None:
            return _plain(found[group])
    if found["code"] is not None:
        return _code_text(found["code"])
    return "\n" if found["break"] is not None else found["auto"] or found["escaped"]


def _link_html(found: dict[str, str]) -> str:
    target = _escaped(found["target"] if _SAFE.match(found["target"]) else "#")
    title = f' title="{_escaped(found["title"])}"' if found["title"] else ""
    if found["image"]:
        return f'<img src="{target}" alt="{_escaped(_plain(found["label"]))}"{title}>'
    return f'<a href="{target}"{title}>{_inline(found["label"])}</a>'


def _code_text(text: str) -> str:
    """The content of a code mark, without one blank on either side if it has both."""
    return text[1:-1] if text[0] == text[-1] == " " and text.strip() else text


def _escaped(text: str) -> str:
    return "".join(_ENTITIES.get(char, char) for char in text)


def _slug(text: str) -> str:
    return "-".join(re.findall(r"\w+", re.sub(r"['’]", "", _plain(text).lower())))


def _identifier(text: str, seen: dict[str, int]) -> str:
    """The slug of a heading, numbered from the second time on."""
    base = _slug(text)
    seen[base] = seen.get(base, 0) + 1
    return base if seen[base] == 1 else f"{base}-{seen[base]}"


def _words(block: Block) -> int:
    texts = [cell for row in block.rows for cell in row]
    if block.kind != "code":
        texts.append(block.text)
    return sum(len(_plain(text).split()) for text in texts) + sum(_words(child) for child in block.children)
