"""One row per pair, answer or gold text, as each consumer wants it today, and the rules that its rows keep.

The rules are those of the consumers' own loaders (TRL 1.16, Axolotl 0.18, LLaMA-Factory 0.9.4, SPIN's repository), written
down where those cannot be installed beside this project. A row that breaks a rule is refused, never written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from iccm_dagster.celr.pairs import PreferencePair, Unpaired
from iccm_dagster.errors import ArtifactError

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file format of one consumer."""

    folder: str
    """Where its files lie."""
    columns: Mapping[str, str]
    """Column -> "text", "number", "flag", "message", "messages", "turn" or "turns"."""
    problem: Callable[[Row], str | None]
    """Return what is wrong with a row, in the consumer's terms; None for a good one."""


def user(text: str) -> Row:
    """Return a turn of the person, as OpenAI writes it."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Row:
    """Return a turn of the model."""
    return {"role": "assistant", "content": text}


def _audit(pair: PreferencePair) -> Row:
    return {
        "chosen_score": pair.chosen_score,
        "rejected_score": pair.rejected_score,
        "task": pair.task,
        "model": pair.rejected_model,
        "source": pair.source,
        "simulated": pair.simulated,
    }


_AUDIT = {
    "chosen_score": "number",
    "rejected_score": "number",
    "task": "text",
    "model": "text",
    "source": "text",
    "simulated": "flag",
}


def pair_rows(pair: PreferencePair) -> dict[str, Row]:
    """Return the rows of a pair of answers: format -> row."""
    human = {"from": "human", "value": pair.prompt}
    return {
        "trl": {"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected, **_audit(pair)},
        "trl_conversational": {
            "prompt": [user(pair.prompt)],
            "chosen": [assistant(pair.chosen)],
            "rejected": [assistant(pair.rejected)],
            **_audit(pair),
        },
        "axolotl_dpo": {
            "messages": [user(pair.prompt)],
            "chosen": assistant(pair.chosen),
            "rejected": assistant(pair.rejected),
        },
        "llamafactory_dpo": {
            "conversations": [human],
            "chosen": {"from": "gpt", "value": pair.chosen},
            "rejected": {"from": "gpt", "value": pair.rejected},
        },
    }


def spin_rows(pair: PreferencePair) -> dict[str, Row]:
    """Return the row of gold against the model's own."""
    return {
        "spin": {
            "real": [user(pair.prompt), assistant(pair.chosen)],
            "generated": [user(pair.prompt), assistant(pair.rejected)],
        }
    }


def kto_rows(answer: Unpaired) -> dict[str, Row]:
    """Return the row of an answer without a partner."""
    return {
        "kto": {"prompt": answer.prompt, "completion": answer.completion, "label": answer.label, "task": answer.task}
    }


def sft_rows(answer: Unpaired) -> dict[str, Row]:
    """Return the rows of an answer that passes everything: for imitation."""
    turns = [{"from": "human", "value": answer.prompt}, {"from": "gpt", "value": answer.completion}]
    return {
        "axolotl_sft": {"messages": [user(answer.prompt), assistant(answer.completion)]},
        "sharegpt": {"conversations": turns},
    }


def _texts(row: Row, *names: str) -> str | None:
    return next((f"{name} is empty" for name in names if not isinstance(row[name], str) or not row[name].strip()), None)


def _told_apart(prompt: str, chosen: str, rejected: str) -> str | None:
    """TRL trains on both traps without a word: a repeated prompt is trained twice, equal sides for ever at log 2."""
    if chosen == rejected:
        return "chosen equals rejected"
    return (
        "the prompt is repeated inside an answer"
        if prompt in (chosen[: len(prompt)], rejected[: len(prompt)])
        else None
    )


def _roles(turns: list[Row], *roles: str, role: str = "role", text: str = "content") -> str | None:
    if [turn[role] for turn in turns] != list(roles):
        return f"the turns are {[turn[role] for turn in turns]}, wanted {list(roles)}"
    return next((f"the turn of {turn[role]} is empty" for turn in turns if not turn[text].strip()), None)


def _trl(row: Row) -> str | None:
    return _texts(row, "prompt", "chosen", "rejected") or _told_apart(row["prompt"], row["chosen"], row["rejected"])


def _trl_conversational(row: Row) -> str | None:
    turns = _roles(row["prompt"] + row["chosen"], "user", "assistant") or _roles(row["rejected"], "assistant")
    texts = [row[side][0]["content"] for side in ("prompt", "chosen", "rejected")]
    return turns or _told_apart(*texts)


def _axolotl_dpo(row: Row) -> str | None:
    return _roles([*row["messages"], row["chosen"]], "user", "assistant") or _roles([row["rejected"]], "assistant")


def _llamafactory_dpo(row: Row) -> str | None:
    names = {"role": "from", "text": "value"}
    return _roles([*row["conversations"], row["chosen"]], "human", "gpt", **names) or _roles(
        [row["rejected"]], "gpt", **names
    )


def _spin(row: Row) -> str | None:
    wrong = _roles(row["real"], "user", "assistant") or _roles(row["generated"], "user", "assistant")
    return wrong or ("real equals generated" if row["real"] == row["generated"] else None)


FORMATS: dict[str, Format] = {
    "trl": Format(
        folder="trl", columns={"prompt": "text", "chosen": "text", "rejected": "text", **_AUDIT}, problem=_trl
    ),
    "trl_conversational": Format(
        folder="trl_conversational",
        columns={"prompt": "messages", "chosen": "messages", "rejected": "messages", **_AUDIT},
        problem=_trl_conversational,
    ),
    "kto": Format(
        folder="kto",
        columns={"prompt": "text", "completion": "text", "label": "flag", "task": "text"},
        problem=lambda row: _texts(row, "prompt", "completion"),
    ),
    "axolotl_sft": Format(
        folder="axolotl_sft",
        columns={"messages": "messages"},
        problem=lambda row: _roles(row["messages"], "user", "assistant"),
    ),
    "axolotl_dpo": Format(
        folder="axolotl_dpo",
        columns={"messages": "messages", "chosen": "message", "rejected": "message"},
        problem=_axolotl_dpo,
    ),
    "sharegpt": Format(
        folder="sharegpt",
        columns={"conversations": "turns"},
        problem=lambda row: _roles(row["conversations"], "human", "gpt", role="from", text="value"),
    ),
    "llamafactory_dpo": Format(
        folder="llamafactory",
        columns={"conversations": "turns", "chosen": "turn", "rejected": "turn"},
        problem=_llamafactory_dpo,
    ),
    "spin": Format(folder="spin", columns={"real": "messages", "generated": "messages"}, problem=_spin),
}


def check_row(name: str, row: Row) -> None:
    """Return if the consumer takes the row; raise ArtifactError with its rule where it does not."""
    wrong = FORMATS[name].problem(row)
    if wrong is not None:
        raise ArtifactError(
            f"{name}: {wrong}. This is a fault in the generator of pairs: such a pair must not be made."
        )
