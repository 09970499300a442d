"""Many questions: their order, what is asked at the same time, what is remembered, what a budget stops, and chaos."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest

from iccm_dagster.orchestra.answers import Answer, Unanswered
from iccm_dagster_tests.orchestra.scenes import calls, chaos, conductor, endpoint, retry
from iccm_dagster_tests.orchestra.server import DISCONNECT, completion, serving


def echo(asked):
    return completion(f"{asked.body['model']}: {asked.prompt}", delay_s=0.1)


def test_models_of_one_card_follow_each_other_and_requests_within_one_are_concurrent(tmp_path):
    texts = [str(number) for number in range(12)]
    with serving(echo) as server:
        made = conductor(
            tmp_path, *(endpoint(server.url, name, card="p40", concurrency=4) for name in ("model-b", "model-a"))
        )
        mixed = [call for text in texts for name in ("model-a", "model-b") for call in calls(text, name=name)]
        answers = made.ask(mixed)
        asked = [request.body["model"] for request in server.asked]
        assert asked == ["model-b"] * 12 + ["model-a"] * 12, "in the order of the recipe, one after the other"
        assert 3 <= server.busiest <= 4
    assert [answer.text for answer in answers] == [f"{call.endpoint}: {call.question.prompt}" for call in mixed]


def test_cards_work_side_by_side(tmp_path):
    with serving(lambda asked: completion("x", delay_s=0.5)) as server:
        made = conductor(tmp_path, *(endpoint(server.url, name, concurrency=1) for name in ("model-a", "model-b")))
        made.ask([*calls("1", "2"), *calls("1", "2", name="model-b")])
        assert server.busiest == 2


def test_equal_questions_are_asked_once_and_remembered_by_another_conductor(tmp_path):
    with serving(echo) as server:
        first = conductor(tmp_path, endpoint(server.url))
        answers = first.ask(calls("a", "b", "a", "a"))
        second = conductor(tmp_path, endpoint(server.url, concurrency=1, timeout_s=20.0))
        again = second.ask(calls("b", "a"))
        assert len(server.asked) == 2
    assert [answer.text[-1] for answer in answers] == list("abaa")
    assert again == [answers[1], answers[0]] and second.ledger.accounts["model-a"].remembered == 2


def test_one_silent_endpoint_takes_no_other_down(tmp_path):
    with serving(echo) as well, serving(lambda asked: DISCONNECT) as ill:
        policy = retry(breaker_failures=2, breaker_probes=1, attempts=2)
        made = conductor(tmp_path, endpoint(ill.url, "model-b", card="x", retry=policy), endpoint(well.url, card="x"))
        outcomes = made.ask([*calls("1", "2", "3", name="model-b"), *calls("1", "2", "3")])
    assert [type(outcome) for outcome in outcomes] == [Unanswered] * 3 + [Answer] * 3


@pytest.mark.parametrize(
    ("limit", "answered"),
    # Worst case of a question: 1 + 1 tokens of prompt and 100 of answer; 2 + 50 are booked. The seventh of 460 is asked
    # since 6 x 52 + 102 = 414 fits, the eighth is not since 7 x 52 + 102 = 466 does not.
    [(101, 0), (102, 1), (460, 7), (10_000, 8)],
)
def test_a_budget_of_tokens_is_never_overdrawn(tmp_path, limit, answered):
    with serving(lambda asked: completion("x", usage=(2, 50))) as server:
        made = conductor(tmp_path, endpoint(server.url, concurrency=8), budget_tokens=limit)
        outcomes = made.ask(calls(*"abcdefgh"))
    assert sum(isinstance(outcome, Answer) for outcome in outcomes) == answered
    assert made.ledger.tokens == 52 * answered <= limit
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, Unanswered)]
    assert all("budget of this run is spent" in reason for reason in refused)


def test_a_budget_of_money_counts_new_answers_only(tmp_path):
    with serving(lambda asked: completion("x", usage=(2, 50))) as server:
        price = {"price_in": 10.0, "price_out": 20.0}
        # 2 tokens at 10 and 50 at 20 a thousand: 1.02 an answer; the worst case of a question is 0.02 + 2.
        first = conductor(tmp_path, endpoint(server.url, concurrency=1, **price), budget_cost=3.05)
        outcomes = first.ask(calls(*"abcd"))
        assert [type(outcome) for outcome in outcomes] == [Answer, Answer, Unanswered, Unanswered]
        assert first.ledger.cost == pytest.approx(2 * 1.02)
        again = conductor(tmp_path, endpoint(server.url, concurrency=1, **price), budget_cost=3.05)
        assert all(isinstance(outcome, Answer) for outcome in again.ask(calls(*"abcd"))), "the first two are remembered"


def test_the_caller_may_run_an_event_loop_of_its_own(tmp_path):
    import asyncio

    async def notebook():
        return conductor(tmp_path, endpoint(server.url)).ask(calls("a"))

    with serving(echo) as server:
        assert asyncio.run(notebook())[0].text == "model-a: a"


KILLED = """
    import sys
    from pathlib import Path
    from iccm_dagster_tests.orchestra.scenes import calls, conductor, endpoint
    made = conductor(Path(sys.argv[1]), endpoint(sys.argv[2], concurrency=3))
    print(len(made.ask(calls(*map(str, range(30))))))
"""


def test_a_killed_run_repeats_no_finished_call(tmp_path):
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)]
    with serving(lambda asked: completion(asked.prompt, delay_s=0.05)) as server:
        process = subprocess.Popen([*program, server.url], env=os.environ)
        while len(server.asked) < 12:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.3)  # what it had sent reaches the server
        finished = {path.stem for path in (tmp_path / "answers").rglob("*.json")}
        before = Counter(request.prompt for request in server.asked)
        assert 0 < len(finished) < 30
        made = conductor(tmp_path, endpoint(server.url, concurrency=3))
        answers = made.ask(calls(*map(str, range(30))))
        after = Counter(request.prompt for request in server.asked) - before
    assert [answer.text for answer in answers] == list(map(str, range(30)))
    assert made.ledger.accounts["model-a"].remembered == len(finished)
    assert sum(after.values()) == 30 - len(finished) and max(after.values()) == 1


def test_chaos_loses_nothing_and_doubles_nothing(tmp_path):
    """A third of the requests fail; how long that takes beside a calm run is measured in `bench_endpoints`."""
    names = ("model-a", "model-b", "model-c")
    wanted = [call for name in names for call in calls(*map(str, range(30)), name=name)]
    policy = retry(attempts=12)
    with serving(chaos(1, seconds=0.02, silent_s=30.0, asks_s=0.05)) as server:
        made = conductor(
            tmp_path, *(endpoint(server.url, name, concurrency=6, timeout_s=1.0, retry=policy) for name in names)
        )
        outcomes = made.ask(wanted)
        asked = len(server.asked)
    assert [outcome.text for outcome in outcomes] == [call.question.prompt for call in wanted]
    accounts = made.ledger.accounts.values()
    assert len(list((tmp_path / "answers").rglob("*.json"))) == 90 == sum(account.answered for account in accounts)
    faults = sum((account.faults for account in accounts), Counter())
    assert set(faults) == {"HTTP 429", "HTTP 500", "disconnect", "silence", "wrong JSON", "HTML page"}
    assert asked == 90 + sum(faults.values()), "every request was answered or failed in a named way"
