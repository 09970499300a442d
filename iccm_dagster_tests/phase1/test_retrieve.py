"""One question to the retriever, and its index."""

import pandas as pd
import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.sections import extract_sections, sections_of
from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.phase1.__main__ import main
from iccm_dagster.phase1.model import merge_adapters, save_retriever, untrained_retriever
from iccm_dagster.phase1.retrieve import build_index, retrieve, stale_sections
from iccm_dagster_tests.phase1.tiny_models import TOPICS, code_of, tiny_recipe

SOURCE = "\n\n".join(code_of(topic) for topic in TOPICS) + "\n"


@pytest.fixture(scope="module")
def model(qwen2):
    return untrained_retriever(tiny_recipe(qwen2))


@pytest.fixture
def application(catalogue):
    return load_application(sorted(path for path in catalogue.iterdir() if path.is_dir())[0])


def test_hits_say_where_the_code_is_best_first(model, application):
    hits = retrieve("Something that is written here.", application, 2, retriever=model)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score
    section = next(section for section in sections_of(application) if section.name == hits[0].name)
    assert (hits[0].file, hits[0].line_start, hits[0].line_end) == (section.file, section.line_start, section.line_end)
    assert hits[0].name in str(hits[0])


def test_more_than_there_is_returns_all_that_there_is(model, application):
    assert len(retrieve("Anything.", application, 1000, retriever=model)) == len(sections_of(application))


def test_a_question_of_two_thousand_words_is_cut_and_not_refused(model, application):
    assert len(retrieve("price " * 2000, application, 2, retriever=model)) == 2


def test_an_empty_question_is_refused(model, application):
    with pytest.raises(ValueError, match="ask with a sentence"):
        retrieve("  ", application, 3, retriever=model)
    with pytest.raises(ValueError, match="k=0"):
        retrieve("Anything.", application, 0, retriever=model)


def test_only_changed_sections_are_encoded_again(model):
    before = extract_sections({"items.py": SOURCE})
    index = build_index(before, retriever=model, version="1", previous=None, bf16=False)
    after = extract_sections({"items.py": SOURCE.replace("result = merge(items)", "result = merge(items, items)")})
    assert stale_sections(before, version="1", previous=index) == []
    assert stale_sections(after, version="1", previous=index) == ["items.merge_items"]
    refreshed = build_index(after, retriever=model, version="1", previous=index, bf16=False)
    for name, old, new in zip(index["name"], index["vector"], refreshed["vector"], strict=True):
        assert (old is new) == (name != "items.merge_items")


def test_another_retriever_makes_every_vector_stale(model):
    sections = extract_sections({"items.py": SOURCE})
    index = build_index(sections, retriever=model, version="1", previous=None, bf16=False)
    assert len(stale_sections(sections, version="2", previous=index)) == len(TOPICS)


def test_moved_code_keeps_its_vector_and_gets_its_new_lines(model):
    index = build_index(extract_sections({"items.py": SOURCE}), retriever=model, version="1", previous=None, bf16=False)
    moved = build_index(
        extract_sections({"items.py": f"X = 1\n\n{SOURCE}"}), retriever=model, version="1", previous=index, bf16=False
    )
    assert moved["line_start"].tolist() == [line + 2 for line in index["line_start"]]
    assert moved["vector"].iloc[0] is index["vector"].iloc[0]


def test_the_command_prints_sections_with_their_lines(model, catalogue, tmp_path, capsys):
    merge_adapters(model)
    save_retriever(model, tmp_path / "retriever")
    application = sorted(path.name for path in catalogue.iterdir() if path.is_dir())[0]
    options = [
        "--application",
        application,
        "--catalogue",
        str(catalogue),
        "--retriever",
        str(tmp_path / "retriever"),
        "-k",
        "2",
    ]
    assert main(["retrieve", "Something that is written here.", *options]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1. ")
    assert "src/" in printed


def test_the_command_mixes_as_the_stored_evaluation_chose(model, catalogue, tmp_path, capsys):
    """The stored weight is 0: BM25 alone decides, and the first section has its best score, 1."""
    store = ArtifactStore(str(tmp_path / "artifacts"))
    with store.writing("phase1_checkpoint", None, fingerprint="by hand", parents={}) as draft:
        save_retriever(model, draft.folder)
    rows = pd.DataFrame([{"system": "trained+bm25", "weight": 0.0}])
    store.write_table("phase1_evaluation", None, rows, fingerprint="by hand", parents={})
    application = sorted(path.name for path in catalogue.iterdir() if path.is_dir())[0]
    options = ["--application", application, "--catalogue", str(catalogue), "--storage", str(tmp_path / "artifacts")]
    assert main(["retrieve", "The largest number of a list.", *options]) == 0
    assert capsys.readouterr().out.startswith("1. 1.000  ")
    assert main(["retrieve", "The largest number of a list.", *options, "--weight", "1"]) == 0
    assert not capsys.readouterr().out.startswith("1. 1.000  ")


def test_the_command_names_what_is_missing(tmp_path, capsys):
    assert main(["retrieve", "Anything.", "--application", "none", "--catalogue", str(tmp_path)]) == 1
    assert "none" in capsys.readouterr().err
