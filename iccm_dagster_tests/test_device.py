"""Cards, builds and drivers against what a profile needs: each mismatch is named with its remedy."""

import os
import re
import stat
from pathlib import Path

import pytest
import torch

from iccm_dagster.device import Build, Card, Need, objections, read_build, read_card, require
from iccm_dagster.errors import DeviceError
from iccm_dagster.memory import GIB, Estimate, Part

P40 = Card(name="Tesla P40", memory_gib=22.9, free_gib=22.5, capability=(6, 1), driver="580.95.05")
NEED = Need(profile="p40", device="cuda", vram_gib=22, capability=(6, 1))
CU126 = Build(
    version="2.14.0+cu126", cuda="12.6", architectures=("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_90"), sees=True
)
CU130 = Build(version="2.14.0+cu130", cuda="13.0", architectures=("sm_75", "sm_80", "sm_90", "sm_100"), sees=True)
CPU = Build(version="2.14.0+cpu", cuda=None)


def sized(gib: float) -> Estimate:
    """An estimate that is ``gib`` with the context of 0.6 GiB."""
    parts = (
        Part(name="weights", bytes=6 * GIB, why="1,543,714,304 x 4 bytes"),
        Part(name="activations", bytes=round((gib - 6.6) * GIB), why="28 layers"),
    )
    return Estimate(training="phase1_checkpoint", micro_batch=1, parts=parts)


def test_the_right_card_with_the_right_build_passes():
    assert objections(NEED, P40, CU126, [sized(20)]) == []
    require(NEED, P40, CU126)


def test_the_cpu_needs_nothing():
    need = Need(profile="embedded", device="cpu", vram_gib=0, capability=(0, 0))
    assert objections(need, None, CPU) == []


@pytest.mark.parametrize(
    ("card", "build", "said"),
    [
        (None, CPU, r"no card: .* 22 GiB and compute capability 6\.1 .*a CPU build.*branch 580.*cu126"),
        (
            P40,
            CU130,
            r"Tesla P40 .*6\.1, driver 580.*built for CUDA 13\.0\) has code for sm_75.*none for this card\. CUDA 13 knows no",
        ),
        (
            P40,
            CPU,
            r"a CPU build\) has code for no card at all, none for this card.*torch==2\.14\.\* from PyTorch's cu126 index",
        ),
        (P40, Build(version="2.14", cuda="12.6", architectures=("sm_60",)), r"does not see it\. Unset CUDA_VISIBLE_DEVICES"),
        (
            Card(name="Tesla K80", memory_gib=24, free_gib=24, capability=(3, 7), driver="470"),
            CU126,
            r"Tesla K80.*too old, compute capability 6\.1 is needed",
        ),
        (
            Card(name="GTX 1080", memory_gib=8, free_gib=8, capability=(6, 1), driver="580"),
            CU126,
            r"22 GiB are needed, 14\.0 GiB more than it has",
        ),
    ],
)  # fmt: skip
def test_each_mismatch_is_named_with_its_remedy(card, build, said):
    with pytest.raises(DeviceError, match=r"profile p40 cannot train on this machine") as caught:
        require(NEED, card, build)
    assert re.search(said, str(caught.value), flags=re.DOTALL)
    assert "or use the CPU profile: unset ICCM_PROFILE" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 24  # one screen


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ((6, 1), ("sm_60",), True),  # the same major version, no newer minor one
        ((6, 0), ("sm_61",), False),
        ((7, 0), ("sm_60",), False),
        ((9, 0), ("compute_90",), True),
        ((12, 0), ("compute_90",), True),  # translated by the driver
        ((9, 0), ("sm_90a",), True),
        ((10, 0), ("sm_100",), True),
    ],
)
def test_code_for_a_card(capability, architectures, runs):
    card = Card(name="card", memory_gib=80, free_gib=80, capability=capability, driver="")
    need = Need(profile="p", device="cuda", vram_gib=1, capability=(5, 0))
    build = Build(version="2", cuda="12.6", architectures=architectures, sees=True)
    assert (objections(need, card, build) == []) is runs


def test_what_does_not_fit_is_refused_with_its_sum():
    found = "\n".join(objections(NEED, P40, CU126, [sized(25.0)]))
    assert "phase1_checkpoint does not fit: 25.0 GiB of the 22.5 GiB free on Tesla P40, 2.5 GiB short" in found
    lines = [line.split()[0] for line in found.splitlines() if "GiB  " in line]
    assert lines == ["weights", "activations", "CUDA", "sum"]


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that puts a driver's tool with this answer on the path."""

    def answer(text: str) -> None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        tool.chmod(tool.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return answer


def test_a_card_that_torch_cannot_use_is_read_off_the_driver(driver):
    driver("Tesla P40, 23040, 22912, 6.1, 580.95.05\nTesla P40, 23040, 100, 6.1, 580.95.05")
    assert read_card(CPU) == Card(
        name="Tesla P40", memory_gib=22.5, free_gib=22.375, capability=(6, 1), driver="580.95.05"
    )


@pytest.mark.parametrize("text", ["", "NVIDIA-SMI has failed", "Tesla P40, [N/A], [N/A], 6.1, 580"])
def test_a_driver_that_makes_no_sense_is_no_card(driver, text):
    driver(text)
    assert read_card(CPU) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a card that the installed torch can use")
def test_a_real_card_is_read_and_described():
    build = read_build()
    card = read_card(build)
    assert 0 < card.free_gib <= card.memory_gib
    need = Need(profile="any", device="cuda", vram_gib=1, capability=(3, 0))
    assert objections(need, card, build) == []
