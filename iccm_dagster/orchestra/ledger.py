"""The books of one run: requests, tokens, money, waiting and failures of each endpoint, and what may still be spent.

A question is asked only when its worst case (the whole prompt, the longest answer) fits into what is left, so that a
budget is kept however many requests are under way. Not covered: what a provider bills for requests that failed, and a
server that counts more tokens in a prompt than the estimate, which is a high one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from iccm_dagster.errors import EndpointError
from iccm_dagster.orchestra.answers import Answer, Question
from iccm_dagster.orchestra.recipe import EndpointRecipe, OrchestraRecipe


@dataclass(slots=True, kw_only=True)
class Account:
    """What one endpoint did in this run."""

    requests: int = 0
    """HTTP requests sent."""
    answered: int = 0
    """Questions answered by the server."""
    remembered: int = 0
    """Questions answered from the store."""
    unanswered: int = 0
    """Questions without an answer."""
    tokens_in: int = 0
    """Tokens of prompts of new answers."""
    tokens_out: int = 0
    """Tokens of new answers."""
    cost: float = 0.0
    """Price of new answers."""
    seconds: float = 0.0
    """Time of the requests that were answered, added up [s]."""
    asked_to_wait_s: float = 0.0
    """Waiting that the server asked for [s]; requests that wait together count once."""
    faults: Counter[str] = field(default_factory=Counter)
    """Kind of failure -> number of requests that ended so."""
    remarks: list[str] = field(default_factory=list)
    """What a person should know about the server."""

    def book(self, answer: Answer, recipe: EndpointRecipe) -> None:
        """Enter a new answer."""
        self.answered += 1
        self.tokens_in += answer.tokens_in
        self.tokens_out += answer.tokens_out
        self.cost += recipe.cost(answer.tokens_in, answer.tokens_out)
        self.seconds += answer.seconds

    def line(self) -> str:
        """Return the account in one line."""
        parts = [
            f"{self.answered} answered in {self.requests} requests",
            f"{self.remembered} remembered",
            f"{self.unanswered} unanswered",
            f"{self.tokens_in:,} + {self.tokens_out:,} tokens",
        ]
        parts += [f"cost {self.cost:.4g}"] if self.cost else []
        parts += [f"asked to wait {self.asked_to_wait_s:.0f} s"] if self.asked_to_wait_s else []
        parts += [f"{count} x {kind}" for kind, count in self.faults.most_common()]
        return ", ".join([*parts, *self.remarks])


class Ledger:
    """The accounts of all endpoints, and the budget of the run."""

    def __init__(self, recipe: OrchestraRecipe) -> None:
        self.accounts = {endpoint.name: Account() for endpoint in recipe.endpoints}
        self._recipe = recipe
        self._reserved_cost, self._reserved_tokens, self._under_way = 0.0, 0, 0
        self._change: asyncio.Condition | None = None

    @property
    def cost(self) -> float:
        """Money spent."""
        return sum(account.cost for account in self.accounts.values())

    @property
    def tokens(self) -> int:
        """Tokens spent."""
        return sum(account.tokens_in + account.tokens_out for account in self.accounts.values())

    def open(self) -> None:
        """Begin a round of questions in the event loop that runs now."""
        self._change = asyncio.Condition()

    @asynccontextmanager
    async def room_for(self, question: Question, endpoint: EndpointRecipe) -> AsyncIterator[None]:
        """Hold back the worst case of a question while it is asked; wait for others where that may make room.

        Raises:
            EndpointError: It does not fit into the budget, now that nothing else is under way.
        """
        assert self._change is not None, "open() was not called"
        tokens = question.estimated_tokens + question.max_tokens
        cost = endpoint.cost(question.estimated_tokens, question.max_tokens)
        async with self._change:
            await self._change.wait_for(lambda: self._fits(cost, tokens) or not self._under_way)
            if not self._fits(cost, tokens):
                raise EndpointError(self._spent(cost, tokens), retryable=False)
            self._reserved_cost, self._reserved_tokens = self._reserved_cost + cost, self._reserved_tokens + tokens
            self._under_way += 1
        try:
            yield
        finally:
            async with self._change:
                self._reserved_cost, self._reserved_tokens = self._reserved_cost - cost, self._reserved_tokens - tokens
                self._under_way -= 1
                self._change.notify_all()

    def _fits(self, cost: float, tokens: int) -> bool:
        most_cost, most_tokens = self._recipe.budget_cost, self._recipe.budget_tokens
        # The sum of what was held back comes back to 0 only up to rounding.
        cost_fits = most_cost is None or self.cost + self._reserved_cost + cost <= most_cost * (1 + 1e-9)
        return cost_fits and (most_tokens is None or self.tokens + self._reserved_tokens + tokens <= most_tokens)

    def _spent(self, cost: float, tokens: int) -> str:
        return (
            f"not asked: the budget of this run is spent (cost {self.cost:.4g} of {self._recipe.budget_cost or 'any'}, "
            f"tokens {self.tokens} of {self._recipe.budget_tokens or 'any'}; this question may take {cost:.4g} and {tokens}). "
            "Raise the budget or run again: answers are kept"
        )
