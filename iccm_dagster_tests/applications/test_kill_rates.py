"""Kill rates on file: written, read, stale when the application changes; and the card that shows them."""

import pytest

from iccm_dagster.applications.__main__ import main
from iccm_dagster.applications.card import BEGIN, END, read_figures
from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.kill_rates import KILL_RATES_FILE, KillRate, current, read_kill_rates, write_kill_rates
from iccm_dagster.errors import CatalogueError


def row(**changes) -> KillRate:
    return KillRate(
        **{"application": "a", "mutants": 9, "tried": 8, "killed": 6, "equivalent": 1, "state": "0"} | changes
    )


def test_equivalent_mutants_leave_the_rate():
    """6 of the 7 that could be noticed."""
    assert row().rate == pytest.approx(6 / 7)


def test_what_is_written_is_read(tmp_path):
    assert read_kill_rates(tmp_path) == {}
    write_kill_rates(tmp_path, [row(application="b"), row()])
    assert list(read_kill_rates(tmp_path).items()) == [("a", row()), ("b", row(application="b"))]


def test_a_broken_table_says_how_to_mend_it(tmp_path):
    (tmp_path / KILL_RATES_FILE).write_text("application,mutants\na,many\n")
    with pytest.raises(CatalogueError, match="mutants --record"):
        read_kill_rates(tmp_path)


def test_recorded_figures_are_stale_as_soon_as_a_test_changes_and_the_card_shows_none_of_them(write_application):
    root = write_application()
    card = root.parents[1] / "README.md"
    card.write_text(f"# Card\n\n{BEGIN}\nold\n{END}\n\nThe end.\n")
    data = ["--catalogue", str(root.parent)]
    main([*data, "mutants", "--limit", "4", "--record"])
    rates = read_kill_rates(root.parent)
    assert (rates["001-till"].tried, current(rates, [load_application(root)])) == (4, rates)
    main([*data, "stats", "--card"])
    shown = f"{rates['001-till'].rate:.1%} ({rates['001-till'].killed} of 4) |"
    assert shown in read_figures(card)
    assert card.read_text().startswith("# Card\n") and card.read_text().endswith("\n\nThe end.\n")
    tests = root / "tests" / "test_tillbox.py"
    tests.write_text(tests.read_text() + "\n# changed\n")
    main([*data, "stats", "--card"])
    assert shown not in read_figures(card)
    assert "Not measured." in read_figures(card)


def test_a_card_without_a_place_for_the_figures_is_named(tmp_path):
    (tmp_path / "README.md").write_text("# Card\n")
    with pytest.raises(CatalogueError, match="has no place for the figures"):
        read_figures(tmp_path / "README.md")
