"""Profiles: one complete, frozen configuration per kind of machine. ``ICCM_PROFILE`` picks one; no profile reads
another's environment."""

import os
from collections.abc import Callable

from pydantic import BaseModel

from iccm_dagster.celr.recipe import AgentRecipe, DpoRecipe, PreferenceRecipe
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.errors import RecipeError
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.orchestra.recipe import OrchestraRecipe
from iccm_dagster.phase1.recipe import RetrieverRecipe
from iccm_dagster.phase2.recipe import ComparisonRecipe, ReinforceRecipe, WriterRecipe
from iccm_dagster.refinement.recipe import DenoiserRecipe, EvaluationRecipe, ProgramRecipe, RefinementRecipe


class Machine(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """What trainings need of the machine."""

    device: str
    """"cpu" or "cuda"."""
    vram_gib: float
    """Card memory a training needs [GiB]; 0 without a card."""
    compute_capability: tuple[int, int]
    """Lowest compute capability of the card; (0, 0) without one."""
    dtype: str
    """Arithmetic of the trainings: "float32" or "bfloat16"."""
    host_gib: float = 0
    """Main memory that a run needs beside the card [GiB]; 0 where nobody has to ask for it."""

    @property
    def cards(self) -> int:
        """Cards that a training takes for itself."""
        return 0 if self.device == "cpu" else 1


class CorpusRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """How many docstring pairs are harvested."""

    limit: int | None
    """Most pairs kept; None for all."""
    packages: tuple[str, ...] | None = None
    """Packages that are read; None for every installed one and the standard library."""
    seed: int
    """Seed of the draw where the limit cuts."""


class AutomationRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """When sensors act. Part of no fingerprint: changing it makes nothing out of date."""

    changed: int = 3
    """Applications whose source (or whose trajectories) must have changed since a checkpoint before it is trained again."""
    cooldown_h: float = 12.0
    """Least time between two trainings of a checkpoint that a sensor starts [h]."""
    attempts: int = 3
    """Runs that may fail on the same state before a sensor leaves it to a person."""
    pause_min: float = 10.0
    """Least time between such runs [min]."""
    stuck_min: float = 60.0
    """A run that is queued, or started without any event, for so long counts as stuck [min]."""
    report_days: float = 7.0
    """How far the report of failed runs looks back [days]."""


class Profile(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """A complete configuration."""

    name: str
    """What ``ICCM_PROFILE`` says."""
    machine: Machine
    """What trainings need."""
    corpus: CorpusRecipe
    """The docstring corpus."""
    calibration: CalibrationRecipe
    """How test suites are calibrated, and the limits of a verdict."""
    retriever: RetrieverRecipe
    """Phase 1."""
    writer: WriterRecipe
    """Phase 2, warm start and stage 1."""
    reinforce: ReinforceRecipe
    """Phase 2, stage 2."""
    comparison: ComparisonRecipe = ComparisonRecipe()
    """The two generators side by side."""
    orchestra: OrchestraRecipe = OrchestraRecipe()
    """Language models that rebuild beside the embedded readers; ``ICCM_ENDPOINTS`` names the file they come from."""
    agent: AgentRecipe = AgentRecipe()
    """CELR: how tasks are worked on."""
    preference: PreferenceRecipe = PreferenceRecipe()
    """CELR: scores, judge and pairs."""
    dpo: DpoRecipe = DpoRecipe()
    """CELR: preference training."""
    cortex: CortexRecipe = CortexRecipe()
    """The control policy of the agent."""
    programs: ProgramRecipe = ProgramRecipe()
    """The program corpus of refinement."""
    refinement: RefinementRecipe = RefinementRecipe()
    """The denoisers of refinement; small networks, trained on the CPU in every profile."""
    refinement_evaluation: EvaluationRecipe = EvaluationRecipe()
    """How refinement is measured."""

    automation: AutomationRecipe = AutomationRecipe()
    """When sensors act."""

    @property
    def jury(self) -> OrchestraRecipe:
        """The language models that reward in stage 2; none where the readers do."""
        models = tuple(model for model in self.orchestra.endpoints if model.rewards)
        return self.orchestra.model_copy(update={"endpoints": models}) if models else OrchestraRecipe()

    def recipe(self, name: str) -> dict[str, object]:
        """Return the configuration an asset is made by, as plain values; "" for an asset that has none."""
        return {part: getattr(self, part).model_dump(mode="json") for part in name.split("+") if part}


def embedded() -> Profile:
    """Two CPU cores, no network, no card: minutes to ``phase2_checkpoint``."""
    return Profile(
        name="embedded",
        machine=Machine(device="cpu", vram_gib=0, compute_capability=(0, 0), dtype="float32"),
        corpus=CorpusRecipe(limit=30000, seed=0),
        calibration=CalibrationRecipe(),
        # Without dropout nothing is drawn, and two threads compute side by side; stage 1 is none the worse (validation loss 4.15
        # without, 4.19 with it).
        retriever=RetrieverRecipe(epochs=1, max_steps=110, lora_dropout=0.0),
        # Half the seed's layers learn to carry a sentence over as well as all of them, in half the time.
        writer=WriterRecipe(num_layers=2, vocabulary=4000, dropout=0.0, warm_epochs=1, gold_epochs=5, own_wording=1),
        reinforce=ReinforceRecipe(),
    )


def embedded_long() -> Profile:
    """The same machine for some hours: what the embedded profile is too short for."""
    short = embedded()
    return short.model_copy(
        update={
            "name": "embedded-long",
            # One thread each: the other core is left to verdicts, and to whatever else the machine does meanwhile.
            "retriever": RetrieverRecipe(
                max_tokens=128, epochs=3, warm_pairs=4000, evaluations=10, patience=4, threads=1
            ),
            # In the end the hand-written wording is learned by heart, which helps training applications only; half as many docstring
            # pairs beside it keep the writer able to carry over what an unknown source says of itself.
            "writer": WriterRecipe(
                warm_pairs=3000, rehearsal=0.5, gold_epochs=24, own_wording=16, written_every=4, patience=24, threads=1
            ),
            "reinforce": ReinforceRecipe(epochs=8, max_applications=16),
        }
    )


def p40() -> Profile:
    """One NVIDIA P40 (24 GB, compute capability 6.1), overnight: Qwen2.5-Coder-1.5B in float32 with LoRA, the generation
    head on top."""
    base = "Qwen/Qwen2.5-Coder-1.5B-Instruct"
    return Profile(
        name="p40",
        machine=Machine(device="cuda", vram_gib=22, compute_capability=(6, 1), dtype="float32", host_gib=32),
        corpus=CorpusRecipe(limit=None, seed=0),
        calibration=CalibrationRecipe(),
        retriever=RetrieverRecipe(
            base=base,
            lora_targets=["q_proj", "k_proj", "v_proj", "o_proj"],
            max_tokens=2048,
            # One group has 32 queries: the seed's 8 examples, accumulated 4 times.
            batch_size=1,
            accumulation=1,
            peak_lr=1e-4,
            cached_gradients=True,
            gradient_checkpointing=True,
            bf16=False,
        ),
        # Rehearsed states of a source are kept in main memory: 3 KB a token in float16.
        writer=WriterRecipe(
            num_heads=12, max_source=512, warm_pairs=20000, warm_epochs=2, gradient_checkpointing=True, bf16=False
        ),
        reinforce=ReinforceRecipe(epochs=10, samples=8),
        comparison=ComparisonRecipe(warm_pairs=2000, gold_epochs=3, epochs=2),
        dpo=DpoRecipe(
            base=base,
            lora_rank=16,
            max_length=1024,
            max_prompt=512,
            max_pairs=2000,
            warm_steps=0,
            steps=400,
            batch_size=8,
            gradient_checkpointing=True,
            peak_lr=5e-6,
            writer_steps=100,
            writer_applications=32,
        ),
    )


def p40_causal() -> Profile:
    """The same card, but the language model itself writes: LoRA on it in both stages of phase 2."""
    head = p40()
    return head.model_copy(
        update={
            "name": "p40-causal",
            "writer": head.writer.model_copy(
                update={
                    "generator": "causal_lm",
                    # A trained language model needs no second school: a short warm start, small steps.
                    "warm_pairs": 4000,
                    "warm_epochs": 1,
                    "warm_lr": 1e-4,
                    "gold_lr": 1e-4,
                }
            ),
            "reinforce": head.reinforce.model_copy(update={"peak_lr": 2e-5, "temperature": 1.0}),
        }
    )


def smoke() -> Profile:
    """The whole graph in seconds, on tiny recipes: shows that everything is wired; its numbers mean nothing."""
    return Profile(
        name="smoke",
        machine=Machine(device="cpu", vram_gib=0, compute_capability=(0, 0), dtype="float32"),
        corpus=CorpusRecipe(limit=60, packages=("argparse", "json", "logging", "textwrap"), seed=0),
        calibration=CalibrationRecipe(repeats=1, mutants=2),
        retriever=RetrieverRecipe(epochs=1, max_steps=2, warm_pairs=8, evaluations=1, threads=1),
        writer=WriterRecipe(
            num_layers=1, d_ff=64, vocabulary=500, warm_pairs=32, warm_epochs=1, gold_epochs=2, max_target=24, threads=1
        ),
        reinforce=ReinforceRecipe(epochs=1, samples=2, workers=1),
        agent=AgentRecipe(samples=2, control_samples=1),
        dpo=DpoRecipe(
            max_length=96,
            max_prompt=32,
            warm_steps=2,
            steps=2,
            batch_size=2,
            writer_steps=1,
            writer_applications=1,
            threads=1,
        ),
        cortex=CortexRecipe(suite_tasks=6, resamples=20, sweeps=8, trust_sizes=(60,), trust_logs=2),
        programs=ProgramRecipe(programs=300, held_out=40),
        refinement=RefinementRecipe(
            ours=DenoiserRecipe(steps=3, batch_size=8, width=16, layers=1, heads=2, bf16=False, threads=1),
            one_shot_steps=3,
            row_steps=2,
        ),
        refinement_evaluation=EvaluationRecipe(programs=8, budgets=(1, 5, 40), samples=8, chains=2, gallery=3),
    )


PROFILES: dict[str, Callable[[], Profile]] = {
    "embedded": embedded,
    "embedded-long": embedded_long,
    "p40": p40,
    "p40-causal": p40_causal,
    "smoke": smoke,
}


def profile_named(name: str) -> Profile:
    """Return the profile, on the base model that ``ICCM_BASE`` names where it trains on a card; raise RecipeError naming
    the profiles there are."""
    if name not in PROFILES:
        raise RecipeError(
            f"ICCM_PROFILE={name!r}: the profiles are {', '.join(PROFILES)}. Unset it for the embedded one."
        )
    profile, base = PROFILES[name](), os.environ.get("ICCM_BASE", "")
    return with_base(profile, base) if base and profile.machine.cards else profile


def with_base(profile: Profile, base: str) -> Profile:
    """Return a profile on another base model: a hub id, or a folder saved by transformers."""
    return profile.model_copy(
        update={
            "retriever": profile.retriever.model_copy(update={"base": base}),
            "dpo": profile.dpo.model_copy(update={"base": base}),
        }
    )


def chosen_profile() -> str:
    """Return which profile the environment names."""
    return os.environ.get("ICCM_PROFILE", "embedded")


def chosen_machine() -> Machine:
    """Return the machine of the chosen profile; that of the embedded one where the name is unknown, which whoever uses
    the profile then reports."""
    return PROFILES.get(chosen_profile(), embedded)().machine


def chosen_endpoints() -> str:
    """Return the file of endpoints that the environment names; "" for none."""
    return os.environ.get("ICCM_ENDPOINTS", "")
