"""The requirements of an application, from one or several checkpoints."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from iccm_dagster.phase2.drift import likelihoods
from iccm_dagster.phase2.generator import Generator, load_generator
from iccm_dagster.phase2.jury import SentenceEmbedder
from iccm_dagster.phase2.recipe import ReinforceRecipe
from iccm_dagster.phase2.select import selector
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.spelling import respelled
from iccm_dagster.phase2.styles import RECALLED
from iccm_dagster.phase2.writer import SEQUENCES


class Writers:
    """Writes with several writers, so that their texts stand side by side."""

    def __init__(
        self, checkpoints: Mapping[str, Path], *, recipe: ReinforceRecipe, device: str, reference: str | None
    ) -> None:
        """``reference``: the writer under which every text is judged (see `drift`); None for nobody."""
        self._writers = {name: load_generator(folder, device=device) for name, folder in checkpoints.items()}
        self._reference = None if reference is None else self._writers[reference]
        self._select = selector(
            SentenceEmbedder(),
            minimum=recipe.min_statements,
            maximum=recipe.max_statements,
            redundancy=recipe.redundancy,
        )

    def write(self, groups: pd.DataFrame) -> pd.DataFrame:
        """Return one row per writer and section group of one application.

        ``groups``: application, split, group, sections, source. Columns added: source (the writer's name), text, style,
        selected, cut (source tokens that did not fit), and where there is a reference those of `drift.LIKELIHOOD` (NaN and 0
        for what is known by heart: nobody wrote it).
        """
        rows = []
        encoded: dict[str, list[EncodedSource]] = {}

        def read(writer: Generator) -> list[EncodedSource]:
            # Stages 1 and 2 read alike: what is read is read once.
            if writer.reading not in encoded:
                encoded[writer.reading] = writer.encode(groups["source"].tolist(), batch_size=16)
            return encoded[writer.reading]

        for name, writer in self._writers.items():
            sources = read(writer)
            texts = writer.write(sources, num_beams=1, batch_size=SEQUENCES)
            styles = writer.styles(sources, batch_size=SEQUENCES)
            chosen = set(self._select(texts))
            rows += [
                {
                    "application": group.application,
                    "split": group.split,
                    "source": name,
                    "group": group.group,
                    "sections": list(group.sections),
                    "text": text if style == RECALLED else respelled(text, group.source),
                    "style": style,
                    "selected": index in chosen,
                    "cut": source.cut,
                }
                for index, (group, text, style, source) in enumerate(
                    zip(groups.itertuples(), texts, styles, sources, strict=True)
                )
            ]
        written = pd.DataFrame(rows)
        if self._reference is None:
            return written
        new = written[written["style"] != RECALLED]
        sources = read(self._reference) * len(self._writers)
        judged = likelihoods(
            self._reference, [sources[row] for row in new.index], new["text"].tolist(), batch_size=SEQUENCES
        )
        return written.join(judged.set_index(new.index)).fillna({"tokens": 0}).astype({"tokens": int})
