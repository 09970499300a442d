"""Third-party packages that a jail may show: which files here belong to an installed distribution and to what it requires.

Only names that an application declares are shown, read-only, to its tests and its program alike. Not covered: the version
that is installed (a verdict is cached under the names alone), packages installed in editable mode.
"""

import importlib.metadata
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from iccm_dagster.errors import SandboxUnavailable

FOLDER = "/packages"
"""Where a jail shows them; on the import path after everything else."""


def package_binds(names: Iterable[str]) -> list[tuple[str, str]]:
    """(here, in the jail) of every top-level file and folder of these distributions and of all that they require.

    Raises:
        SandboxUnavailable: One of them is not installed here.
    """
    places: dict[str, Path] = {}
    for distribution in _with_requirements(names):
        for top in sorted({Path(file).parts[0] for file in distribution.files or ()}):
            place = Path(str(distribution.locate_file(top)))
            if top not in ("..", "/", "__pycache__") and not top.endswith(".pth") and place.exists():
                places.setdefault(top, place.resolve())
    return [(str(place), f"{FOLDER}/{top}") for top, place in sorted(places.items())]


def _with_requirements(names: Iterable[str]) -> Iterator[importlib.metadata.Distribution]:
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if canonicalize_name(name) in seen:
            continue
        seen.add(canonicalize_name(name))
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as error:
            remedy = f"pip install {name}, or take it out of the application's packages"
            raise SandboxUnavailable(
                f"package {name!r}, which an application needs, is not installed: {remedy}"
            ) from error
        yield distribution
        for requirement in map(Requirement, distribution.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
