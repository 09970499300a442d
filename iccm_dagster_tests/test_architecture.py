"""The layout keeps its promises: who may import what, what the README shows, what loading costs."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "iccm_dagster"


def test_the_import_contracts_hold():
    """Only the shell knows Dagster; imports point down."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_loading_the_definitions_imports_nothing_that_trains_or_draws():
    code = (
        "import sys, iccm_dagster.definitions as d; d.defs.resolve_asset_graph(); "
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_readme_has_one_line_for_each_module():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([\w/]+\.py)` \|", text, flags=re.MULTILINE))
    modules = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }
    assert listed == modules


def test_no_shell_module_postpones_annotations():
    """Dagster rejects a typed ``context`` or ``config`` whose annotation is a string."""
    guilty = [
        path.name
        for path in (PACKAGE / "defs").rglob("*.py")
        if "from __future__ import annotations" in path.read_text("utf-8")
    ]
    assert guilty == []


def test_modules_stay_small():
    long = {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := path.read_text("utf-8").count("\n")) > 400
    }
    assert long == {}


def test_every_package_says_what_it_holds():
    silent = [
        path.parent.name for path in PACKAGE.rglob("__init__.py") if not path.read_text("utf-8").startswith('"""')
    ]
    assert silent == []
