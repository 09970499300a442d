"""How tasks are solved, scored, paired and trained on. Defaults are the embedded profile's; plain values only."""

from pydantic import BaseModel, Field, model_validator


class AgentRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """The agent: its budget, its policy, how often it works on each task."""

    samples: int = Field(default=4, ge=1)
    """Runs over each task: pairs need several answers to one prompt."""
    control_samples: int = Field(default=1, ge=0)
    """Runs over each task in each arm of the control: blind, carried over, advised, reworded; 0 for none."""
    control_tasks: int = Field(default=4, ge=1)
    """Tasks of an application that the control works on: the whole, then its modules."""
    control_attempts: int = Field(default=6, ge=2)
    """Money of each arm, in blind attempts at the cheapest rung."""
    wordings: int = Field(default=0, ge=0)
    """Wordings of the requirements that one retry may try; 0 passes advice on beside them as they are."""
    retries_per_rung: int = Field(default=1, ge=0)
    """Retries before the heuristic climbs."""
    epsilon: float = Field(default=0.1, ge=0, le=1)
    """Share of decisions drawn at random among the allowed ones (the control policy learns from them)."""
    cost_limit: float = Field(default=1.5, gt=0)
    """Money per run over a task, in units of the ladder's prices."""
    seconds_limit: float = Field(default=300.0, gt=0)
    """Time charged per run [s]."""
    max_steps: int = Field(default=24, ge=2)
    """Decisions per run."""
    depth: int = Field(default=1, ge=0)
    """How often a task may be split."""
    verify_cost: float = Field(default=0.005, ge=0)
    """Price of one verdict."""
    workers: int = Field(default=2, ge=1)
    """Runs at a time."""
    seed: int = 0
    """Seed of everything drawn."""


class PreferenceRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Scores, the judge, and pairs."""

    success_weight: float = Field(default=0.6, ge=0, le=1)
    """Weight of success in the composite."""
    efficiency_weight: float = Field(default=0.2, ge=0, le=1)
    """Weight of 1/(1+retries)."""
    cost_weight: float = Field(default=0.2, ge=0, le=1)
    """Weight of the share of the money that was left."""
    margin: float = Field(default=0.05, gt=0, le=1)
    """Two answers make a pair when their pass rates differ by this much at least."""
    max_pairs_per_task: int = Field(default=4, ge=1)
    """Most pairs of one task."""
    near_identical: float = Field(default=0.98, gt=0, le=1)
    """Answers more alike than this (share of equal lines) make no pair."""
    judge_noise: float = Field(default=0.6, ge=0)
    """Simulated judge: standard deviation of a rating on the 1-5 scale."""
    judge_first_bonus: float = Field(default=0.4, ge=0)
    """Simulated judge: what the answer shown first gains, on the 1-5 scale."""
    judge_auc: float = Field(default=0.7, gt=0.5, le=1)
    """A judge makes pairs when the lower bound of its AUC against test verdicts reaches this."""
    seed: int = 0
    """Seed of the judge's noise."""

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> "PreferenceRecipe":
        total = self.success_weight + self.efficiency_weight + self.cost_weight
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the weights sum to {total:g}: they must sum to 1")
        return self


class DpoRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Preference training of the small model, and of the requirement writer."""

    base: str = ""
    """Hub id or folder of the causal language model; empty builds a tiny one on the spot."""
    lora_rank: int = Field(default=8, ge=1)
    """Rank of the adapters."""
    max_length: int = Field(default=512, ge=32)
    """Tokens of prompt and answer together; pairs that are equal within it are dropped."""
    max_prompt: int = Field(default=96, ge=8)
    """Tokens of the prompt that are kept, its end."""
    max_pairs: int = Field(default=160, ge=2)
    """Training pairs at most, drawn evenly over tasks."""
    warm_steps: int = Field(default=60, ge=0)
    """Steps of language modelling that the tiny model gets on training sources first; 0 for a given base."""
    steps: int = Field(default=60, ge=1)
    """Optimiser steps of DPO."""
    batch_size: int = Field(default=4, ge=1)
    """Pairs per step."""
    peak_lr: float = Field(default=5e-4, gt=0)
    """Learning rate at the end of warm-up."""
    beta: float = Field(default=0.1, gt=0)
    """DPO: how closely the model stays with its reference."""
    most_forgotten: float = Field(default=0.5, ge=0)
    """Nats per token that better validation answers may lose; a model that loses more is not admitted."""
    writer_steps: int = Field(default=12, ge=0)
    """Steps of the preference objective on the requirement writer; 0 leaves it out."""
    writer_samples: int = Field(default=4, ge=2)
    """Requirement sets sampled and judged per application."""
    writer_applications: int = Field(default=4, ge=1)
    """Training applications that the writer's pairs come from; as many, at most, judge it."""
    writer_lr: float = Field(default=2e-5, gt=0)
    """Learning rate of the requirement writer."""
    threads: int = Field(default=1, ge=1)
    """CPU threads of the training process; two wait for each other where cores are shared."""
    seed: int = 0
    """Seed of initial weights, order and sampling."""
