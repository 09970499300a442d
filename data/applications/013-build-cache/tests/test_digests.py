import hashlib

import pytest
from buildcache.digests import MissingSource, changed_files, digest_files, digest_text, fingerprints
from buildcache.graph import Graph, Target

FILES = {"a.c": "a", "b.c": "b"}


def prints(command="cc", **files):
    targets = [Target("lib", (), ("b.c",)), Target("app", ("lib",), ("a.c",), command), Target("doc")]
    return fingerprints(Graph(targets), FILES | {name + ".c": text for name, text in files.items()})


@pytest.mark.requirement("R7")
def test_digest_of_a_text_is_its_sha256():
    assert digest_text("täxt\n") == hashlib.sha256("täxt\n".encode()).hexdigest()


@pytest.mark.requirement("R7")
def test_digest_does_not_see_the_kind_of_line_ends():
    assert digest_text("a\r\nb") == digest_text("a\nb")
    assert digest_text("a\nb") != digest_text("a b")


@pytest.mark.requirement("R7")
def test_digest_of_files_ignores_their_order():
    assert digest_files({"a": "1", "b": "2"}) == digest_files({"b": "2", "a": "1"})


@pytest.mark.requirement("R7")
def test_digest_of_files_sees_names_and_contents():
    digests = [digest_files(files) for files in ({"a": "1"}, {"b": "1"}, {"a": "2"}, {"a": "1", "b": ""}, {})]
    assert len(set(digests)) == 5


@pytest.mark.requirement("R8")
def test_changed_files_are_named_with_what_happened():
    before, after = {"a": "1", "b": "2", "c": "3"}, {"d": "4", "c": "3", "b": "x"}
    assert list(changed_files(before, after).items()) == [("a", "removed"), ("b", "modified"), ("d", "added")]


@pytest.mark.requirement("R8")
def test_equal_files_have_not_changed():
    assert changed_files({"a": "1"}, {"a": "1"}) == {}


@pytest.mark.requirement("R9")
def test_fingerprints_stay_while_nothing_changes():
    assert prints() == prints()
    assert sorted(prints()) == ["app", "doc", "lib"]


@pytest.mark.requirement("R9")
def test_sources_change_the_target_and_its_dependents():
    before, after = prints(), prints(b="new")
    assert before["lib"].sources != after["lib"].sources
    assert before["app"].sources == after["app"].sources
    assert before["app"].needs != after["app"].needs
    assert before["doc"] == after["doc"]


@pytest.mark.requirement("R9")
def test_commands_change_the_target_alone():
    before, after = prints(), prints(command="cc -O2")
    assert before["app"].command != after["app"].command
    assert before["app"].sources == after["app"].sources
    assert before["lib"] == after["lib"]


@pytest.mark.requirement("R9")
def test_missing_sources_are_refused():
    with pytest.raises(MissingSource):
        fingerprints(Graph([Target("app", (), ("z.c",))]), FILES)
