"""What a Python project says of itself: name, version, summary, licence.

Read from ``PKG-INFO``, ``pyproject.toml`` and ``setup.cfg``, in this order; ``setup.py`` is never executed.
"""

import configparser
import email.parser
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LICENCE_FILE = re.compile(r"([\w-]+-)?(LICEN[CS]E|COPYING|UNLICENSE|NOTICE)([-.].*)?", re.IGNORECASE)
_LONGEST_LICENCE_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a project says of itself."""

    name: str
    """Name of the project; the folder's name where it says none."""
    version: str | None
    """Version; None when it is not written down."""
    summary: str
    """One line; empty when there is none."""
    licence: str | None
    """Name of the licence; None when it is not written down."""
    licence_files: tuple[Path, ...]
    """Texts of the licence, and notices that go with it; empty without one."""
    packages: tuple[str, ...]
    """Top-level packages and modules it lists; empty when it lists none."""
    where: tuple[str, ...]
    """Folders its build configuration looks for packages in; empty when it names none."""


def read_metadata(root: Path) -> Metadata:
    """Return what the project in ``root`` says of itself; broken or missing files say nothing."""
    info, project, config = _pkg_info(root), _toml(root), _setup_cfg(root)
    table: dict[str, Any] = project.get("project", {}) or project.get("tool", {}).get("poetry", {})
    setup = dict(config["metadata"]) if config.has_section("metadata") else {}
    folder_name = re.sub(r"-\d[\w.]*$", "", root.resolve().name)
    summary = info.get("Summary") or table.get("description") or setup.get("description") or ""
    files = sorted(path for path in root.iterdir() if _LICENCE_FILE.fullmatch(path.name) and path.is_file())
    return Metadata(
        name=str(info.get("Name") or table.get("name") or setup.get("name") or folder_name),
        version=next((str(v) for v in (info.get("Version"), table.get("version"), setup.get("version")) if v), None),
        summary=" ".join(str(summary).split()),
        licence=_licence(info, table, setup),
        licence_files=tuple(files),
        packages=_top_level(root),
        where=_where(project, config),
    )


def _pkg_info(root: Path) -> Any:
    path = root / "PKG-INFO"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return email.parser.HeaderParser().parsestr(text)


def _toml(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _setup_cfg(root: Path) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read(root / "setup.cfg", encoding="utf-8")
    except (configparser.Error, ValueError):
        return configparser.ConfigParser()
    return config


def _licence(info: Any, table: dict[str, Any], setup: dict[str, str]) -> str | None:
    written = table.get("license")
    listed = [*(info.get_all("Classifier") or ()), *table.get("classifiers", ())]
    classified = [text.rsplit("::", 1)[-1].strip() for text in listed if text.startswith("License ::")]
    found = [info.get("License-Expression"), info.get("License"), written, setup.get("license"), *classified]
    names = (text.strip() for text in found if isinstance(text, str))
    return next((text for text in names if text and "\n" not in text and len(text) <= _LONGEST_LICENCE_NAME), None)


def _top_level(root: Path) -> tuple[str, ...]:
    """Return the names in the ``top_level.txt`` that setuptools puts into an sdist."""
    for path in sorted(root.glob("**/*.egg-info/top_level.txt")):
        names = path.read_text(encoding="utf-8", errors="replace").split()
        return tuple(name for name in names if name.isidentifier())
    return ()


def _where(project: dict[str, Any], config: configparser.ConfigParser) -> tuple[str, ...]:
    tools = project.get("tool", {}).get("setuptools", {})
    find = tools.get("packages", {}) if isinstance(tools.get("packages"), dict) else {}
    found = list(find.get("find", {}).get("where", ())) + list(tools.get("package-dir", {}).values())
    if config.has_option("options.packages.find", "where"):
        found += config.get("options.packages.find", "where").split()
    if config.has_option("options", "package_dir"):
        found += [
            line.split("=", 1)[-1].strip() for line in config.get("options", "package_dir").split("\n") if "=" in line
        ]
    return tuple(str(folder).strip("./") for folder in found if str(folder).strip("./"))
