import pytest
import torch

from iccm_dagster.device import require_device
from iccm_dagster.errors import DeviceError


def test_the_cpu_needs_nothing():
    require_device(device="cpu", vram_gib=0, compute_capability=(0, 0), profile="embedded")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a card")
def test_a_card_profile_without_a_card_says_what_is_missing_and_what_to_do():
    with pytest.raises(DeviceError, match=r"profile p40 needs a card with 22 GiB.*6\.1.*cu126.*unset ICCM_PROFILE"):
        require_device(device="cuda", vram_gib=22, compute_capability=(6, 1), profile="p40")
