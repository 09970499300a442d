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
from iccm_dagster.phase2.recipe import ReinforceRecipe, WriterRecipe
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
        retriever=RetrieverRecipe(epochs=1, max_steps=110),
        writer=WriterRecipe(),
        reinforce=ReinforceRecipe(),
    )


def p40() -> Profile:
    """One NVIDIA P40 (24 GB, compute capability 6.1), overnight: Qwen2.5-Coder-1.5B in float32 with LoRA."""
    base = "Qwen/Qwen2.5-Coder-1.5B-Instruct"
    return Profile(
        name="p40",
        machine=Machine(device="cuda", vram_gib=22, compute_capability=(6, 1), dtype="float32"),
        corpus=CorpusRecipe(limit=None, seed=0),
        calibration=CalibrationRecipe(),
        retriever=RetrieverRecipe(
            base=base,
            lora_targets=("q_proj", "k_proj", "v_proj", "o_proj"),
            max_tokens=2048,
            batch_size=8,
            accumulation=4,
            peak_lr=2e-5,
            bf16=False,
        ),
        writer=WriterRecipe(num_heads=12, max_source=1024, warm_pairs=34000, warm_epochs=3, bf16=False),
        reinforce=ReinforceRecipe(epochs=10, samples=8),
        dpo=DpoRecipe(
            base=base,
            lora_rank=16,
            max_length=1024,
            max_prompt=512,
            max_pairs=2000,
            warm_steps=0,
            steps=400,
            batch_size=8,
            peak_lr=5e-6,
            writer_steps=100,
            writer_applications=32,
        ),
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


PROFILES: dict[str, Callable[[], Profile]] = {"embedded": embedded, "p40": p40, "smoke": smoke}


def profile_named(name: str) -> Profile:
    """Return the profile; raise RecipeError naming the ones there are."""
    if name not in PROFILES:
        raise RecipeError(
            f"ICCM_PROFILE={name!r}: the profiles are {', '.join(PROFILES)}. Unset it for the embedded one."
        )
    return PROFILES[name]()


def chosen_profile() -> str:
    """Return what the environment says: the one place that reads it."""
    return os.environ.get("ICCM_PROFILE", "embedded")


def chosen_endpoints() -> str:
    """Return the file of endpoints that the environment names; "" for none."""
    return os.environ.get("ICCM_ENDPOINTS", "")
