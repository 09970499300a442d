"""All questions of a run, asked in the right order: model by model on each card, several at a time within a model.

Cards work side by side. A question is looked up before it is asked, equal ones are asked once, and each answer is stored
before the next is begun: what is killed and started again asks only what is missing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iccm_dagster.errors import EndpointError
from iccm_dagster.orchestra.answers import Answer, AnswerStore, Finish, Question, Unanswered
from iccm_dagster.orchestra.ledger import Ledger
from iccm_dagster.orchestra.recipe import EndpointRecipe, OrchestraRecipe
from iccm_dagster.progress import OnProgress, Progress

if TYPE_CHECKING:
    from iccm_dagster.orchestra.endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A question to one endpoint."""

    endpoint: str
    """Name of the endpoint."""
    question: Question
    """What it is asked."""


class Conductor:
    """Asks the endpoints of one recipe; its ledger covers all it was asked, its budget too.

    For one thread at a time. ``cache``: the folder of remembered answers.
    """

    def __init__(self, recipe: OrchestraRecipe, *, cache: Path, on_progress: OnProgress) -> None:
        self.recipe = recipe
        self.ledger = Ledger(recipe)
        self._store = AnswerStore(folder=cache)
        self._too_long: dict[str, Answer] = {}
        self._on_progress = on_progress

    def ask(self, calls: Sequence[Call]) -> list[Answer | Unanswered]:
        """Return the answer to each call, in the order given; what could not be answered says why."""
        found: dict[tuple[str, str], Answer | Unanswered] = {}
        open_calls: dict[tuple[str, str], Call] = {}
        for call in calls:
            place = (call.endpoint, call.question.key)
            if place in found or place in open_calls:
                continue
            answer = self._too_long.get(call.question.key) or self._store.get(call.question)
            if answer is None:
                open_calls[place] = call
            else:
                found[place] = answer
                self.ledger.accounts[call.endpoint].remembered += 1
        if open_calls:
            from anyio.from_thread import start_blocking_portal

            # A loop in a thread of its own: the caller's thread may run one already (a notebook does).
            with start_blocking_portal() as portal:
                portal.call(_Round(self, open_calls, found).play)
        return [found[call.endpoint, call.question.key] for call in calls]

    def keep(self, question: Question, answer: Answer) -> None:
        """Remember an answer."""
        # That a prompt is too long depends on how the server was started, which is no part of the question: it holds for
        # this run only.
        if answer.finish is Finish.TOO_LONG:
            self._too_long[question.key] = answer
        else:
            self._store.put(question, answer)

    def report(self, step: int, total: int) -> None:
        """Say how far a round is."""
        metrics = {f"tokens of {name}": account.tokens_out for name, account in self.ledger.accounts.items()}
        self._on_progress(Progress(stage="asking language models", step=step, total_steps=total, metrics=metrics))


class _Round:
    """One set of questions, in one event loop."""

    def __init__(
        self,
        conductor: Conductor,
        calls: dict[tuple[str, str], Call],
        found: dict[tuple[str, str], Answer | Unanswered],
    ) -> None:
        self._conductor, self._calls, self._found = conductor, calls, found
        self._done = 0

    async def play(self) -> None:
        self._conductor.ledger.open()
        cards: dict[str, list[EndpointRecipe]] = {}
        for endpoint in self._conductor.recipe.endpoints:
            cards.setdefault(endpoint.card or f"card of {endpoint.name}", []).append(endpoint)
        async with asyncio.TaskGroup() as group:
            for endpoints in cards.values():
                group.create_task(self._play_card(endpoints))

    async def _play_card(self, endpoints: Sequence[EndpointRecipe]) -> None:
        for recipe in endpoints:
            calls = [call for call in self._calls.values() if call.endpoint == recipe.name]
            if calls:
                await self._play_model(recipe, calls)

    async def _play_model(self, recipe: EndpointRecipe, calls: Sequence[Call]) -> None:
        # The client library takes a second of processor time to import; remembered answers need none of it.
        from iccm_dagster.orchestra.endpoint import connected

        waiting = iter(calls)

        async def work(endpoint: "Endpoint") -> None:
            for call in waiting:
                await self._play_call(endpoint, call)

        try:
            async with (
                connected(recipe, self._conductor.ledger.accounts[recipe.name]) as endpoint,
                asyncio.TaskGroup() as group,
            ):
                for _ in range(min(recipe.concurrency, len(calls))):
                    group.create_task(work(endpoint))
        except EndpointError as error:
            for call in waiting:
                self._settle(call, Unanswered(reason=str(error), retryable=error.retryable))

    async def _play_call(self, endpoint: "Endpoint", call: Call) -> None:
        try:
            async with self._conductor.ledger.room_for(call.question, endpoint.recipe):
                answer = await endpoint.ask(call.question)
                endpoint.account.book(answer, endpoint.recipe)
            # Written in a thread: an fsync may take as long as an answer of a fast model.
            await asyncio.to_thread(self._conductor.keep, call.question, answer)
            self._settle(call, answer)
        except EndpointError as error:
            self._settle(call, Unanswered(reason=str(error), retryable=error.retryable))

    def _settle(self, call: Call, outcome: Answer | Unanswered) -> None:
        self._found[call.endpoint, call.question.key] = outcome
        if isinstance(outcome, Unanswered):
            self._conductor.ledger.accounts[call.endpoint].unanswered += 1
        self._done += 1
        self._conductor.report(self._done, len(self._calls))
