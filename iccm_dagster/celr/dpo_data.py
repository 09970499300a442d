"""From exported pairs to what a model of short memory can be trained on: what both sides share belongs to the prompt.

Tokens that chosen and rejected begin with have equal probabilities on both sides, so they cancel in the DPO loss: moving
them into the prompt changes nothing, and what is left fits. Only cutting the prompt's start and the answers' ends is an
approximation; pairs that are equal within the cut are dropped and counted.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from iccm_dagster.seeding import seed_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One pair, cut to size."""

    task: str
    """The task, whose first part is the application."""
    prompt: tuple[int, ...]
    """Tokens before the first difference, its end."""
    chosen: tuple[int, ...]
    """Tokens of the better answer from the first difference."""
    rejected: tuple[int, ...]
    """Tokens of the worse one."""
    longer: float
    """1.0 where the whole better answer is the longer one, 0.5 for equal lengths."""

    @property
    def application(self) -> str:
        return self.task.split("#")[0].split("/")[0].split(":")[0]


def load_rows(path: Path) -> list[dict]:
    """Return the rows of a TRL export."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def cut_pairs(
    rows: Sequence[dict], tokenizer: PreTrainedTokenizerBase, *, max_prompt: int, max_answer: int
) -> tuple[list[Pair], int]:
    """Return the pairs that differ within the cut, and how many did not."""
    pairs, equal = [], 0
    for row in rows:
        prompt, chosen, rejected = (
            tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
            for text in (f"{row['prompt']}\n\n", row["chosen"], row["rejected"])
        )
        shared = _shared(chosen, rejected)
        # Each side must keep a token, also where one is the beginning of the other.
        shared = min(shared, len(chosen) - 1, len(rejected) - 1)
        left, right = (tuple(ids[shared : shared + max_answer]) for ids in (chosen, rejected))
        if left == right:
            equal += 1
            continue
        longer = 0.5 + 0.5 * ((len(chosen) > len(rejected)) - (len(chosen) < len(rejected)))
        start = tuple((prompt + chosen[:shared])[-max_prompt:])
        pairs.append(Pair(task=row["task"], prompt=start, chosen=left, rejected=right, longer=longer))
    return pairs, equal


def spread(pairs: Sequence[Pair], *, limit: int, seed: int) -> list[Pair]:
    """Return at most ``limit`` pairs, as evenly over tasks as they come; the order is drawn."""
    by_task: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda pair: seed_for(seed, pair.task, pair.chosen, pair.rejected)):
        by_task.setdefault(pair.task, []).append(pair)
    rounds = max(map(len, by_task.values()), default=0)
    tasks = sorted(by_task, key=lambda task: seed_for(seed, task))
    return [by_task[task][turn] for turn in range(rounds) for task in tasks if turn < len(by_task[task])][:limit]


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
