from iccm_dagster.applications.sections import extract_sections
from iccm_dagster.phase2.groups import beginnings, presented, section_groups

SOURCE = '''
class Box:
    """A box."""

    def put_back(self, thing):
        """Put a thing back. It must have been taken."""
        return _checked(thing)


def _checked(thing):
    return thing


def bare(thing):
    return thing
'''


def test_a_group_is_a_public_section_with_its_helpers_and_says_first_what_it_is_about():
    put_back, bare = section_groups(extract_sections({"store.py": SOURCE}, application="a"), at_import=())
    assert put_back.sections == ("store.Box.put_back", "store._checked")
    assert put_back.source.startswith("store Box\nput back: Put a thing back.\n")
    assert put_back.source.index("def put_back") < put_back.source.index("def _checked")
    assert bare.source.startswith("store\nbare\ndef bare(thing):")


def test_what_runs_at_import_needs_no_requirement():
    sections = extract_sections({"store.py": SOURCE}, application="a")
    assert [group.name for group in section_groups(sections, at_import={"store.bare"})] == ["store.Box.put_back"]


def test_a_module_of_a_package_is_said_in_words():
    assert presented("big_pack.part.read_all", "", "...") == "big pack part\nread all\n..."


def test_where_name_and_docstring_begin_is_found_again_in_what_is_presented():
    source = presented("big_pack.part.read_all", "Read: all of it.", "def read_all(): ...")
    found = {style: source[at:].partition("\n")[0] for style, at in beginnings(source).items()}
    assert found == {"named": "read all: Read: all of it.", "carried": "Read: all of it."}
    assert beginnings(presented("m.f", "", "def f(x: int): ...")) == {"named": 2}
    assert beginnings("no line") == {}
