"""What a person sees on an asset's page: previews as tables, plots as inline images."""

import base64
import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

# Longer cells make the table wider than the page.
CELL = 90


def table(
    frame: "pd.DataFrame", columns: Sequence[str], *, rows: int = 8, cell: int = CELL
) -> dg.MarkdownMetadataValue:
    """Return the first rows of some columns as a Markdown table; texts longer than ``cell`` characters are cut."""
    head = frame.loc[:, list(columns)].head(rows)
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_cell(value, cell) for value in row) + " |" for row in head.itertuples(index=False)]
    if len(frame) > rows:
        lines.append(f"\n{len(frame) - rows} more rows")
    return dg.MetadataValue.md("\n".join(lines))


def listing(lines: Mapping[str, int], *, rows: int = 12) -> dg.MarkdownMetadataValue:
    """Return files with their length as a table, the longest first."""
    longest = sorted(lines.items(), key=lambda one: -one[1])
    more = [f"|{len(longest) - rows} more||"] if len(longest) > rows else []
    return dg.MetadataValue.md(
        "\n".join(["|file|lines|", "|-|-|", *(f"|{name}|{n}|" for name, n in longest[:rows]), *more])
    )


def curves(
    title: str, x: str, y: str, lines: Mapping[str, tuple[Sequence[float], Sequence[float]]]
) -> dg.MarkdownMetadataValue:
    """Return a line plot: name -> (x values, y values)."""
    figure, axes = _figure()
    for name, (xs, ys) in lines.items():
        axes.plot(xs, ys, marker="o", markersize=3, label=name)
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.legend()
    return _image(figure, title)


def bars(
    title: str,
    y: str,
    names: Sequence[str],
    values: Sequence[float],
    *,
    low: Sequence[float] | None = None,
    high: Sequence[float] | None = None,
    target: float | None = None,
) -> dg.MarkdownMetadataValue:
    """Return a bar plot with intervals and, where there is one, the target as a line."""
    figure, axes = _figure(width=_wide(names))
    spread = (
        None
        if low is None or high is None
        else [
            [max(0.0, value - edge) for value, edge in zip(values, low, strict=True)],
            [max(0.0, edge - value) for value, edge in zip(values, high, strict=True)],
        ]
    )
    axes.bar(range(len(names)), values, yerr=spread, capsize=3, color="#4c72b0")
    _name_bars(axes, names)
    axes.set(title=title, ylabel=y)
    if target is not None:
        axes.axhline(target, color="#c44e52", linestyle="--", label=f"target {target:g}")
        axes.legend()
    return _image(figure, title)


def densities(title: str, x: str, samples: Mapping[str, Sequence[float]]) -> dg.MarkdownMetadataValue:
    """Return one histogram per name, each of area 1, on the same bins; a name without a value is left out."""
    drawn = {name: values for name, values in samples.items() if len(values)}
    figure, axes = _figure()
    low, high = (edge(edge(values) for values in drawn.values()) for edge in (min, max)) if drawn else (0.0, 1.0)
    for name, values in drawn.items():
        axes.hist(values, bins=40, range=(low, high), density=True, histtype="step", label=f"{name} (n={len(values)})")
    axes.set(title=title, xlabel=x, ylabel="density")
    axes.legend()
    return _image(figure, title)


def stacked(title: str, y: str, names: Sequence[str], parts: Mapping[str, Sequence[float]]) -> dg.MarkdownMetadataValue:
    """Return a bar per name, built up of its parts: part -> value for each name."""
    figure, axes = _figure(width=_wide(names))
    floor = [0.0] * len(names)
    for part, values in parts.items():
        axes.bar(range(len(names)), values, bottom=floor, label=part)
        floor = [below + value for below, value in zip(floor, values, strict=True)]
    _name_bars(axes, names)
    axes.set(title=title, ylabel=y)
    # Beside the bars: 50 of them leave no corner free.
    figure.legend(loc="outside right upper", fontsize=8)
    return _image(figure, title)


def matrix(
    title: str, rows: Sequence[str], columns: Sequence[str], marks: Collection[tuple[str, str]]
) -> dg.MarkdownMetadataValue:
    """Return a grid with a square for each (row, column) that belongs together.

    Drawn without axes: there is one for each application, and axes with a hundred labels take half a second.
    """
    from PIL import Image, ImageDraw, ImageFont

    font, cell, gap = ImageFont.load_default(size=11), 16, 6
    left, below = (round(max((font.getlength(name) for name in names), default=0)) + 2 * gap for names in (rows, columns))
    top, width, height = cell + 2 * gap, cell * len(columns), cell * len(rows)
    picture = Image.new("RGB", (max(left + width, round(font.getlength(title))) + gap, top + height + below), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((gap, gap), title, "black", font)
    for number, name in enumerate(rows):
        middle = top + cell * number + cell // 2
        draw.line((left, middle, left + width, middle), "#dddddd")
        draw.text((left - gap, middle), name, "black", font, anchor="rm")
    # Names of columns run upwards: written in lines below each other, then turned.
    turned = Image.new("RGB", (below, max(1, width)), "white")
    for number, name in enumerate(columns):
        middle = cell * number + cell // 2
        draw.line((left + middle, top, left + middle, top + height), "#dddddd")
        ImageDraw.Draw(turned).text((below - gap, middle), name, "black", font, anchor="rm")
    picture.paste(turned.transpose(Image.Transpose.ROTATE_90), (left, top + height))
    for row, column in marks:
        x, y = left + cell * columns.index(column), top + cell * rows.index(row)
        draw.rectangle((x + 4, y + 4, x + cell - 4, y + cell - 4), "#4c72b0")
    return _stored(picture, title)


def _wide(names: Sequence[str]) -> float:
    """Return the width of a plot with so many bars [inch]."""
    return min(16.0, max(6.0, 0.45 * len(names)))


def _name_bars(axes, names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.margins(x=0.01)


def _cell(value: object, longest: int) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = " ".join(str(value).split()).replace("|", "\\|")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _figure(*, width: float = 6.0, height: float = 3.6):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _image(figure, title: str) -> dg.MarkdownMetadataValue:
    import numpy as np
    from PIL import Image

    figure.canvas.draw()
    return _stored(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB"), title)


def _stored(picture: "Image.Image", title: str) -> dg.MarkdownMetadataValue:
    buffer = io.BytesIO()
    # Every picture is stored with its event, once or twice: 64 colours show the same in a quarter of the bytes.
    picture.quantize(64).save(buffer, format="png")
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})")
