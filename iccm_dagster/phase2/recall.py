"""What a writer knows by heart: the requirements of the code that stage 1 read, found again by how alike the code is.

A network of some million parameters does not learn a few hundred sentences by heart within minutes, and forgets how to
write about other code while it tries. A nearest-neighbour memory has them after one reading (kNN-LM, Khandelwal et al.,
2020; for code, Zhang et al., 2020). Two sources are as alike as the encoder's mean states, the phase-1 similarity without
its projection, after the mean of all that was read is taken away: what every source has in common tells nothing.

Not covered: code that was changed so much that it is no longer alike; what is written about it is the network's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor

from iccm_dagster.phase2.source import EncodedSource

# M: sources read, N: sources asked about, E: encoder size.

VECTORS, TEXTS = "recall.safetensors", "recall.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Sources that were read, and what was written about each by hand."""

    vectors: Float[Tensor, "M E"]
    """Mean states of the sources, as they were read."""
    texts: tuple[str, ...]
    """The requirement of each."""
    least: float
    """From which cosine on a source counts as known."""

    @classmethod
    def of(cls, sources: Sequence[EncodedSource], texts: Sequence[str], *, least: float) -> "Memory":
        """Remember a requirement for each source."""
        return cls(vectors=_means(sources), texts=tuple(texts), least=least)

    @classmethod
    def load(cls, folder: Path) -> "Memory | None":
        """Return what was saved in a checkpoint folder; None where nothing was."""
        if not (folder / TEXTS).exists():
            return None
        table = pd.read_parquet(folder / TEXTS)
        vectors = load_file(folder / VECTORS)
        return cls(vectors=vectors["vectors"], texts=tuple(table["text"]), least=float(vectors["least"]))

    def save(self, folder: Path) -> None:
        """Write to a checkpoint folder."""
        save_file({"vectors": self.vectors, "least": torch.tensor(self.least, dtype=torch.float64)}, folder / VECTORS)
        pd.DataFrame({"text": self.texts}).to_parquet(folder / TEXTS, index=False)

    def recall(self, sources: Sequence[EncodedSource]) -> list[str | None]:
        """Return the requirement of the source that is most like each one; None where none is alike enough."""
        if not sources:
            return []
        similarity_NM = self._centred(_means(sources)) @ self._centred(self.vectors).T
        best_N, places_N = similarity_NM.max(dim=1)
        found = zip(best_N.tolist(), places_N.tolist(), strict=True)
        return [self.texts[place] if best >= self.least else None for best, place in found]

    def _centred(self, vectors: Tensor) -> Tensor:
        # Of a single source the mean takes everything away.
        centre = self.vectors.mean(dim=0) if len(self.vectors) > 1 else torch.zeros(vectors.shape[1])
        return torch.nn.functional.normalize(vectors - centre, dim=1)


def _means(sources: Sequence[EncodedSource]) -> Float[Tensor, "N E"]:
    return torch.stack([source.states.float().mean(dim=0) for source in sources])
