"""Content digests: equal contents have equal digests, whatever their dates."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from buildcache.graph import BuildError, Graph


class MissingSource(BuildError):
    """A target names a source file that does not exist."""


@dataclass(frozen=True)
class Fingerprint:
    """What a target was built from: digests of its sources, of its command and of the targets it needs."""

    sources: str
    command: str
    needs: str


def digest_text(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as 64 hexadecimal digits; line ends count as line feeds."""
    return _digest(text.replace("\r\n", "\n").encode())


def digest_files(files: Mapping[str, str]) -> str:
    """One digest over named contents, whatever their order; a renamed file changes it."""
    return _digest_pairs({name: _digest(content.encode()) for name, content in files.items()})


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The names of files that differ, sorted, each with `added`, `removed` or `modified`."""
    changes = {}
    for name in sorted({*before, *after}):
        if name not in before:
            changes[name] = "added"
        elif name not in after:
            changes[name] = "removed"
        elif before[name] != after[name]:
            changes[name] = "modified"
    return changes


def fingerprints(graph: Graph, files: Mapping[str, str]) -> dict[str, Fingerprint]:
    """The fingerprint of every target, given the contents of the source files. Raises MissingSource."""
    return _fingerprints(graph, files)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_pairs(pairs: Mapping[str, str]) -> str:
    lines = [f"{len(name)}:{name}={digest}" for name, digest in sorted(pairs.items())]
    return _digest("\n".join(lines).encode())


def _fingerprints(graph: Graph, files: Mapping[str, str]) -> dict[str, Fingerprint]:
    found: dict[str, Fingerprint] = {}
    for name in graph._order(None):
        target = graph.targets[name]
        for source in target.sources:
            if source not in files:
                raise MissingSource(f"{name} needs the file {source!r}")
        found[name] = Fingerprint(
            _digest_pairs({source: _digest(files[source].encode()) for source in target.sources}),
            _digest(target.command.encode()),
            _digest_pairs({need: _join(found[need]) for need in target.needs}),
        )
    return found


def _join(fingerprint: Fingerprint) -> str:
    return _digest_pairs({"sources": fingerprint.sources, "command": fingerprint.command, "needs": fingerprint.needs})
