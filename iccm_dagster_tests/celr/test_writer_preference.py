"""The preference objective over sets of requirements, on a toy whose better set is known: it says the wanted word."""

from dataclasses import replace

import pytest
import torch

from iccm_dagster.celr.recipe import DpoRecipe
from iccm_dagster.celr.writer_preference import prefer_sets
from iccm_dagster_tests.phase2.test_train_reconstruction import ToyJury, everything, task, writer

__all__ = ["task", "writer"]

RECIPE = DpoRecipe(writer_samples=64, writer_steps=40, writer_lr=0.02, beta=0.1)


@pytest.fixture
def tasks(task, writer):
    """One source each, three applications to learn from and three to validate on. The writer ends its sentences: of a text
    that is cut off, the word where it was cut would be preferred too."""
    with torch.no_grad():
        writer.head.out_bias[writer.codec.end_id] += 2
    alone = replace(task, sources=task.sources[:1])
    return [
        replace(alone, application=f"{split}-{number}", split=split)
        for split in ("train", "validation")
        for number in range(3)
    ]


def prefer(writer, tasks, recipe=RECIPE, *, jury=None):
    torch.manual_seed(0)
    said = []
    report = prefer_sets(
        writer,
        tasks,
        jury=jury or ToyJury(wanted=("sort",)),
        select=everything,
        recipe=recipe,
        on_progress=lambda progress: said.append(progress.stage),
    )
    return report, said


def test_the_writer_says_what_passes_and_is_admitted(writer, tasks):
    """Every test passes where "sort" is said: not before training, always after it, on all three validation applications."""
    report, said = prefer(writer, tasks)
    assert report["pairs"] == report["validation_pairs"] == 3
    assert (report["before"], report["after"], report["n"]) == (0.0, 1.0, 3)
    assert report["preference_accuracy"] == 1.0
    assert report["admitted"]
    assert "requirement writer, pass rates after" in said
    again, _ = prefer(writer, tasks)
    assert again["before"] == 1.0


def test_a_writer_that_gained_nothing_ends_as_it_began(writer, tasks):
    weights = {name: value.clone() for name, value in writer.head.state_dict().items()}
    report, _ = prefer(writer, tasks, RECIPE.model_copy(update={"writer_lr": 1e-9}))
    assert not report["admitted"]
    assert all(torch.equal(weights[name], value) for name, value in writer.head.state_dict().items())


def test_sets_that_are_not_told_apart_train_nothing_and_say_so(writer, tasks):
    report, _ = prefer(writer, tasks, jury=ToyJury(wanted=("nothing says this",)))
    assert (report["available"], report["pairs"], report["admitted"]) == (False, 0, False)


def test_what_was_not_judged_is_no_pair(writer, tasks):
    report, _ = prefer(writer, tasks, jury=ToyJury(fail=True))
    assert (report["available"], report["before"]) == (False, None)
