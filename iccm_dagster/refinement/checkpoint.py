"""All rows of the comparison trained one after the other, and the folder that keeps them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from iccm_dagster.errors import ArtifactError
from iccm_dagster.progress import OnProgress
from iccm_dagster.refinement.corpus import programs_in
from iccm_dagster.refinement.model import Denoiser, load_denoiser, save_denoiser
from iccm_dagster.refinement.recipe import RefinementRecipe
from iccm_dagster.refinement.train import train_denoiser

INDEX = "rows.json"


def train_rows(
    corpus: Path, recipe: RefinementRecipe, out: Path, *, work: Path, on_progress: OnProgress
) -> dict[str, Any]:
    """Train every row on the corpus file and write them to ``out``; return histories and costs by row.

    A row that an earlier attempt finished in ``work`` is not trained again.
    """
    programs = programs_in(pd.read_parquet(corpus), "train")
    index: dict[str, Any] = {}
    for number, (row, chosen) in enumerate(recipe.rows().items()):
        kept, facts = work / f"row{number}", work / f"row{number}" / "facts.json"
        if not facts.exists():
            training = train_denoiser(programs, chosen, name=row, on_progress=on_progress)
            save_denoiser(training.model, kept)
            facts.write_text(
                json.dumps(
                    {
                        "history": training.history,
                        "cpu_seconds": training.cpu_seconds,
                        "examples": training.examples,
                        "parameters": sum(weights.numel() for weights in training.model.parameters()),
                    }
                ),
                encoding="utf-8",
            )
        save_denoiser(load_denoiser(kept), out / f"row{number}")
        index[row] = {"folder": f"row{number}", **json.loads(facts.read_text(encoding="utf-8"))}
    (out / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
    return index


def load_rows(folder: Path) -> Mapping[str, Denoiser]:
    """Read the models that `train_rows` wrote, by row.

    Raises:
        ArtifactError: The index or a model cannot be read.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"{folder}: no index of trained rows ({error}). Make refinement_checkpoint again"
        ) from error
    return {row: load_denoiser(folder / facts["folder"]) for row, facts in index.items()}
