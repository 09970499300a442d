"""How the corpus is drawn, how models are trained, and how they are measured. Defaults are the embedded profile's."""

from enum import StrEnum

from pydantic import BaseModel, Field


class ProgramRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """The program corpus."""

    programs: int = Field(default=80000, ge=20)
    """Programs kept, all splits together; no two behave alike."""
    held_out: int = Field(default=2000, ge=4)
    """Programs of the validation and of the test split, half and half."""
    smallest: int = Field(default=5, ge=1)
    """Nodes of the smallest programs."""
    size_shares: tuple[float, ...] = (1, 1, 2, 3, 5, 8, 12, 15, 18, 20, 22)
    """How often each size is aimed at, from ``smallest`` up; larger ones are refused more often."""
    probes: int = Field(default=24, ge=8)
    """Inputs on which behaviour is compared while drawing."""
    fresh_probes: int = Field(default=64, ge=8)
    """Further inputs on which no held-out program may equal a training one."""
    distinct: int = Field(default=5, ge=1)
    """Different outputs over the probes that a program must have."""
    tests: int = Field(default=6, ge=1)
    """Examples given with a program."""
    fresh_tests: int = Field(default=10, ge=1)
    """Examples held back, to judge whether a program that passes its tests is right."""
    seed: int = 0
    """Seed of programs, inputs and splits."""


class Policy(StrEnum):
    """Which states a training sees after the first."""

    ONE_SHOT = "one shot"
    """None: each program is corrupted, predicted once and dropped."""
    RANDOM = "random"
    """The seed's baseline: corrupted nodes get random tokens."""
    EXPERT = "expert"
    """Each step puts the truth into half of the wrong nodes."""
    SCHEDULED = "scheduled"
    """The seed's schedule: the model's prediction with probability min(0.9, i / iterations + 0.5), the truth else."""
    ON_POLICY = "on policy"
    """Only type-correct samples of the model, some nodes left open: the states it meets when it is used."""


class Loss(StrEnum):
    """How the cross-entropies of the nodes are weighted."""

    PLAIN = "plain"
    """All corrupted nodes alike."""
    TEST_GUIDED = "test guided"
    """The seed's 1 + 9 x signal; the signal of a node is the share of failing tests."""
    BLAME = "blame"
    """1 + 9 x blame; the blame of a node is the share of tests in which its value is not the wanted one."""


class DenoiserRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """One training: states, evidence, loss, network."""

    policy: Policy = Policy.ON_POLICY
    """Which states it sees."""
    loss: Loss = Loss.PLAIN
    """How nodes are weighted."""
    examples: bool = True
    """Whether it sees inputs and outputs of the tests; the seed's model does not."""
    evidence: bool = True
    """Whether it sees what execution says about each node: its value, the wanted value, the tokens that would give it."""
    iteration_signal: bool = False
    """Whether it is told which iteration it is in (seed: yes)."""
    iterations: int = Field(default=5, ge=1)
    """States of a trajectory at most (seed: 5)."""
    steps: int = Field(default=8000, ge=1)
    """Optimiser steps."""
    batch_size: int = Field(default=96, ge=1)
    """Trajectories side by side."""
    width: int = Field(default=128, ge=8)
    """Size of the vectors."""
    layers: int = Field(default=4, ge=1)
    """Transformer layers."""
    heads: int = Field(default=4, ge=1)
    """Attention heads."""
    peak_lr: float = Field(default=1.5e-3, gt=0)
    """Learning rate at the end of warm-up; falls along a cosine to 0."""
    muon_lr: float = Field(default=5e-3, gt=0)
    """The same for the matrices of the blocks, which Muon trains."""
    warmup: int = Field(default=100, ge=0)
    """Steps in which the learning rate rises."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Of AdamW."""
    bf16: bool = True
    """bfloat16 autocast where the processor has the instructions, float32 elsewhere."""
    threads: int = Field(default=1, ge=1)
    """CPU threads of the training."""
    seed: int = 0
    """Seed of weights, corruption and samples."""


class EvaluationRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """What is measured, and how the trained models are used."""

    programs: int = Field(default=300, ge=1)
    """Held-out programs per corruption level."""
    levels: tuple[float, ...] = (0.5, 0.75, 1.0)
    """Shares of the nodes that are lost (seed)."""
    budgets: tuple[int, ...] = (1, 5, 40, 160, 1000)
    """Program executions at which solved programs are counted."""
    iterations: int = Field(default=5, ge=2)
    """States of the seed's loop (iteration 0 to 4)."""
    samples: int = Field(default=32, ge=1)
    """Programs drawn per state, of which the likeliest new one is executed."""
    temperature: float = Field(default=1.0, gt=0)
    """Of the draws: they spread from half of it to twice as much."""
    chains: int = Field(default=4, ge=1)
    """Trajectories per program in the row "ours, parallel"."""
    restart_after: int = Field(default=16, ge=1)
    """Proposals after which a trajectory starts afresh from the corrupted program."""
    careful: int = Field(default=5, ge=0)
    """Executions of a search up to which every candidate is drawn with care; see `infer.NeuralProposer`."""
    paths: int = Field(default=4, ge=0)
    """Paths per state drawn with care."""
    rounds: int = Field(default=4, ge=1)
    """Rounds in which a path is filled, the surest nodes first."""
    deduced: int = Field(default=2, ge=2)
    """Of so many candidates of ours, after the careful ones, one is deduced instead of learned."""
    gallery: int = Field(default=6, ge=0)
    """Trajectories shown."""
    seed: int = 0
    """Seed of corruption and draws; the same for every row."""


class RefinementRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """The rows of the comparison: one training each."""

    ours: DenoiserRecipe = DenoiserRecipe()
    """On-policy states and evidence."""
    one_shot_steps: int = Field(default=8000, ge=1)
    """Steps of the strongest control: the same network and evidence, no states but the first; as many as fit the CPU time
    of ours."""
    row_steps: int = Field(default=750, ge=1)
    """Steps of each other row."""

    def rows(self) -> dict[str, DenoiserRecipe]:
        """Return the recipe of each row, by name."""
        seed = self.ours.model_copy(
            update={"examples": False, "evidence": False, "iteration_signal": True, "steps": self.row_steps}
        )
        short = self.ours.model_copy(update={"steps": self.row_steps})
        one_shot = self.ours.model_copy(update={"policy": Policy.ONE_SHOT, "steps": self.one_shot_steps})
        scheduled = seed.model_copy(update={"policy": Policy.SCHEDULED})
        return {
            OURS: self.ours,
            ONE_SHOT: one_shot,
            "seed: random policy": seed.model_copy(update={"policy": Policy.RANDOM}),
            "scheduled sampling": scheduled,
            "scheduled sampling, test-guided": scheduled.model_copy(update={"loss": Loss.TEST_GUIDED}),
            "evidence, random states": short.model_copy(update={"policy": Policy.RANDOM}),
            "own states, no evidence": short.model_copy(update={"evidence": False}),
            "ours, short": short,
        }


OURS, ONE_SHOT = "ours", "one shot"
"""Names of the two rows that the checks compare."""
