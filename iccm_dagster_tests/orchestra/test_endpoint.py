"""One endpoint against a scripted server on loopback: every way of failing, what is asked again, and when it stops."""

import email.utils
import itertools
import time
from dataclasses import replace

import pytest

from iccm_dagster.orchestra.answers import Answer, Finish, Unanswered
from iccm_dagster.orchestra.faults import retry_after
from iccm_dagster_tests.orchestra.scenes import calls, conductor, endpoint, retry
from iccm_dagster_tests.orchestra.server import (
    DISCONNECT,
    HALF,
    HTML,
    WRONG_JSON,
    Reply,
    completion,
    serving,
    silence,
    status,
)


def in_turn(*replies: Reply):
    """Return a script that gives these replies in turn, the last one for ever."""
    rest = itertools.chain(replies, itertools.repeat(replies[-1]))
    return lambda asked: next(rest)


def ask(tmp_path, server, *texts, **changes):
    """Ask an endpoint some questions; return the outcomes and its account."""
    made = conductor(tmp_path, endpoint(server.url, **changes))
    return made.ask(calls(*texts)), made.ledger.accounts["model-a"]


GOOD = completion("fine", usage=(7, 3))


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (status(429), "HTTP 429"),
        (status(500), "HTTP 500"),
        (status(503, "loading model"), "HTTP 503"),
        (status(408), "HTTP 408"),
        (DISCONNECT, "disconnect"),
        (HALF, "disconnect"),
        (silence(30.0), "silence"),
        (WRONG_JSON, "wrong JSON"),
        (Reply(body=b'{"error": {"message": "oops"}}'), "wrong JSON"),
        (Reply(body=b'{"choices": []}'), "wrong JSON"),
        (HTML, "HTML page"),
    ],
    ids=["429", "500", "503", "408", "disconnect", "half", "silence", "cut JSON", "error as 200", "no choice", "HTML"],
)
def test_what_passes_is_asked_again(tmp_path, failure, kind):
    with serving(in_turn(failure, GOOD)) as server:
        (answer,), account = ask(tmp_path, server, "q", timeout_s=1.5 if kind == "silence" else 30.0)
    assert answer.text == "fine" and (answer.tokens_in, answer.tokens_out, answer.counted) == (7, 3, True)
    assert (account.requests, account.answered, dict(account.faults)) == (2, 1, {kind: 1})


def test_a_byte_now_and_then_does_not_stretch_the_time_limit(tmp_path):
    with serving(in_turn(replace(GOOD, trickle_s=0.05))) as server:
        started = time.monotonic()
        (outcome,), account = ask(tmp_path, server, "q", timeout_s=0.3, retry=retry(attempts=1))
    assert isinstance(outcome, Unanswered) and account.faults == {"silence": 1}
    assert time.monotonic() - started < 5, "0.3 s are allowed; 200 bytes take 10 s, each of them in time"


@pytest.mark.parametrize(
    "reply",
    [status(401), status(403), status(404, "no such model"), status(400, "unknown parameter: seed")],
    ids=["401", "403", "404", "400"],
)
def test_a_refused_request_is_a_mistake_in_the_configuration_and_stops_the_endpoint(tmp_path, reply):
    with serving(in_turn(reply)) as server:
        outcomes, account = ask(tmp_path, server, *"abcdefgh", concurrency=1)
    assert all(isinstance(outcome, Unanswered) for outcome in outcomes)
    assert account.requests == 1 and account.unanswered == 8, "what is refused once is not asked seven times more"
    assert "Check url, model and key" in outcomes[1].reason


@pytest.mark.parametrize(
    "said",
    [
        "the request exceeds the available context size (exceed_context_size_error)",
        "This model's maximum context length is 4096 tokens",
    ],
)
def test_a_prompt_that_is_too_long_is_an_answer_for_this_run(tmp_path, said):
    with serving(in_turn(status(400, said), GOOD)) as server:
        made = conductor(tmp_path, endpoint(server.url))
        first, again = made.ask(calls("q")), made.ask(calls("q"))
        assert first == again and first[0].finish is Finish.TOO_LONG and len(server.asked) == 1
        (later,) = conductor(tmp_path, endpoint(server.url)).ask(calls("q"))
    assert later.text == "fine", "the server may have been given more context since"


def test_attempts_end(tmp_path):
    with serving(in_turn(status(500, "broken"))) as server:
        (outcome,), account = ask(tmp_path, server, "q", retry=retry(attempts=3))
    assert outcome == Unanswered(reason='model-a: HTTP 500 ({"error": {"message": "broken"}})', retryable=True)
    assert account.requests == 3


