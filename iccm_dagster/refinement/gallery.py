"""A trajectory as a page: the corrupted program, every program that was run, what changed, and which tests pass."""

import numpy as np

from iccm_dagster.refinement.kernels import S
from iccm_dagster.refinement.language import WIDTH, sketch_of, text_of
from iccm_dagster.refinement.states import Frame
from iccm_dagster.refinement_loop import Trail

EXAMPLES = 3
"""Examples shown."""


def story(trail: Trail[int, np.ndarray], frame: Frame, row: int, *, level: float) -> str:
    """Return one trajectory in Markdown."""
    programs = frame.programs
    size = int(programs.sizes[row])
    shape = programs.arities[row, :size].tolist()
    lines = [
        f"**{level:.0%} corrupted:** `{sketch_of(frame.given[row, :size].tolist(), shape)}`  ",
        "; ".join(f"`{example_text(example, int(programs.types[row]))}`" for example in programs.tests[row, :EXAMPLES]),
        "",
        "| execution | program | nodes changed | tests passed |",
        "| --- | --- | --- | --- |",
    ]
    before = None
    for attempt in trail.attempts:
        tokens = attempt.candidate[:size]
        changed = "" if before is None else str(int((tokens != before).sum()))
        passed = attempt.judgement.feedback
        lines.append(
            f"| {attempt.number} | `{text_of(tokens.tolist())}` | {changed} | {int(passed.sum())} of {len(passed)} |"
        )
        before = tokens
    original = text_of(programs.tokens[row, :size].tolist())
    same = before is not None and text_of(before.tolist()) == original
    lines.append("\nThe original program." if same else f"\nThe original was `{original}`.")
    return "\n".join(lines)


def example_text(example: np.ndarray, kind: int) -> str:
    """Write an example as inputs and output."""
    a, b = int(example[0]), int(example[1])
    xs = example[3 : 3 + example[2]].tolist()
    output = example[2 + S :]
    shown = output[1 : 1 + min(int(output[0]), WIDTH)].tolist()
    return f"a={a} b={b} xs={xs} -> {shown if kind == 2 else shown[0]}"
