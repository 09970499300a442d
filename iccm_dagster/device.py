"""What the machine's card is, against what a training needs: refuse before the first weight is loaded.

The card is asked through its driver (``nvidia-smi``) as well as through torch: a card that the installed torch cannot
use is still named, with what would make it usable. Not covered: cards of other makers, several cards (the first one
that torch may see is used).
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from iccm_dagster.errors import DeviceError
from iccm_dagster.memory import GIB, Estimate

QUERY = ("name", "memory.total", "memory.free", "compute_cap", "driver_version")
LAST_PASCAL_DRIVER = 580
"""The last driver branch for cards before Turing (NVIDIA's deprecation schedule)."""
FIRST_TURING = (7, 5)
"""CUDA 13 has no code generator for anything older."""
PASCAL_BUILD = "torch==2.14.* from PyTorch's cu126 index"
"""2.14 is the last release with a CUDA 12.6 build, and only that one has code for sm_60, which runs on sm_61."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The installed torch."""

    version: str
    cuda: str | None
    """CUDA version it was built for; None for a CPU build."""
    architectures: tuple[str, ...] = ()
    """What it has code for, as "sm_60" or "compute_90"."""
    sees: bool = False
    """Whether it finds a card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One graphics card."""

    name: str
    memory_gib: float
    """In all [GiB]."""
    free_gib: float
    """Not taken by other programs [GiB]."""
    capability: tuple[int, int]
    """Compute capability."""
    driver: str
    """Version of the driver; empty where it did not say."""

    def __str__(self) -> str:
        capability = ".".join(map(str, self.capability))
        driver = f", driver {self.driver}" if self.driver else ""
        return f"{self.name} ({self.memory_gib:.1f} GiB, compute capability {capability}{driver})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a profile's trainings need of the machine."""

    profile: str
    device: str
    """"cpu" or "cuda"."""
    vram_gib: float
    """Card memory at least [GiB]."""
    capability: tuple[int, int]
    """Compute capability at least."""


def read_build() -> Build:
    """Return what the installed torch is."""
    import torch

    return Build(
        version=torch.__version__,
        cuda=torch.version.cuda,
        architectures=tuple(torch.cuda.get_arch_list()),
        sees=torch.cuda.is_available(),
    )


def read_card(build: Build) -> Card | None:
    """Return the card that trainings would use, from torch where it sees one, else from the driver; None for none."""
    told = _ask_driver()
    if not build.sees:
        return told
    import torch

    properties = torch.cuda.get_device_properties(0)
    # A card without code in this build is listed by torch and fails at the first kernel, this query included.
    try:
        free = torch.cuda.mem_get_info(0)[0]
    except RuntimeError:
        free = properties.total_memory
    return Card(
        name=properties.name,
        memory_gib=properties.total_memory / GIB,
        free_gib=free / GIB,
        capability=(properties.major, properties.minor),
        driver=told.driver if told is not None else "",
    )


def _ask_driver() -> Card | None:
    command = ["nvidia-smi", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [[field.strip() for field in line.split(",")] for line in answer.splitlines() if line.strip()]
    if not rows or len(rows[0]) != len(QUERY):
        return None
    name, total, free, capability, driver = rows[0]
    try:
        major, minor = (int(part) for part in capability.split("."))
        sizes = {"memory_gib": float(total) / 1024, "free_gib": float(free) / 1024}
    except ValueError:
        return None
    return Card(name=name, capability=(major, minor), driver=driver, **sizes)


def objections(need: Need, card: Card | None, build: Build, estimates: Sequence[Estimate] = ()) -> list[str]:
    """Return why trainings of a profile cannot run here, each with its remedy; none where they can. Total: it asks
    nobody and raises nothing."""
    if need.device == "cpu":
        return []
    made = "a CPU build" if build.cuda is None else f"built for CUDA {build.cuda}"
    if card is None:
        return [
            f"no card: this profile needs one with {need.vram_gib:g} GiB and compute capability "
            f"{'.'.join(map(str, need.capability))} or newer; torch {build.version} ({made}) and the driver see none. "
            f"Install the card's driver (a P40: branch {LAST_PASCAL_DRIVER}) and a CUDA build of torch (a P40: "
            f"{PASCAL_BUILD}).",
            *_too_large(need, None, estimates),
        ]
    found = []
    if card.capability < need.capability:
        found.append(
            f"{card}: too old, compute capability {'.'.join(map(str, need.capability))} is needed. Take another card."
        )
    if not _has_code(card, build):
        have = ", ".join(build.architectures) or "no card at all"
        found.append(
            f"{card}: torch {build.version} ({made}) has code for {have}, none for this card. {_build_for(card)}"
        )
    elif not build.sees:
        found.append(
            f"{card}: torch {build.version} ({made}) does not see it. Unset CUDA_VISIBLE_DEVICES if it hides the card; "
            f"else the driver is older than CUDA {build.cuda} needs: update it."
        )
    if card.memory_gib < need.vram_gib:
        short = need.vram_gib - card.memory_gib
        found.append(f"{card}: {need.vram_gib:g} GiB are needed, {short:.1f} GiB more than it has. Take a larger card.")
    return [*found, *_too_large(need, card, estimates)]


def _has_code(card: Card, build: Build) -> bool:
    """Code for sm_60 runs on sm_61: the same major version and no newer minor one; compute_* is translated for any newer
    card."""
    for name in build.architectures:
        kind, _, digits = name.partition("_")
        digits = digits.rstrip("af")
        has = (int(digits[:-1]), int(digits[-1]))
        if kind == "sm" and has[0] == card.capability[0] and has <= card.capability:
            return True
        if kind == "compute" and has <= card.capability:
            return True
    return False


def _build_for(card: Card) -> str:
    if card.capability < FIRST_TURING:
        return (
            f"CUDA 13 knows no card before compute capability 7.5. Install {PASCAL_BUILD}, with a driver of branch "
            f"{LAST_PASCAL_DRIVER}, the last for this card."
        )
    return "Install the CUDA build of torch that its site names for this card and driver."


def _too_large(need: Need, card: Card | None, estimates: Sequence[Estimate]) -> list[str]:
    free, what = (need.vram_gib, "the profile's card") if card is None else (card.free_gib, card.name)
    found = []
    for estimate in estimates:
        if estimate.gib > free:
            lines = "\n".join(estimate.lines())
            found.append(
                f"{estimate.training} does not fit: {estimate.gib:.1f} GiB of the {free:.1f} GiB free on {what}, "
                f"{estimate.gib - free:.1f} GiB short.\n{lines}\n  Lower the token limits of its recipe, turn on "
                "gradient_checkpointing, or end what else runs on the card (nvidia-smi)."
            )
    return found


def require(
    need: Need, card: Card | None, build: Build, estimates: Sequence[Estimate] = (), *, notes: Sequence[str] = ()
) -> None:
    """Return if trainings of a profile can run here.

    Raises:
        DeviceError: With everything that is missing, in one screen; ``notes`` are added to it.
    """
    found = objections(need, card, build, estimates)
    if found:
        listed = "\n".join(f"* {text}" for text in found)
        raise DeviceError(
            f"profile {need.profile} cannot train on this machine:\n{listed}\n"
            "* or use the CPU profile: unset ICCM_PROFILE" + "".join(f"\n{note}" for note in notes)
        )
