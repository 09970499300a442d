"""No two programs behave alike, splits share no behaviour, and programs are as short as they can be."""

import numpy as np
import pandas as pd
import pytest

from iccm_dagster.errors import TrainingError
from iccm_dagster.progress import silent
from iccm_dagster.refinement.corpus import (
    build_corpus,
    leaks,
    programs_in,
    token_frequencies,
    twins_across_splits,
    types_of,
)
from iccm_dagster.refinement.evaluate import Example, Verdict, judge
from iccm_dagster.refinement.generate import behaviours, draw_examples, irreducible
from iccm_dagster.refinement.kernels import S
from iccm_dagster.refinement.language import TOKENS, Type, check, parse
from iccm_dagster.refinement.recipe import ProgramRecipe
from iccm_dagster_tests.refinement.conftest import programs_of

PROBES = draw_examples(np.random.default_rng(5), 1, 40, lengths=(6, 5))[0]


def test_every_program_is_well_typed_and_passes_its_own_examples(corpus):
    for row in corpus.itertuples():
        program = parse(row.program)
        assert (list(program), int(check(program)), len(program)) == (row.tokens.tolist(), row.type, row.size)
        for flat in (row.tests, row.fresh):
            for example in flat.reshape(-1, 2 + 2 * S).tolist():
                value = example[3 + S : 3 + S + example[2 + S]]
                output = tuple(value) if row.type == Type.LIST else value[0]
                one = Example(a=example[0], b=example[1], xs=tuple(example[3 : 3 + example[2]]), output=output)
                assert judge(program, [one], max_steps=1000) is Verdict.PASSED


def test_no_behaviour_occurs_twice_and_no_held_out_program_equals_a_training_one(corpus):
    assert corpus["behaviour"].is_unique
    everything = [programs_in(corpus, split) for split in ("train", "validation", "test")]
    hashes = [behaviours(part.tokens, part.sizes, PROBES, False)[0][:, 0] for part in everything]
    # on inputs that the corpus was not built with, twins are rare: none among a few hundred programs
    assert not set(hashes[0].tolist()) & set(hashes[2].tolist())
    # of 40 each, those that equal a training program on the fresh probes were dropped
    assert all(36 <= len(part) <= 40 for part in everything[1:])


def test_a_held_out_twin_is_found_on_fresh_inputs():
    programs = programs_of("(+ a b)", "(+ b a)", "(- a b)", inputs=[(1, 2, [])])
    split = np.array(["train", "test", "test"], dtype=object)
    assert leaks(programs.tokens, programs.sizes, split, PROBES).tolist() == [False, True, False]


def test_a_twin_that_the_corpus_missed_is_counted_on_new_inputs(corpus):
    """A training program moved to the test split under another hash equals the copy that stays."""
    assert twins_across_splits(corpus, probes=40, seed=3) == 0
    copy = corpus[corpus["split"] == "train"].head(2).assign(split="test", behaviour=["one", "two"])
    assert twins_across_splits(pd.concat([corpus, copy]), probes=40, seed=3) == 2


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("(+ a (* b 2))", True),
        ("(+ a 0)", False),  # is a
        ("(tail (cons a xs))", False),  # is xs, but for lists of six elements
        ("(- (+ a b) b)", False),
        ("(map xs (+ x 0))", False),
        ("(map xs (+ x 1))", True),
        ("(if (< a a) b (* a 3))", False),  # the condition never holds
        ("(fold xs 0 (+ acc x))", True),
    ],
)
def test_a_program_with_a_replaceable_part_is_refused(text, shortest):
    programs = programs_of(text, inputs=[(1, 2, [])])
    probes = PROBES.copy()
    probes[probes[:, 2] == 6, 2] = 5
    nodes, leaves, _ = behaviours(programs.tokens, programs.sizes, probes, True)
    assert irreducible(programs.tokens, programs.sizes, nodes, leaves).tolist() == [shortest]


def test_the_type_of_a_conditional_is_that_of_its_branches():
    texts = ("(if (< a b) (if (< b a) xs (tail xs)) (tail xs))", "(if (< a b) a (length xs))", "(head xs)")
    programs = programs_of(*texts, inputs=[(1, 2, [3])])
    assert types_of(programs.tokens, programs.sizes).tolist() == [Type.LIST, Type.INT, Type.INT]


def test_equal_seeds_make_equal_corpora(corpus):
    again = build_corpus(ProgramRecipe(programs=400, held_out=80), on_progress=silent)
    assert again["program"].tolist() == corpus["program"].tolist()
    assert (np.stack(again["tests"].to_list()) == np.stack(corpus["tests"].to_list())).all()


def test_frequencies_are_shares_of_nodes():
    programs = programs_of("(+ a b)", "(+ a a)", inputs=[(1, 2, [])])
    frequencies = token_frequencies(programs)
    assert frequencies[[TOKENS["+"], TOKENS["a"], TOKENS["b"]]] == pytest.approx([2 / 6, 3 / 6, 1 / 6])


def test_a_corpus_that_cannot_be_filled_says_so():
    """Programs of one node: there are eight at most, and none has enough outputs but a, b and the lists."""
    recipe = ProgramRecipe(programs=50, held_out=4, smallest=1, size_shares=(1.0,))
    with pytest.raises(TrainingError, match=r"no new one in \d+ draws, 50 wanted"):
        build_corpus(recipe, on_progress=silent)


def test_an_empty_split_or_a_corpus_without_tests_is_refused(corpus):
    with pytest.raises(TrainingError, match="no program in split 'holdout'"):
        programs_in(corpus, "holdout")
    bare = corpus.assign(tests=[np.zeros(0, np.int16)] * len(corpus))
    with pytest.raises(TrainingError, match="without examples cannot be judged"):
        programs_in(bare, "train")
