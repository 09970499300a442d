"""The orchestra on language models, without one: replay of remembered answers, throughput, and a third of all requests
failing, each beside its ideal or its calm run.

python -m iccm_dagster_tests.benchmarks.bench_endpoints [--silence | --latency SECONDS]

``--silence`` runs the chaos in real time: answers of 5 s, silences of 30 s, given up after 15; about eight minutes, nearly all of it
waiting. ``--latency`` runs only the throughput: with slower endpoints the processor of a busy machine is less of a limit.
"""

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.orchestra.answers import Answer, AnswerStore, Finish
from iccm_dagster.orchestra.conductor import Conductor
from iccm_dagster.orchestra.endpoints import Part, endpoint_reconstructors, play
from iccm_dagster.orchestra.prompts import question_for
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster_tests.orchestra.scenes import RIGHT, calls, chaos, conductor, endpoint, fenced, plain_interface, retry
from iccm_dagster_tests.orchestra.server import Script, completion, serving

NAMES = ("model-a", "model-b", "model-c")
REPLAYED = 10_000
CONCURRENCY = 8


def main() -> None:
    """Print every figure beside its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--silence", action="store_true", help="only the chaos in real time, with silences of 30 s")
    parser.add_argument(
        "--latency", type=float, help="only the throughput side by side, with answers that take so long [s]"
    )
    arguments = parser.parse_args()
    if arguments.latency:
        show_throughput(None, latency=arguments.latency, questions=max(40, int(40 / arguments.latency)))
        return
    if arguments.silence:
        show_chaos(Storm(seconds=5.0, timeout_s=15.0, silent_s=30.0, asks_s=5.0, questions=100))
        return
    show_replay()
    for card in (None, "one"):
        show_throughput(card, latency=0.2, questions=200)
    show_chaos(Storm(seconds=0.5, timeout_s=1.5, silent_s=3.0, asks_s=0.5, questions=100))


def show_replay() -> None:
    """Replay remembered answers, alone and up to parsed programs."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = endpoint("http://127.0.0.1:9/v1", max_tokens=3000)
        made = conductor(Path(folder), recipe)
        (model,) = endpoint_reconstructors(made)
        interface = plain_interface(Path(folder))
        contexts = [Context(statements=(f"Add number {index} up.",)) for index in range(REPLAYED)]
        store = AnswerStore(folder=Path(folder) / "answers")
        answer = Answer(
            text=fenced(RIGHT), finish=Finish.STOP, tokens_in=400, tokens_out=150, counted=True, seconds=9.0
        )
        for context in contexts:
            store.put(question_for(recipe, context, interface), answer)
        asked = [model.call(context, interface) for context in contexts]
        wall, cpu = time.perf_counter(), time.process_time()
        assert len(made.ask(asked)) == REPLAYED
        say_rate("answers replayed", wall, cpu, target=1000)
        parts = [Part(reconstructor=model, context=context, interface=interface) for context in contexts]
        wall, cpu = time.perf_counter(), time.process_time()
        assert all(one.implementation for one in play(parts))
        say_rate("  with prompts written and programs parsed", wall, cpu, target=1000)


def say_rate(what: str, wall: float, cpu: float, *, target: float) -> None:
    seconds, spent = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{what}: {REPLAYED:,} in {seconds:.1f} s, {REPLAYED / seconds:,.0f} a second "
        f"(target {target:,}; {REPLAYED / spent:,.0f} per second of processor time)"
    )


def show_throughput(card: str | None, *, latency: float, questions: int) -> None:
    """Ask three endpoints whose answers take ``latency`` [s]."""
    with tempfile.TemporaryDirectory() as folder, serving(lambda asked: completion("x", delay_s=latency)) as server:
        models = [endpoint(server.url, name, card=card, concurrency=CONCURRENCY, timeout_s=60.0) for name in NAMES]
        made = conductor(Path(folder), *models)
        made.ask([call for name in NAMES for call in calls("warm", name=name)])
        wanted = [call for name in NAMES for call in calls(*map(str, range(questions)), name=name)]
        started, cpu = time.perf_counter(), time.process_time()
        made.ask(wanted)
        seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    ideal = questions / CONCURRENCY * latency * (len(NAMES) if card else 1)
    where = "one after another on one card" if card else "side by side"
    print(
        f"3 endpoints of {latency * 1000:.0f} ms, concurrency {CONCURRENCY}, {where}: {len(wanted) / seconds:.0f} a second, "
        f"{ideal / seconds:.0%} of the ideal {len(wanted) / ideal:.0f} (target 90 %; "
        f"{spent / len(wanted) * 1000:.1f} ms of processor time each, server included)"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One run with failures, and its calm twin."""

    seconds: float
    """Time of an answer [s]."""
    timeout_s: float
    """Time after which the client gives up [s]."""
    silent_s: float
    """How long a silent server says nothing [s]."""
    asks_s: float
    """What a busy server asks to wait [s]."""
    questions: int
    """Questions to each of three models."""

    def run(self, script: Script) -> tuple[float, Conductor]:
        """Return the wall time [s] and who asked, after checking that each question has its own answer."""
        policy = retry(first_wait_s=self.seconds / 10, longest_wait_s=self.seconds, patience_s=60.0, attempts=12)
        with tempfile.TemporaryDirectory() as folder, serving(script) as server:
            models = [
                endpoint(server.url, name, card="one", concurrency=CONCURRENCY, timeout_s=self.timeout_s, retry=policy)
                for name in NAMES
            ]
            made = conductor(Path(folder), *models)
            wanted = [call for name in NAMES for call in calls(*map(str, range(self.questions)), name=name)]
            started = time.perf_counter()
            outcomes = made.ask(wanted)
            seconds = time.perf_counter() - started
            assert [outcome.text for outcome in outcomes] == [call.question.prompt for call in wanted]
            assert len(list(Path(folder).rglob("*.json"))) == len(wanted)
        return seconds, made


def show_chaos(storm: Storm) -> None:
    """Compare a run in which a third of the requests fail with one in which none does."""
    calm, _ = storm.run(lambda asked: completion(asked.prompt, delay_s=storm.seconds))
    wild, made = storm.run(chaos(0, seconds=storm.seconds, silent_s=storm.silent_s, asks_s=storm.asks_s))
    accounts = made.ledger.accounts.values()
    faults = sum((account.faults for account in accounts), Counter())
    asked_to_wait = sum(account.asked_to_wait_s for account in accounts)
    print(
        f"a third of the requests fail: {3 * storm.questions} of {3 * storm.questions} questions answered, none twice, "
        f"in {sum(account.requests for account in accounts)} requests ({', '.join(f'{n} x {kind}' for kind, n in faults.items())})"
    )
    print(
        f"  {wild:.1f} s, calm {calm:.1f} s, the server asked to wait {asked_to_wait:.1f} s: "
        f"{(wild - asked_to_wait) / calm:.2f} times the calm run besides that waiting (target 1.5)"
    )


if __name__ == "__main__":
    main()
