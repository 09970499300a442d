"""The requirements of an application, from one or several checkpoints."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from iccm_dagster.phase2.generator import load_generator
from iccm_dagster.phase2.jury import SentenceEmbedder
from iccm_dagster.phase2.recipe import ReinforceRecipe
from iccm_dagster.phase2.select import selector
from iccm_dagster.phase2.source import EncodedSource


class Writers:
    """Writes with several writers, so that their texts stand side by side."""

    def __init__(self, checkpoints: Mapping[str, Path], *, recipe: ReinforceRecipe, device: str) -> None:
        self._writers = {name: load_generator(folder, device=device) for name, folder in checkpoints.items()}
        self._select = selector(
            SentenceEmbedder(),
            minimum=recipe.min_statements,
            maximum=recipe.max_statements,
            redundancy=recipe.redundancy,
        )

    def write(self, groups: pd.DataFrame) -> pd.DataFrame:
        """Return one row per writer and section group of one application.

        ``groups``: application, split, group, sections, source. Columns added: source (the writer's name), text,
        selected, cut (source tokens that did not fit).
        """
        rows = []
        encoded: dict[str, list[EncodedSource]] = {}
        for name, writer in self._writers.items():
            # Stages 1 and 2 read alike: what is read is read once.
            if writer.reading not in encoded:
                encoded[writer.reading] = writer.encode(groups["source"].tolist(), batch_size=16)
            sources = encoded[writer.reading]
            texts = writer.write(sources, num_beams=1, batch_size=64)
            chosen = set(self._select(texts))
            rows += [
                {
                    "application": group.application,
                    "split": group.split,
                    "source": name,
                    "group": group.group,
                    "sections": list(group.sections),
                    "text": text,
                    "selected": index in chosen,
                    "cut": source.cut,
                }
                for index, (group, text, source) in enumerate(zip(groups.itertuples(), texts, sources, strict=True))
            ]
        return pd.DataFrame(rows)
