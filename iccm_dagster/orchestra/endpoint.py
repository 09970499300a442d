"""One endpoint at work: a question in, an answer out, after as many attempts as its recipe allows.

The client is the ``openai`` library, whose own retries are off: they are `tenacity`'s here, so that each one is
counted, a wait that the server asks for holds back the whole endpoint, and failures in a row open a circuit breaker.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx2
import openai
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from iccm_dagster.errors import EndpointError
from iccm_dagster.orchestra.answers import Answer, Finish, Question
from iccm_dagster.orchestra.breaker import Gate
from iccm_dagster.orchestra.faults import Fault, PromptTooLong, fault_of, read_completion
from iccm_dagster.orchestra.ledger import Account
from iccm_dagster.orchestra.ollama import remarks_on
from iccm_dagster.orchestra.recipe import EndpointRecipe

LOG = logging.getLogger(__name__)
CONNECT_S = 10.0


class Endpoint:
    """Lives in one event loop, inside `connected`."""

    def __init__(self, recipe: EndpointRecipe, account: Account, client: openai.AsyncOpenAI, plain: httpx2.AsyncClient):
        self.recipe, self.account = recipe, account
        self._client, self._plain = client, plain
        self._gate = Gate(recipe.name, recipe.retry)
        self._inspected = False
        self._backoff = wait_random_exponential(multiplier=recipe.retry.first_wait_s, max=recipe.retry.longest_wait_s)

    async def ask(self, question: Question) -> Answer:
        """Return the answer of the server.

        Raises:
            EndpointError: It has none after all attempts, is down, or refuses the request as such.
        """
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.recipe.retry.attempts),
            wait=self._wait,
            retry=retry_if_exception(lambda error: isinstance(error, Fault) and error.retryable),
            reraise=True,
        )
        try:
            answer = await retrying(self._attempt, question)
        except PromptTooLong as error:
            LOG.info("%s: %s", self.recipe.name, error)
            return _too_long(question)
        except Fault as fault:
            raise EndpointError(f"{self.recipe.name}: {fault}", retryable=fault.retryable) from fault
        if not self._inspected:
            self._inspected = True
            await self._inspect()
        return answer

    async def _attempt(self, question: Question) -> Answer:
        probe = await self._gate.pass_through()
        try:
            answer = await self._request(question)
        except Exception as error:
            fault = fault_of(error)
            self._note(fault, probe=probe)
            raise fault from error
        else:
            self._gate.succeeded()
            return answer
        finally:
            self._gate.release(probe)

    async def _request(self, question: Question) -> Answer:
        self.account.requests += 1
        started = time.monotonic()
        # The limit is on the whole answer: the library's own starts anew with each byte.
        async with asyncio.timeout(self.recipe.timeout_s):
            response = await self._client.post("/chat/completions", body=_body(question), cast_to=httpx2.Response)
        return read_completion(response.content, question, seconds=time.monotonic() - started)

    def _note(self, fault: Fault, *, probe: bool) -> None:
        """Enter a fault in the books, and let the gate draw its conclusions."""
        self.account.faults[fault.kind] += 1
        if not fault.retryable:
            self._gate.give_up(f"it refuses requests: {fault}. Check url, model and key of the endpoint")
            return
        if fault.wait_s is not None and fault.wait_s > self.recipe.retry.patience_s:
            fault.retryable = False
            self._gate.give_up(
                f"it asks to wait {fault.wait_s:.0f} s, more than patience_s={self.recipe.retry.patience_s:g}"
            )
            return
        if fault.wait_s is not None:
            self.account.asked_to_wait_s += self._gate.hold(fault.wait_s)
        if fault.alive:
            self._gate.succeeded()
        else:
            self._gate.failed(str(fault), probe=probe)

    def _wait(self, state: RetryCallState) -> float:
        """Return the back-off [s] with jitter; none where the server said how long: the gate waits for that."""
        fault = state.outcome.exception() if state.outcome else None
        return 0.0 if isinstance(fault, Fault) and fault.wait_s is not None else self._backoff(state)

    async def _inspect(self) -> None:
        recipe = self.recipe
        for remark in await remarks_on(
            recipe.url, recipe.model, context_tokens=recipe.context_tokens, client=self._plain
        ):
            if remark not in self.account.remarks:
                self.account.remarks.append(remark)
                LOG.warning("%s: %s", recipe.name, remark)


@asynccontextmanager
async def connected(recipe: EndpointRecipe, account: Account) -> AsyncIterator[Endpoint]:
    """Open the connections of an endpoint, and close them.

    Raises:
        EndpointError: The environment variable of its key is not set.
    """
    key = "none" if recipe.api_key_env is None else os.environ.get(recipe.api_key_env, "")
    if not key:
        raise EndpointError(
            f"{recipe.name}: {recipe.api_key_env} is not set. Export the key of {recipe.url} under that name.",
            retryable=False,
        )
    # A proxy of the environment knows no server of this machine.
    trust = (urlsplit(recipe.url).hostname or "") not in ("localhost", "127.0.0.1", "::1")
    timeout = httpx2.Timeout(recipe.timeout_s, connect=min(CONNECT_S, recipe.timeout_s))
    # Certificates take 30 ms of processor time to load, at every opening.
    secure = recipe.url.startswith("https")
    async with openai.DefaultAsyncHttpxClient(trust_env=trust, timeout=timeout, verify=secure) as plain:
        client = openai.AsyncOpenAI(
            base_url=recipe.url,
            api_key=key,
            max_retries=0,
            timeout=timeout,
            http_client=plain,
        )
        yield Endpoint(recipe, account, client, plain)


def _body(question: Question) -> dict[str, object]:
    return {
        "model": question.model,
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.prompt},
        ],
        "temperature": question.temperature,
        "max_tokens": question.max_tokens,
        "seed": question.seed,
    }


def _too_long(question: Question) -> Answer:
    return Answer(
        text="", finish=Finish.TOO_LONG, tokens_in=question.estimated_tokens, tokens_out=0, counted=False, seconds=0.0
    )
