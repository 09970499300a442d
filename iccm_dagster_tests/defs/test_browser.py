"""The UI in a real browser: the graph loads, a partition is materialized by clicking, its plots and checks are there.

Needs Chromium and the Python package playwright (in the `dev` extra, no download of its own browser); skipped where
either is missing.
"""

import re
import shutil
import subprocess
import sys

import pytest

from iccm_dagster_tests.defs.test_make_dev import ROOT

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
PATIENCE_MS = 120_000
DESKTOP = {"width": 1440, "height": 900}
