"""Rules that gold requirements keep: numbers, lengths, plain English, three paraphrases.

Not covered: whether a sentence is true, testable or well put, and whether a paraphrase means the same; the executed
traceability and people judge that.
"""

import re
from collections.abc import Collection, Iterator
from itertools import combinations

from iccm_dagster.applications.catalogue import GOLD_FILE, Application
from iccm_dagster.applications.files import problem, read_file
from iccm_dagster.applications.references import is_private
from iccm_dagster.applications.requirements import Kind, Requirement, requirement_lines
from iccm_dagster.applications.sections import Section
from iccm_dagster.errors import ApplicationError

REQUIREMENTS = range(10, 26)
WORDS = range(8, 41)
PARAPHRASES = 3
# Two sentences that share more of their words than this say the same thing in the same words.
LARGEST_OVERLAP = 0.8
_CODE = re.compile(r"`|\w\(\)|\w\.\w+\(|==|!=|->|=>|\bself\b|\bdef\b|\b[a-zA-Z]+_\w+|(?<!\w)_\w+|\w::\w|\blambda\b")
_WORD = re.compile(r"[^\s]*\w[^\s]*")


def requirement_problems(application: Application, sections: Collection[Section]) -> Iterator[ApplicationError]:
    """Yield everything in which the gold requirements break the rules."""
    path = application.root / GOLD_FILE
    lines = requirement_lines(read_file(application.root, path))
    requirements = application.requirements
    if len(requirements) not in REQUIREMENTS:
        reason = f"{len(requirements)} requirements, {REQUIREMENTS.start} to {REQUIREMENTS.stop - 1} are allowed"
        yield problem(application.root, reason, "Split, add or merge some", path)
    ids = [requirement.id for requirement in requirements]
    if ids != [f"R{n}" for n in range(1, len(ids) + 1)]:
        yield problem(application.root, f"ids are {', '.join(ids)}", "Number them R1, R2, ... in file order", path)
    if all(requirement.kind is Kind.FUNCTIONAL for requirement in requirements):
        remedy = "Add at least one non-functional requirement or constraint"
        yield problem(application.root, "every requirement is functional", remedy, path)
    private = {part for section in sections for part in section.base_name.split(".") if is_private(part)}
    for requirement in requirements:
        for reason, remedy in _broken_rules(requirement, private):
            yield problem(application.root, f"{requirement.id}: {reason}", remedy, path, lines.get(requirement.id))
    for first, second in combinations(requirements, 2):
        if (share := overlap(first.text, second.text)) > LARGEST_OVERLAP:
            reason = f"{first.id} and {second.id} share {share:.0%} of their words"
            remedy = "Say what sets them apart, or merge them"
            yield problem(application.root, reason, remedy, path, lines.get(second.id))


def word_count(text: str) -> int:
    """Return the number of words: runs without white space that hold a letter or digit."""
    return len(_WORD.findall(text))


def overlap(first: str, second: str) -> float:
    """Return the share of different words that two sentences have in common, in [0, 1]."""
    one, two = _vocabulary(first), _vocabulary(second)
    return len(one & two) / max(1, len(one | two))


def _vocabulary(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _broken_rules(requirement: Requirement, private: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (reason, remedy) for one requirement and its paraphrases."""
    if len(requirement.paraphrases) != PARAPHRASES:
        yield f"{len(requirement.paraphrases)} paraphrases, {PARAPHRASES} are asked for", "Write three by hand"
    named = [("text", requirement.text)]
    named += [(f"paraphrase {n}", text) for n, text in enumerate(requirement.paraphrases, start=1)]
    for what, text in named:
        words = word_count(text)
        if words not in WORDS:
            yield f"{what} has {words} words, {WORDS.start} to {WORDS.stop - 1} are allowed", "Write one plain sentence"
        if not text.endswith(".") or re.search(r"[.!?] +[A-Z]", text):
            yield f"{what} is not one sentence that ends with a period", "Write one sentence"
        code = _CODE.search(text)
        if code:
            yield f"{what} contains code ({code[0]!r})", "Describe it in plain English"
        elif leaked := private & set(re.findall(r"\w+", text)):
            yield f"{what} names the private {sorted(leaked)[0]!r}", "Describe what it does for the user"
    for (one, first), (two, second) in combinations(named, 2):
        if (share := overlap(first, second)) > LARGEST_OVERLAP:
            yield f"{one} and {two} share {share:.0%} of their words", "Use other words and another structure"
