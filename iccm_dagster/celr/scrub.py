"""Secrets taken out of text before it is kept or learned from: keys with a known shape, and what the environment calls a key.

Not covered: passwords without a shape that are in no variable of the environment, and personal data: an address in code is
more often a test's than a person's, and changing it would make right answers wrong.
"""

import os
import re
from collections.abc import Mapping
from functools import cache

REMOVED = "[removed secret]"
SHORTEST = 8
"""Values of variables below this length are words, not keys."""
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{35}|\bA(?:KIA|SIA)[A-Z0-9]{16}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/-]{20,}=*"
    r"|(?<=://)[\w.%+-]{1,64}:[^\s/@\"'{}\[\]()^]{1,128}(?=@)"
)
# Looking for these is a hundred times faster than the pattern, which only runs where one of them stands.
_MARKS = (
    "PRIVATE KEY",
    "sk-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "hf_",
    "xox",
    "AIza",
    "AKIA",
    "ASIA",
    "eyJ",
    "earer ",
    "://",
)
_NAMED = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)


def scrubbed(text: str) -> str:
    """Return the text with every secret replaced; the same object where there is none."""
    if any(mark in text for mark in _MARKS):
        text = _SHAPES.sub(REMOVED, text)
    for value in _own():
        if value in text:
            text = text.replace(value, REMOVED)
    return text


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of variables that are named like a key, longest first."""
    found = {value for name, value in environment.items() if _NAMED.search(name) and len(value) >= SHORTEST}
    return tuple(sorted(found, key=lambda value: (-len(value), value)))


@cache
def _own() -> tuple[str, ...]:
    return secrets_in(os.environ)
