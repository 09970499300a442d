"""What the machine has, against what a training needs: refuse before the first weight is loaded."""

import platform

from iccm_dagster.errors import DeviceError


def require_device(*, device: str, vram_gib: float, compute_capability: tuple[int, int], profile: str) -> None:
    """Return if a training of this profile can run here.

    ``vram_gib`` [GiB] and ``compute_capability`` are the least that a card must have; a CPU profile needs neither.

    Raises:
        DeviceError: No card, too old a card, too little memory, or a torch build without kernels for it; with the
        remedy.
    """
    if device == "cpu":
        return
    import torch

    other = "or use the CPU profile: unset ICCM_PROFILE"
    if not torch.cuda.is_available():
        build = "a CPU build" if torch.version.cuda is None else f"built for CUDA {torch.version.cuda}"
        raise DeviceError(
            f"profile {profile} needs a card with {vram_gib:g} GiB and compute capability "
            f"{'.'.join(map(str, compute_capability))} or newer; torch {torch.__version__} ({build}) sees none. "
            f"Install the card's driver and a CUDA build of torch (a P40 needs a cu126 build and driver branch 580), {other}."
        )
    name, capability = torch.cuda.get_device_name(), torch.cuda.get_device_capability()
    total = torch.cuda.get_device_properties(0).total_memory / 2**30
    if capability < compute_capability:
        raise DeviceError(
            f"profile {profile}: {name} has compute capability {capability}, it needs {compute_capability}; {other}."
        )
    if total < vram_gib:
        raise DeviceError(
            f"profile {profile}: {name} has {total:.1f} GiB, it needs {vram_gib:g} GiB: "
            f"{vram_gib - total:.1f} GiB short; {other}."
        )
    built_for = torch.cuda.get_arch_list()
    # Code for sm_60 runs on sm_61: the same major version is enough.
    if not any(arch.removeprefix("sm_")[:-1] == str(capability[0]) for arch in built_for if arch.startswith("sm_")):
        raise DeviceError(
            f"profile {profile}: torch {torch.__version__} has kernels for {', '.join(built_for)}, none for {name} "
            f"({capability}). Install a build that has (for a P40: a cu126 build, torch <= 2.14), {other}."
        )


def describe_device(device: str) -> str:
    """Return one phrase about where a training runs."""
    if device == "cpu":
        return f"the CPU ({platform.machine()}); no card is used by this profile"
    import torch

    return torch.cuda.get_device_name()
