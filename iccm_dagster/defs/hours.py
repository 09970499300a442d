"""How long a profile's trainings would take on its card: an estimate from measured token counts, never a measurement.

Counted: tokens of the stored data sets, with the base's tokenizer where this machine has it, else with the bundled one
(which cuts code finer: more tokens, more hours). Reckoned: passes over them, at a share of the card's float32 peak; and
sampling, which is bound by reading the weights once per token. Not covered: verdicts (they run on the CPU), loading,
padding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iccm_dagster.artifacts import TABLE, ArtifactStore
from iccm_dagster.defs.profiles import Profile
from iccm_dagster.memory import FLOAT, Shape

PEAK_FLOPS = 11.76e12
"""Float32 operations per second of a P40 at its boost clock (data sheet: 12 TFLOPS)."""
SHARE = 0.5
"""Of the peak that is assumed to be reached."""
BANDWIDTH = 346e9
"""Bytes per second between a P40 and its memory (data sheet)."""
PROMPT = 64
"""Tokens of a prompt around the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Mean tokens and numbers of the stored data sets."""

    tokenizer: str
    """What counted."""
    query: float
    """Tokens of a requirement text."""
    section: float
    """Tokens of a section, cut as the retriever cuts it."""
    group: float
    """Tokens of a section group, cut as the writer cuts it."""
    pair: float
    """Tokens of a docstring pair's code, cut alike."""
    queries: int
    """Requirement texts of training applications."""
    retrieval_groups: int
    """Groups of queries in one epoch of phase 1."""
    documents: float
    """Sections per such group."""
    groups: int
    """Section groups of training and validation applications."""
    validation_groups: int
    groups_per_application: float
    examples: int
    """Gold examples per pass of stage 1."""


def count(
    store: ArtifactStore, profile: Profile, tokenizer_name: str, tokenize: Callable[[Sequence[str]], list]
) -> Counts:
    """Count the data sets of phase 1 and 2 that are stored.

    Raises:
        ArtifactError: One was never made; with the command that makes it.
    """
    retriever, writer = profile.retriever, profile.writer
    phase1, phase2 = store.get("phase1_dataset"), store.get("phase2_dataset")
    labels, sections = phase1.table("labels.parquet"), phase1.table("sections.parquet")
    groups, examples = phase2.table("groups.parquet"), phase2.table("examples.parquet")
    corpus = store.get("docstring_corpus").table(TABLE)

    def mean(texts: Sequence[str], most: int) -> float:
        sizes = [min(most, len(ids)) for ids in tokenize(list(texts))]
        return sum(sizes) / max(1, len(sizes))

    train = labels[labels["split"] == "train"]
    own = sections[sections["split"] == "train"].groupby("application").size()
    chunks = {name: -(-len(rows) // retriever.queries_per_group) for name, rows in train.groupby("application")}
    documents = sum(
        number * min(retriever.documents_per_group, int(own.get(name, 0))) for name, number in chunks.items()
    )
    taught = groups[groups["split"] != "holdout"]
    gold = examples[(examples["split"] == "train") & (examples["variant"] == "gold")]
    return Counts(
        tokenizer=tokenizer_name,
        query=mean(train["text"], retriever.max_tokens),
        section=mean(sections["code"], retriever.max_tokens),
        group=mean(taught["source"], writer.max_source),
        pair=mean(corpus["code"].sample(min(2000, len(corpus)), random_state=0), writer.max_source),
        queries=len(train),
        retrieval_groups=sum(chunks.values()),
        documents=documents / max(1, sum(chunks.values())),
        groups=len(taught),
        validation_groups=int((taught["split"] == "validation").sum()),
        groups_per_application=len(taught) / max(1, taught["application"].nunique()),
        examples=len(gold),
    )


def hours(profile: Profile, counts: Counts, shape: Shape) -> dict[str, float]:
    """Return asset -> hours on a P40, reckoned; the arithmetic of each is in its helper."""
    found = {"phase1_checkpoint": _retriever(profile, counts, shape)}
    stage1, stage2 = (
        _head(profile, counts, shape) if profile.writer.generator == "head" else _causal(profile, counts, shape)
    )
    return {**found, "phase2_stage1_checkpoint": stage1, "phase2_checkpoint": stage2}


def _retriever(profile: Profile, counts: Counts, shape: Shape) -> float:
    """Forward for the vectors, forward again, once more where activations are recomputed, and backward."""
    recipe = profile.retriever
    per_epoch = counts.queries * counts.query + counts.retrieval_groups * counts.documents * counts.section
    warm = recipe.warm_pairs * (counts.query + counts.pair)
    passes = 2 + recipe.cached_gradients + recipe.gradient_checkpointing
    return _compute(passes * (recipe.epochs * per_epoch + warm), shape)


def _head(profile: Profile, counts: Counts, shape: Shape) -> tuple[float, float]:
    """The encoder reads every source once; the head's own passes are 6 operations per parameter and token."""
    recipe = profile.writer
    h = shape.hidden
    head = recipe.num_layers * (6 * h * h + 2 * h * recipe.d_ff) + recipe.vocabulary * h
    per_target, per_source = 6 * head, 6 * 5 * h * h
    reading = _compute(recipe.warm_pairs * counts.pair + counts.groups * counts.group, shape)
    seen = recipe.warm_pairs * recipe.warm_epochs + recipe.gold_epochs * counts.examples * (1 + recipe.rehearsal)
    learning = seen * (counts.pair * per_source + counts.query * per_target) / (PEAK_FLOPS * SHARE * 3600)
    samples = _sampled(profile, counts)
    sampling = _sampling(samples, recipe.max_target, head * FLOAT)
    policy = samples * (counts.group * per_source + counts.query * per_target) / (PEAK_FLOPS * SHARE * 3600)
    return reading + learning, _compute(counts.groups * counts.group, shape) + sampling + policy


def _causal(profile: Profile, counts: Counts, shape: Shape) -> tuple[float, float]:
    """Every example passes the whole model: forward, forward again where activations are recomputed, backward."""
    recipe = profile.writer
    passes = 2 + recipe.gradient_checkpointing
    warm = recipe.warm_pairs * recipe.warm_epochs * (counts.pair + PROMPT + counts.query)
    row = counts.group + PROMPT + counts.query
    gold = recipe.gold_epochs * counts.examples * (1 + recipe.rehearsal) * row
    samples = _sampled(profile, counts)
    sampling = _sampling(samples, recipe.max_target, shape.body * FLOAT) + _compute(samples * row, shape)
    return _compute(passes * (warm + gold), shape), sampling + _compute(passes * samples * row, shape)


def _sampled(profile: Profile, counts: Counts) -> float:
    """Requirements written in stage 2: the samples of the drawn applications, and what is validated after each pass."""
    recipe = profile.reinforce
    drawn = recipe.max_applications or 0
    return recipe.epochs * (drawn * counts.groups_per_application * recipe.samples + counts.validation_groups)


def _compute(tokens: float, shape: Shape) -> float:
    """Hours of so many tokens through the decoder's layers once: two operations per parameter."""
    parameters = shape.body - shape.vocabulary * shape.hidden
    return tokens * 2 * parameters / (PEAK_FLOPS * SHARE) / 3600


def _sampling(rows: float, tokens: int, weights: int) -> float:
    """Hours to write token by token, 64 rows at once: each token reads all weights."""
    return rows / 64 * tokens * weights / BANDWIDTH / 3600
