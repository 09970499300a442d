"""Let an implementation's packages win over packages of the same name that pytest has brought along.

pytest itself uses ``iniconfig``, ``packaging``, ``pluggy`` and ``pygments``: without this, tests of an application of such a
name would judge the copy that pytest uses. pytest keeps what it has imported already. Names of the standard library are
never given away: a program must not pass its own ``json.py`` off as the library's.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Collection, Sequence
from types import ModuleType


def release(names: Collection[str]) -> None:
    """Forget the loaded modules below these top-level names, so that the next import looks for them again."""
    ours = set(names) - sys.stdlib_module_names
    for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
        del sys.modules[name]


class FirstIn(importlib.abc.MetaPathFinder):
    """Finds some top-level names in one folder, before every other place."""

    def __init__(self, folder: str, names: Collection[str]) -> None:
        """``names``: top-level names of the implementation; those of the standard library are left where they are."""
        self._folder = folder
        self._names = frozenset(names) - sys.stdlib_module_names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Ours, if the name is and the folder has it."""
        if path is not None or fullname not in self._names:
            return None
        return importlib.machinery.PathFinder.find_spec(fullname, [self._folder], target)
