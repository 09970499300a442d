"""Traceability, run on a small application that is right, and on others that are wrong in one way."""

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.executed import execute_all, execute_traceability
from iccm_dagster.progress import Progress
from iccm_dagster_tests.applications.conftest import TESTS


def problems(root) -> list[str]:
    return [problem.reason for problem in execute_traceability(load_application(root), workers=1, alone=False).problems]


def edited(write_application, file: str, before: str, after: str):
    root = write_application()
    path = root / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    return root


def test_a_sound_application_has_no_problems(write_application):
    found = execute_traceability(load_application(write_application()), workers=1, alone=True)
    assert found.problems == ()
    assert (found.cases, found.vacuous) == (6, ())
    # Every requirement of this program can be met on its own.
    assert found.alone == {"R1": 1.0, "R2": 1.0, "R3": 1.0}


def test_tests_that_fail_on_the_original(write_application):
    root = edited(write_application, "tests/test_tillbox.py", "== 4", "== 5")
    assert problems(root) == ["test_tillbox.py::test_half_price failed on the original: AssertionError"]


def test_tests_that_do_not_need_the_sections_of_their_requirement(write_application):
    root = edited(
        write_application, "traceability.toml", '"tillbox.Till.empty"', '"tillbox.discounted", "tillbox.Till"'
    )
    # Nothing restores `Till.empty` any more, so its tests fail with everything traced restored, and R2 is not needed.
    assert problems(root) == [
        "test_tillbox.py::TestEmpty::test_a_new_till_is_empty fails with every traced section restored: NotImplementedError",
        "test_tillbox.py::TestEmpty::test_a_till_with_money_is_not fails with every traced section restored: NotImplementedError",
        "R2: every test of it passes while its sections are stubbed",
    ]


def test_tests_that_check_nothing(write_application):
    root = edited(
        write_application, "tests/test_tillbox.py", 'assert tillbox.discounted(9, "half") == 4', "assert tillbox.RATES"
    )
    found = problems(root)
    # One of six cases.
    assert found == [
        "17% of the test cases pass without any body, such as test_tillbox.py::test_half_price",
        "R3: every test of it passes while its sections are stubbed",
    ]


def test_skipped_tests(write_application):
    root = edited(
        write_application, "tests/test_tillbox.py", "assert not tillbox", "pytest.skip()\n        assert not tillbox"
    )
    assert problems(root)[0] == "test_tillbox.py::TestEmpty::test_a_till_with_money_is_not is skipped"


def test_traced_lines_are_taken_out_alone(write_application):
    """Lines 39 and 40 only refuse negative totals, which no test of R3 checks."""
    root = edited(write_application, "traceability.toml", '"tillbox.discounted"', '"tillbox.discounted:39-40"')
    assert "R3: every test of it passes while its sections are stubbed" not in problems(root)
    assert any("fails with every traced section restored" in reason for reason in problems(root))


def test_many_applications_are_executed_at_once_and_a_broken_one_stops_no_other(write_application):
    broken = write_application("002-till", {"traceability.toml": '[R1]\nsections = ["tillbox.Till.add"]\n'})
    weak = write_application("003-till", {"tests/test_tillbox.py": TESTS.replace("== 4", "== 5")})
    seen = list[Progress]()
    applications = [load_application(root) for root in (write_application(), broken, weak)]
    found = execute_all(applications, workers=2, on_progress=seen.append)
    assert found["001-till"] == ()
    assert [problem.reason for problem in found["002-till"]] == ["R2 has no sections"]
    assert ["failed on the original" in problem.reason for problem in found["003-till"]] == [True]
    # The original, the interface, everything, and one without each of three requirements; twice.
    assert [(progress.step, progress.total_steps) for progress in seen] == [(n, 12) for n in range(1, 13)]
