from pathlib import Path

import pandas as pd
import pytest

from iccm_dagster.phase2.recipe import WriterRecipe
from iccm_dagster.phase2.styles import CARRIED, NAMED, OWN
from iccm_dagster.phase2.warm_start import warm_pairs


@pytest.fixture
def corpus(tmp_path) -> Path:
    path = tmp_path / "corpus.parquet"
    rows = [
        (f"box.Box{n}.f", f"def f():\n    return {n}", f"Return {n}.", "train" if n < 40 else "test") for n in range(50)
    ]
    pd.DataFrame(rows, columns=["qualified_name", "code", "query", "split"]).to_parquet(path)
    return path


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (1.0, 40, 40), (0.5, 10, 30)])
def test_a_share_of_the_sources_shows_its_docstring_and_is_carried_over(corpus, share, low, high):
    pairs = warm_pairs(corpus, WriterRecipe(warm_pairs=100, docstring_share=share))
    shown = [source.split("\n")[1].startswith("f: Return") for source in pairs["source"]]
    assert len(pairs) == 40
    assert low <= sum(shown) <= high
    assert [style != OWN for style in pairs["style"]] == shown


def test_what_is_carried_over_is_said_in_both_ways_with_the_name_and_without(corpus):
    pairs = warm_pairs(corpus, WriterRecipe(warm_pairs=100, docstring_share=1.0))
    for style, start in ((CARRIED, "Return"), (NAMED, "f: return")):
        said = pairs.loc[pairs["style"] == style, "query"]
        assert len(said) > 5
        assert said.str.startswith(start).all()


def test_a_language_model_says_a_docstring_in_one_way(corpus):
    pairs = warm_pairs(corpus, WriterRecipe(generator="causal_lm", warm_pairs=100, docstring_share=1.0))
    assert set(pairs["style"]) == {CARRIED}


def test_a_source_looks_like_a_section_group(corpus):
    pairs = warm_pairs(corpus, WriterRecipe(warm_pairs=100, docstring_share=0.0))
    assert set(pairs["source"]) == {f"box Box{n}\nf\ndef f():\n    return {n}" for n in range(40)}


def test_the_draw_is_the_same_for_the_same_seed(corpus):
    recipe = WriterRecipe(warm_pairs=10)
    assert warm_pairs(corpus, recipe).equals(warm_pairs(corpus, recipe))


def test_without_a_corpus_there_is_no_warm_start(corpus):
    assert warm_pairs(None, WriterRecipe()).empty
    assert warm_pairs(corpus, WriterRecipe(warm_pairs=0)).empty
