"""What a catalogue costs on one card: tokens of its prompts and sources, and hours at given speeds. An estimate.

An answer is taken to be as long as the application's own source without comments and docstrings. Tokens are counted by
characters, at the rates measured with the tokenizer of Mistral-7B over the bundled applications. Requests are taken one at
a time; failures, waiting and loading are not counted.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.applications.catalogue import Application, load_catalogue, source_files
from iccm_dagster.applications.interface import interface_of
from iccm_dagster.orchestra.prompts import SYSTEM, prompt_text
from iccm_dagster.orchestra.recipe import OrchestraRecipe
from iccm_dagster.syntax import parse

PROMPT_CHARACTERS, CODE_CHARACTERS = 3.54, 3.24
"""Characters per token of prompts and of sources: means over the 50 bundled applications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a model is on a card."""

    prompt: float
    """Tokens of prompt read a second."""
    answer: float
    """Tokens of answer written a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one model is asked."""

    questions: int
    """Questions."""
    tokens_in: float
    """Tokens of prompt of all."""
    tokens_out: float
    """Tokens of answer of all."""

    def hours(self, speed: Speed) -> float:
        """Return the time of all questions [h]."""
        return (self.tokens_in / speed.prompt + self.tokens_out / speed.answer) / 3600


def load_of(catalogue: Path, recipe: OrchestraRecipe) -> Load:
    """Return what each model of an orchestra is asked about the applications of a catalogue."""
    played = [app for app in load_catalogue(catalogue).applications if app.split.value in recipe.splits]
    texts = len(recipe.texts)
    return Load(
        questions=texts * len(played),
        tokens_in=texts * sum(map(_prompt_tokens, played)),
        tokens_out=texts * sum(map(_answer_tokens, played)),
    )


def _prompt_tokens(application: Application) -> float:
    statements = [requirement.text for requirement in application.requirements]
    return len(SYSTEM + prompt_text(statements, interface_of(application))) / PROMPT_CHARACTERS


def _answer_tokens(application: Application) -> float:
    sources = [text for path, text in source_files(application).items() if path.endswith(".py")]
    return sum(map(len, map(bare, sources))) / CODE_CHARACTERS


def bare(source: str) -> str:
    """Return a module without comments and docstrings."""
    tree = parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = _without_docstring(node.body)
    return ast.unparse(tree) + "\n"


def _without_docstring(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    first, *rest = body or [ast.Pass()]
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return (rest or [ast.Pass()]) if is_text else list(body)
