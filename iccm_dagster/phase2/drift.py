"""Language drift: how unlikely a writer's texts have become under the writer that it started from.

What is measured is the perplexity of the texts as they are read: tidied, and turned into tokens again. Rewards can pull a
writer to a language that readers understand and nobody else; then this number rises, and beside it the shares of
repeated and looping text (see ``evaluate.repetition``).

Not covered: fluent nonsense, and drift towards texts that the first writer finds likely; both have a low perplexity.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import torch

from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase2.source import EncodedSource

if TYPE_CHECKING:
    from iccm_dagster.phase2.generator import Generator

LIKELIHOOD = ["log_prob", "tokens"]
"""Columns: log-probability of a text [nats], and its tokens, the end of the text included."""


@torch.no_grad()
def likelihoods(
    writer: "Generator", sources: Sequence[EncodedSource], texts: Sequence[str], *, batch_size: int
) -> pd.DataFrame:
    """Return the columns `LIKELIHOOD`, one row per text about the source beside it."""
    writer.learn(dropout=False)

    styles = len(writer.codec.styles)

    def judge(part: Sequence[int]) -> list[tuple[float, int]]:
        totals, tokens = [], 0
        # A text is as likely as it is in all styles together.
        for style in range(max(1, styles)):
            ids = writer.codec.target_ids([texts[row] for row in part], [style] * len(part))
            log_probs, real = writer.log_probs([sources[row] for row in part], ids)
            totals.append((log_probs * real).sum(dim=1))
            tokens = real.sum(dim=1) - min(1, styles)
        return list(zip(torch.stack(totals).logsumexp(dim=0).tolist(), tokens.tolist(), strict=True))

    found = MicroBatch(batch_size).run(range(len(texts)), judge)
    return pd.DataFrame([row for rows in found for row in rows], columns=LIKELIHOOD)


def perplexity(texts: pd.DataFrame) -> float:
    """Return exp of the mean negative log-probability per token; NaN without a token."""
    tokens = texts["tokens"].sum()
    return math.exp(-texts["log_prob"].sum() / tokens) if tokens else float("nan")
