"""A corpus and a denoiser small enough for tests."""

import numpy as np
import pandas as pd
import pytest

from iccm_dagster.progress import silent
from iccm_dagster.refinement.corpus import Programs, build_corpus, programs_in
from iccm_dagster.refinement.kernels import ARITY, EXAMPLE, N, S, outputs
from iccm_dagster.refinement.language import check, parse
from iccm_dagster.refinement.recipe import DenoiserRecipe, ProgramRecipe

TINY = DenoiserRecipe(steps=4, batch_size=8, width=16, layers=1, heads=2, warmup=1, bf16=False, threads=1)


@pytest.fixture(scope="session")
def corpus() -> pd.DataFrame:
    return build_corpus(ProgramRecipe(programs=400, held_out=80), on_progress=silent)


@pytest.fixture(scope="session")
def training_programs(corpus: pd.DataFrame) -> Programs:
    return programs_in(corpus, "train")


def programs_of(*texts: str, inputs: list[tuple[int, int, list[int]]]) -> Programs:
    """Return programs with the same inputs as tests and as fresh examples."""
    tokens = np.zeros((len(texts), N), np.int8)
    for row, text in enumerate(texts):
        program = parse(text)
        tokens[row, : len(program)] = program
    sizes = np.array([len(parse(text)) for text in texts])
    tests = np.zeros((len(texts), len(inputs), EXAMPLE), np.int16)
    for number, (a, b, xs) in enumerate(inputs):
        tests[:, number, :3] = a, b, len(xs)
        tests[:, number, 3 : 3 + len(xs)] = xs
    inside = np.arange(N) < sizes[:, None]
    arities = np.where(inside, ARITY[tokens], 0).astype(np.int8)
    tests[..., 2 + S :] = outputs(tokens, arities, sizes, tests)
    return Programs(
        tokens=tokens,
        arities=arities,
        sizes=sizes,
        types=np.array([int(check(parse(text))) for text in texts]),
        tests=tests,
        fresh=tests.copy(),
    )
