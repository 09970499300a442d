"""Implementation: the files of a program that is to be judged, and who wrote them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Who wrote the code, and with it how far it is trusted."""

    ORIGINAL = "original"
    """The application's own sources."""
    DERIVED = "derived"
    """Made only from the application's own sources: stubs, mutants, embedded readers. May run under weak isolation."""
    ENDPOINT = "endpoint"
    """Written by a language model. Runs under strong isolation or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """One program: the original, a variant of it, or a reconstruction."""

    files: Mapping[str, str]
    """Path relative to the source folder, with forward slashes -> text. May be empty: every test then fails."""
    origin: Origin
    """Who wrote the files."""

    @property
    def content_hash(self) -> str:
        """SHA-256 of the files; the origin does not enter, since it changes no outcome."""
        return hash_files(self.files)


def hash_files(files: Mapping[str, str]) -> str:
    """SHA-256 over names and texts, in an order that does not depend on the mapping's."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
