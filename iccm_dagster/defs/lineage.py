"""From an artifact back to the application it came from: every version on the way, as a table and as facts.

Each manifest names the versions of its parents. A parent that was made again since is said to be superseded: what it
was made from is then no longer known, and the walk ends there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg

from iccm_dagster.artifacts import Artifact, ArtifactStore

ROOTS = "roots"
"""Fact of an artifact about all applications: ``asset/application`` -> version, of the roots below."""
ROOT_ASSETS = ("application_source", "trajectories")
"""What re-training counts changes of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """One artifact on the way back."""

    steps: int
    """How far back; 1 is a parent."""
    name: str
    """``asset`` or ``asset/application``."""
    version: str
    """Its version when it was read."""
    artifact: Artifact | None
    """What is stored today; None where it was made again since, or is gone."""


def ancestors(store: ArtifactStore, parents: Mapping[str, str], *, only: str | None = None) -> Iterator[Ancestor]:
    """Yield all ancestors, nearest first, each version once. ``only``: leave out other applications than this one."""
    level, seen, steps = dict(parents), set(), 1
    while level:
        further: dict[str, str] = {}
        for name, version in sorted(level.items()):
            asset, _, key = name.partition("/")
            if (name, version) in seen or (only is not None and key not in ("", only)):
                continue
            seen.add((name, version))
            stored = store.find(asset, key or None)
            found = stored if stored is not None and stored.version == version else None
            yield Ancestor(steps=steps, name=name, version=version, artifact=found)
            if found is not None:
                further |= found.manifest.parents
        level, steps = further, steps + 1


def roots_of(store: ArtifactStore, parents: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of the applications and trajectories that an artifact with these parents stands on."""
    return {
        found.name: found.version for found in ancestors(store, parents) if found.name.partition("/")[0] in ROOT_ASSETS
    }


def roots_in(artifact: Artifact, root: str) -> dict[str, str]:
    """Return application -> version of one root asset, as the artifact remembers them."""
    remembered = artifact.manifest.facts.get(ROOTS) or artifact.manifest.parents
    return {name.partition("/")[2]: version for name, version in remembered.items() if name.startswith(f"{root}/")}


def lineage_table(store: ArtifactStore, artifact: Artifact) -> dg.MarkdownMetadataValue | None:
    """Return every version between an artifact and its application, nearest first; None where it has no parents.

    Of an artifact about all applications the applications are counted, not listed. Kept short: the UI shows a text of
    less than 1,000 characters in place, and a longer one behind a click.
    """
    manifest = artifact.manifest
    rows: dict[str, list[str]] = {}
    for found in ancestors(store, manifest.parents, only=manifest.partition):
        asset, _, key = found.name.partition("/")
        if key and manifest.partition is None:
            row = rows.setdefault(asset, [str(found.steps), asset, "", "0 applications"])
            row[3] = f"{int(row[3].split()[0]) + 1} applications"
        else:
            made = found.artifact.manifest.created_at[:16].replace("T", " ") if found.artifact else "superseded"
            rows[found.name] = [str(found.steps), found.name, found.version[:7], made]
    if not rows:
        return None
    lines = ["||from|version|made (UTC)|", "|-|-|-|-|", *(f"|{'|'.join(row)}|" for row in rows.values())]
    return dg.MetadataValue.md("\n".join(lines))
