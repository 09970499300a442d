"""The warm process: every way a run can end is an outcome."""

import pytest

from iccm_dagster.applications.catalogue import load_application, source_files
from iccm_dagster.applications.runs import Job, Outcome, run_jobs

LOOP = "while True:\n    pass\n"
SLEEP = "import time\nwhile True:\n    time.sleep(1)\n"
EXIT = "import os\nos._exit(0)\n"
RAISE_EXIT = "raise SystemExit(0)\n"
HUNGRY = "x = bytearray(4 << 30)\n"
BROKEN = "def f(:\n"
FORKS = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\n"


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ("", Outcome.PASSED),
        (LOOP, Outcome.TIMED_OUT),
        (SLEEP, Outcome.TIMED_OUT),
        (EXIT, Outcome.CRASHED),
        (RAISE_EXIT, Outcome.CRASHED),
        (HUNGRY, Outcome.FAILED),
        (BROKEN, Outcome.FAILED),
        (FORKS, Outcome.PASSED),
    ],
)
def test_a_run_ends_as_an_outcome(write_application, more, outcome):
    application = load_application(write_application())
    files = {path: text + more for path, text in source_files(application).items()}
    # The wall clock is 20 times the processor time: 3 s for the program that only sleeps.
    (run,) = run_jobs(
        [Job(files=files, tests=application.tests_dir, processor_s=0.15 if more in (LOOP, SLEEP) else 5)], workers=1
    )
    assert run.outcome is outcome, run.message


def test_cases_are_counted_one_by_one(write_application):
    application = load_application(write_application())
    (run,) = run_jobs([Job(files=source_files(application), tests=application.tests_dir)], workers=1)
    # Four plain tests and one with two cases.
    assert len(run.passed) == 6
    assert "test_tillbox.py::test_a_negative_price_is_refused[-5]" in run.passed


def test_a_run_stops_at_its_first_failure_unless_told_otherwise(write_application):
    application = load_application(write_application())
    files = {"tillbox.py": source_files(application)["tillbox.py"].replace("// 2", "// 3").replace("== 0", "!= 0")}
    stopped, whole = run_jobs(
        [Job(files=files, tests=application.tests_dir, stop_at_failure=stop) for stop in (True, False)], workers=1
    )
    assert [case.split("::")[-1] for case in stopped.failed] == ["test_a_new_till_is_empty"]
    assert len(whole.failed) == 3
    assert whole.message == "AssertionError"


def test_only_and_first_choose_tests(write_application):
    application = load_application(write_application())
    files = {"tillbox.py": source_files(application)["tillbox.py"].replace("// 2", "// 3")}
    half = "test_tillbox.py::test_half_price"
    only, first, other = run_jobs(
        [
            Job(files=files, tests=application.tests_dir, only=(half,)),
            Job(files=files, tests=application.tests_dir, first=frozenset({half})),
            Job(
                files=files, tests=application.tests_dir, only=("test_tillbox.py::TestEmpty::test_a_new_till_is_empty",)
            ),
        ],
        workers=2,
    )
    assert (only.failed, only.passed) == ((half,), ())
    assert (first.failed, first.passed) == ((half,), ())
    assert (other.outcome, len(other.passed)) == (Outcome.PASSED, 1)


def test_results_keep_the_order_of_jobs(write_application):
    application = load_application(write_application())
    files = source_files(application)
    slow = {path: text + "import time\ntime.sleep(0.3)\n" for path, text in files.items()}
    done = []
    runs = run_jobs(
        [Job(files=program, tests=application.tests_dir) for program in (slow, {"tillbox.py": BROKEN})],
        workers=2,
        on_done=lambda index, run: done.append(index),
    )
    assert [run.outcome for run in runs] == [Outcome.PASSED, Outcome.FAILED]
    assert sorted(done) == [0, 1]


def test_nothing_is_written_beside_the_tests(write_application):
    root = write_application()
    application = load_application(root)
    before = sorted(root.rglob("*"))
    run_jobs([Job(files=source_files(application), tests=application.tests_dir)], workers=1)
    assert sorted(root.rglob("*")) == before


def test_unknown_tests_are_no_success(write_application):
    application = load_application(write_application())
    job = Job(files=source_files(application), tests=application.tests_dir, only=("test_tillbox.py::test_nowhere",))
    assert run_jobs([job], workers=1)[0].outcome is Outcome.EMPTY