def test_the_wait_that_a_server_asks_for_holds_back_the_whole_endpoint(tmp_path):
    with serving(lambda asked: status(429, retry_after="0.5") if asked.number == 0 else GOOD) as server:
        outcomes, account = ask(tmp_path, server, *"abcd", concurrency=1)
        gap = server.asked[1].at - server.asked[0].at
    assert all(outcome.text == "fine" for outcome in outcomes)
    assert 0.5 <= gap < 10 and account.asked_to_wait_s == pytest.approx(0.5, abs=0.05)


def test_a_server_that_asks_to_wait_for_hours_is_not_waited_for(tmp_path):
    with serving(in_turn(status(429, retry_after="7200"))) as server:
        outcomes, account = ask(tmp_path, server, "a", "b", concurrency=1)
    assert account.requests == 1 and "7200 s, more than patience_s=5" in outcomes[1].reason


def test_waits_are_read_as_seconds_milliseconds_and_dates():
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert retry_after({"retry-after": date}) == pytest.approx(100, abs=2)
    assert retry_after({}) is None and retry_after({"retry-after": "soon"}) is None


def test_failures_in_a_row_open_the_circuit_and_a_probe_closes_it(tmp_path):
    """Four failures open it; the endpoint rests, one probe is sent alone, and the rest goes on."""
    policy = retry(breaker_failures=4, breaker_rest_s=0.6, attempts=8)
    # The first four are under way together before any of them fails.
    ill = replace(status(500), delay_s=0.5)
    with serving(lambda asked: ill if asked.number < 4 else GOOD) as server:
        outcomes, account = ask(tmp_path, server, *"abcdefgh", concurrency=4, retry=policy)
        pause = server.asked[4].at - server.asked[3].at - ill.delay_s
    assert [outcome.text for outcome in outcomes] == ["fine"] * 8
    assert account.requests == 12, "8 answers, 4 failures"
    assert pause >= 0.59


def test_a_dead_server_is_given_up_after_its_probes(tmp_path):
    policy = retry(breaker_failures=3, breaker_rest_s=0.02, breaker_probes=2, attempts=50)
    with serving(in_turn(DISCONNECT)) as server:
        outcomes, account = ask(tmp_path, server, *map(str, range(40)), concurrency=4, retry=policy)
    assert all("model-a is down" in outcome.reason and outcome.retryable for outcome in outcomes)
    # 3 failures open the circuit; up to 3 more requests were under way; 2 probes.
    assert account.requests <= 3 + 3 + 2


def test_nothing_listens(tmp_path):
    made = conductor(tmp_path, endpoint("http://127.0.0.1:9/v1", retry=retry(attempts=2)))
    (outcome,) = made.ask(calls("q"))
    assert isinstance(outcome, Unanswered) and "disconnect" in outcome.reason and outcome.retryable


def test_the_key_comes_from_the_environment_and_its_absence_is_said(tmp_path, monkeypatch):
    with serving(in_turn(GOOD)) as server:
        (outcome,), _ = ask(tmp_path, server, "q", api_key_env="ICCM_TEST_KEY")
        assert "ICCM_TEST_KEY is not set" in outcome.reason and not server.asked
        monkeypatch.setenv("ICCM_TEST_KEY", "secret")
        (outcome,), _ = ask(tmp_path, server, "q", api_key_env="ICCM_TEST_KEY")
        assert server.asked[0].headers["authorization"] == "Bearer secret"
    stored = "".join(path.read_text() for path in (tmp_path / "answers").rglob("*.json"))
    assert outcome.text == "fine" and "secret" not in stored


def test_a_server_that_does_not_count_is_estimated(tmp_path):
    with serving(in_turn(completion("x" * 30, usage=None))) as server:
        (answer,), _ = ask(tmp_path, server, "q" * 90)
    # Three characters a token: 30 of the prompt, 1 of the system message "s"; 10 of the answer.
    assert isinstance(answer, Answer) and (answer.tokens_in, answer.tokens_out, answer.counted) == (31, 10, False)


def page(share: float, context: int) -> dict:
    return {
        "models": [{"name": "model-a:latest", "size": 1000, "size_vram": int(1000 * share), "context_length": context}]
    }


@pytest.mark.parametrize(
    ("ollama", "said"),
    [
        (page(0.0, 8192), "OLLAMA RUNS model-a:latest on the CPU"),
        (page(0.6, 8192), "with 40% of it on the CPU"),
        (page(1.0, 4096), "cuts longer prompts silently"),
        (page(1.0, 8192), None),
        ({"models": []}, None),
        ({"other": "page"}, None),
        (None, None),
    ],
    ids=["cpu", "part", "short context", "well", "not loaded", "not Ollama", "no page"],
)
def test_an_ollama_that_answers_from_the_cpu_is_said(tmp_path, ollama, said):
    with serving(in_turn(GOOD), ollama=ollama) as server:
        outcomes, account = ask(tmp_path, server, "a", "b", "c")
    assert len(outcomes) == 3 and len(account.remarks) == (said is not None)
    assert said is None or (said in account.remarks[0] and said in account.line())
