"""The program corpus: no two programs behave alike, and the splits share no behaviour.

Programs are drawn until there are enough; of twins (equal outputs on all probes) one stays. A held-out program that
equals a training program on the further, fresh probes is dropped. Each program comes with examples of its own, made by
running it: the tests that a model sees, and fresh ones that it never sees.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from iccm_dagster.errors import TrainingError
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.refinement.generate import WEIGHTS, behaviours, draw_examples, grow, irreducible
from iccm_dagster.refinement.kernels import ARITY, EXAMPLE, RESULT, N, S, V, outputs
from iccm_dagster.refinement.language import TOKENS, text_of
from iccm_dagster.refinement.recipe import ProgramRecipe
from iccm_dagster.seeding import seed_for

# P: programs, N: nodes, T: tests.
BATCH = 20000
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Programs as arrays, what kernels and models work on."""

    tokens: np.ndarray
    """int8 ``[P, N]``, prefix order, 0 after the end."""
    arities: np.ndarray
    """int8 ``[P, N]``: the shape of the trees, which corruption leaves alone."""
    sizes: np.ndarray
    """int64 ``[P]``: nodes."""
    types: np.ndarray
    """int64 ``[P]``: type of the whole program."""
    tests: np.ndarray
    """int16 ``[P, T, EXAMPLE]``: the examples given."""
    fresh: np.ndarray
    """int16 ``[P, F, EXAMPLE]``: the examples held back."""

    def __len__(self) -> int:
        return len(self.sizes)

    def take(self, rows: np.ndarray) -> "Programs":
        """Return some of the programs."""
        return Programs(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def build_corpus(recipe: ProgramRecipe, *, on_progress: OnProgress) -> pd.DataFrame:
    """Return one row per program: tokens, text, size, type, behaviour, split, tests and fresh tests (flattened).

    Raises:
        TrainingError: The recipe's conditions leave too few programs.
    """
    generator = np.random.default_rng(seed_for("programs", recipe.seed))
    probes = draw_examples(generator, 1, recipe.probes, lengths=(0, 1, 2, 3, 4, 5, 6))[0]
    tokens, sizes, behaviour = _draw_distinct(recipe, probes, on_progress)
    order = generator.permutation(len(tokens))
    tokens, sizes, behaviour = tokens[order], sizes[order], behaviour[order]
    split = np.full(len(tokens), "train", dtype=object)
    split[: recipe.held_out // 2] = "validation"
    split[recipe.held_out // 2 : recipe.held_out] = "test"
    fresh_probes = draw_examples(generator, 1, recipe.fresh_probes, lengths=())[0]
    twin = leaks(tokens, sizes, split, fresh_probes)
    tokens, sizes, behaviour, split = tokens[~twin], sizes[~twin], behaviour[~twin], split[~twin]
    examples = draw_examples(generator, len(tokens), recipe.tests + recipe.fresh_tests, lengths=_lengths(recipe.tests))
    examples[..., 2 + S :] = outputs(tokens, ARITY[tokens], sizes, examples)
    return pd.DataFrame(
        {
            "program": [text_of(row[:size]) for row, size in zip(tokens.tolist(), sizes, strict=True)],
            "split": split.astype(str),
            "size": sizes,
            "type": types_of(tokens, sizes),
            "behaviour": [f"{number:016x}" for number in behaviour],
            "tokens": [row[:size] for row, size in zip(tokens, sizes, strict=True)],
            "tests": list(examples[:, : recipe.tests].reshape(len(tokens), -1)),
            "fresh": list(examples[:, recipe.tests :].reshape(len(tokens), -1)),
        }
    )


def programs_in(corpus: pd.DataFrame, split: str) -> Programs:
    """Return the programs of one split as arrays.

    Raises:
        TrainingError: There are none, or they have no examples.
    """
    rows = corpus[corpus["split"] == split]
    if rows.empty:
        raise TrainingError(f"program_corpus: no program in split {split!r}. Make the corpus again with more programs")
    tokens = np.zeros((len(rows), N), np.int8)
    for place, program in enumerate(rows["tokens"]):
        tokens[place, : len(program)] = program
    sizes = rows["size"].to_numpy(np.int64)
    tests, fresh = (
        np.stack(rows[name].to_list()).astype(np.int16).reshape(len(rows), -1, EXAMPLE) for name in ("tests", "fresh")
    )
    if tests.shape[1] == 0:
        raise TrainingError("program_corpus: programs without examples cannot be judged. Set tests to 1 or more")
    return Programs(
        tokens=tokens,
        arities=np.where(np.arange(N) < sizes[:, None], ARITY[tokens], 0).astype(np.int8),
        sizes=sizes,
        types=rows["type"].to_numpy(np.int64),
        tests=tests,
        fresh=fresh,
    )


def types_of(tokens: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the types of whole, well-typed programs: that of the root, followed into the branches of ``if``."""
    types = np.zeros(len(tokens), np.int64)
    for place, (row, size) in enumerate(zip(tokens.tolist(), sizes, strict=True)):
        # The last branch of `if` ends where the program ends: its root is found from behind.
        at = 0
        while row[at] == TOKENS["if"]:
            at = _last_child(row, at, int(size))
        types[place] = RESULT[row[at]]
    return types


def leaks(tokens: np.ndarray, sizes: np.ndarray, split: np.ndarray, probes: np.ndarray) -> np.ndarray:
    """Return which held-out programs equal a training program on these probes: bool ``[P]``."""
    behaviour = behaviours(tokens, sizes, probes, False)[0][:, 0]
    return (split != "train") & np.isin(behaviour, behaviour[split == "train"])


def twins_across_splits(corpus: pd.DataFrame, *, probes: int, seed: int) -> int:
    """Count held-out programs that agree with a training program on newly drawn inputs.

    Those of a corpus as it was built are near twins: they differ on at least one of the inputs that it was made with.
    """
    parts = [programs_in(corpus, split) for split in SPLITS]
    split = np.repeat(SPLITS, [len(part) for part in parts])
    inputs = draw_examples(np.random.default_rng(seed_for("twins", seed)), 1, probes, lengths=())[0]
    tokens, sizes = (np.concatenate([getattr(part, name) for part in parts]) for name in ("tokens", "sizes"))
    return int(leaks(tokens, sizes, split, inputs).sum())


def token_frequencies(programs: Programs) -> np.ndarray:
    """Return how often each token occurs ``[V]``: what random search draws by."""
    return np.bincount(programs.tokens[programs.tokens > 0].ravel(), minlength=V) / max(1, programs.sizes.sum())


def _draw_distinct(
    recipe: ProgramRecipe, probes: np.ndarray, on_progress: OnProgress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shares = np.zeros(N + 1)
    shares[recipe.smallest : recipe.smallest + len(recipe.size_shares)] = recipe.size_shares
    cumulated = np.cumsum(shares) / shares.sum()
    cumulated[-1] = 1.0
    kept: dict[int, tuple[np.ndarray, int]] = {}
    for attempt in range(10000):
        before = len(kept)
        tokens, sizes = grow(BATCH, cumulated, WEIGHTS, seed_for("grow", recipe.seed, attempt))
        nodes, leaves, distinct = behaviours(tokens, sizes, probes, True)
        good = irreducible(tokens, sizes, nodes, leaves) & (distinct >= recipe.distinct)
        for row, size, behaviour in zip(tokens[good], sizes[good], nodes[good, 0].tolist(), strict=True):
            kept.setdefault(behaviour, (row, size))
        on_progress(Progress(stage="programs", step=min(len(kept), recipe.programs), total_steps=recipe.programs))
        if len(kept) >= recipe.programs:
            break
        if len(kept) == before:
            raise TrainingError(
                f"program_corpus: {len(kept)} distinct programs and no new one in {BATCH} draws, "
                f"{recipe.programs} wanted. Ask for fewer or for larger programs"
            )
    found = list(kept.items())[: recipe.programs]
    return (
        np.stack([row for _, (row, _) in found]),
        np.array([size for _, (_, size) in found]),
        np.array([behaviour for behaviour, _ in found], dtype=np.uint64),
    )


def _lengths(tests: int) -> tuple[int, ...]:
    """Return list lengths of the tests: the long lists first, since they tell programs apart."""
    return tuple((6, 5, 4, 3, 2, 1)[: max(0, tests - 1)])


def _last_child(row: list[int], at: int, size: int) -> int:
    """Return where the last branch of the ``if`` at ``at`` begins."""
    child = at + 1
    for _ in range(2):
        missing = 1
        while missing:
            missing += int(ARITY[row[child]]) - 1
            child += 1
    return child
