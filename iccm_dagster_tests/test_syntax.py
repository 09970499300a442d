import gc
import threading
import time

import pytest

from iccm_dagster.syntax import parse

DEEP = "\n".join(f"def f{n}(a, b):\n    return [a * ({n} + b), {{'x': (a, b, [a, (b, {n})])}}]" for n in range(300))


@pytest.fixture
def interrupted():
    """Python code runs in the middle of parsing, as a finaliser may, and another thread gets its turn."""
    before = gc.get_threshold()

    def yield_to_others(phase, info):
        time.sleep(0)

    gc.callbacks.append(yield_to_others)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(yield_to_others)


def test_threads_may_parse_at_the_same_time(interrupted):
    """`ast.parse` itself ends in a SystemError here, on CPython 3.11."""
    failures = []

    def work():
        for _ in range(3):
            try:
                parse(DEEP)
            except SystemError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_is_not_python_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        parse("def (")


def test_an_expression_is_parsed_in_its_mode():
    assert parse("1 + 2", mode="eval").body.left.value == 1
