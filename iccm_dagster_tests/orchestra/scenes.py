"""What the tests of the language models share: recipes with short waits, questions, one tiny application."""

import random
from pathlib import Path
from typing import Any

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.interface import Interface, interface_of
from iccm_dagster.orchestra.answers import Question
from iccm_dagster.orchestra.conductor import Call, Conductor
from iccm_dagster.orchestra.recipe import EndpointRecipe, OrchestraRecipe, RetryRecipe
from iccm_dagster.progress import silent
from iccm_dagster_tests.orchestra.server import (
    DISCONNECT,
    HALF,
    HTML,
    WRONG_JSON,
    Asked,
    Reply,
    Script,
    completion,
    silence,
    status,
)
from iccm_dagster_tests.tiny import write_application

RIGHT = """class PlainError(ValueError):
    pass


def plain_sum(numbers: list[int]) -> int:
    return sum(map(_checked, numbers))


def plain_largest(numbers: list[int]) -> int:
    if not numbers:
        raise PlainError("no number")
    return max(map(_checked, numbers))


def plain_double(number: int) -> int:
    return _checked(number) * 2


def _checked(number: int) -> int:
    if number < 0:
        raise PlainError("negative")
    return number
"""


def fenced(code: str, path: str = "plainnumbers.py") -> str:
    """Return an answer in the form that is asked for."""
    return f"### FILE: {path}\n```python\n{code}```\n"


def retry(**changes: Any) -> RetryRecipe:
    """Return a retry recipe whose waits are milliseconds."""
    settings = {"first_wait_s": 0.01, "longest_wait_s": 0.05, "breaker_rest_s": 0.05, "patience_s": 5.0}
    return RetryRecipe(**{**settings, **changes})


def endpoint(url: str, name: str = "model-a", **changes: Any) -> EndpointRecipe:
    """Return an endpoint of a server."""
    settings = {"name": name, "url": url, "model": name, "timeout_s": 30.0, "retry": retry()}
    return EndpointRecipe(**{**settings, **changes})


def conductor(folder: Path, *endpoints: EndpointRecipe, **budget: Any) -> Conductor:
    """Return a conductor with its answers in a folder."""
    return Conductor(OrchestraRecipe(endpoints=endpoints, **budget), cache=folder / "answers", on_progress=silent)


def question(text: str, model: str = "model-a", *, max_tokens: int = 100) -> Question:
    return Question(model=model, system="s", prompt=text, temperature=0.0, max_tokens=max_tokens, seed=0)


def calls(*texts: str, name: str = "model-a") -> list[Call]:
    return [Call(endpoint=name, question=question(text, name)) for text in texts]


def plain_interface(folder: Path) -> Interface:
    """Return the interface of the tiny application: one file, an error and three functions."""
    return interface_of(load_application(write_application(folder / "001-plain", split="train", word="plain")))


def chaos(seed: int, *, seconds: float, silent_s: float, asks_s: float) -> Script:
    """Return a script in which a third of the requests fail, each of seven ways as often; the others take ``seconds``."""
    dice = random.Random(seed)

    def script(asked: Asked) -> Reply:
        if dice.random() >= 1 / 3:
            return completion(asked.prompt, delay_s=seconds)
        wait = status(429, retry_after=str(asks_s))
        return dice.choice([wait, status(500), DISCONNECT, silence(silent_s), HALF, WRONG_JSON, HTML])

    return script
