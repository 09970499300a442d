"""Training: same seed, same weights; it learns; and models survive the disk."""

import numpy as np
import pytest
import torch

from iccm_dagster.errors import ArtifactError, TrainingError
from iccm_dagster.progress import silent
from iccm_dagster.refinement.checkpoint import load_rows, train_rows
from iccm_dagster.refinement.model import load_denoiser, save_denoiser
from iccm_dagster.refinement.policies import expert_tokens
from iccm_dagster.refinement.recipe import ONE_SHOT, OURS, Policy, RefinementRecipe
from iccm_dagster.refinement.states import corrupt, frame_of, look
from iccm_dagster.refinement.train import train_denoiser
from iccm_dagster_tests.refinement.conftest import TINY


def test_equal_seeds_give_equal_weights_and_others_do_not(training_programs):
    first, again, other = (
        train_denoiser(training_programs, TINY.model_copy(update={"seed": seed}), name="t", on_progress=silent).model
        for seed in (0, 0, 1)
    )
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("policy", list(Policy))
def test_every_policy_trains_and_says_how_it_goes(training_programs, policy):
    said = []
    recipe = TINY.model_copy(update={"policy": policy})
    training = train_denoiser(training_programs, recipe, name="t", on_progress=said.append)
    assert training.history[-1]["step"] == len(said) == TINY.steps
    assert training.examples == TINY.steps * TINY.batch_size


def test_the_loss_falls_on_programs_it_can_remember(training_programs):
    recipe = TINY.model_copy(update={"steps": 60, "peak_lr": 5e-3})
    few = training_programs.take(np.arange(8))
    history = train_denoiser(few, recipe, name="t", on_progress=silent).history
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]


def test_a_loss_that_is_no_number_stops_the_training(training_programs):
    recipe = TINY.model_copy(update={"peak_lr": 1e30, "warmup": 0})
    with pytest.raises(TrainingError, match="Lower peak_lr"):
        train_denoiser(training_programs, recipe, name="t", on_progress=silent)


def test_a_model_answers_alike_after_a_trip_to_the_disk(training_programs, tmp_path):
    model = train_denoiser(training_programs, TINY, name="t", on_progress=silent).model
    save_denoiser(model, tmp_path)
    programs = training_programs.take(np.arange(5))
    frame = frame_of(programs, corrupt(programs, np.ones(5), np.random.default_rng(0)))
    state = (frame, frame.given, frame.given, np.zeros(5, int), look(frame, frame.given, evidence=True))
    with torch.no_grad():
        assert torch.equal(model(*state), load_denoiser(tmp_path)(*state))


def test_given_evidence_changes_the_answer_and_forbidden_tokens_stay_out(training_programs):
    model = train_denoiser(training_programs, TINY, name="t", on_progress=silent).model
    programs = training_programs.take(np.arange(5))
    frame = frame_of(programs, corrupt(programs, np.ones(5), np.random.default_rng(0)))
    nearly = expert_tokens(frame, frame.given, np.random.default_rng(0))
    answers = []
    with torch.no_grad():
        for state in (frame.given, nearly):
            answers.append(model(frame, nearly, frame.given, np.zeros(5, int), look(frame, state, evidence=True)))
    assert not torch.equal(*answers)
    assert (answers[0][~torch.from_numpy(frame.allowed)] <= -1e4).all()


def test_all_rows_are_trained_stored_and_not_trained_twice(corpus, tmp_path):
    path, out, work = tmp_path / "corpus.parquet", tmp_path / "out", tmp_path / "work"
    corpus.to_parquet(path)
    recipe = RefinementRecipe(ours=TINY, one_shot_steps=2, row_steps=2)
    out.mkdir()
    index = train_rows(path, recipe, out, work=work, on_progress=silent)
    assert list(index) == list(recipe.rows())
    said = []
    assert train_rows(path, recipe, out, work=work, on_progress=said.append) == index
    assert said == []
    models = load_rows(out)
    assert models[ONE_SHOT].recipe.policy is Policy.ONE_SHOT
    assert models[OURS].recipe == TINY
    assert not models["seed: random policy"].recipe.examples


def test_a_folder_without_models_says_what_to_do(tmp_path):
    with pytest.raises(ArtifactError, match="Make refinement_checkpoint again"):
        load_rows(tmp_path)
    with pytest.raises(ArtifactError, match="Train it again"):
        load_denoiser(tmp_path)
