"""A batch in parts is the batch; a part that does not fit is halved."""

import os
import resource
import sys
from pathlib import Path

import pytest
import torch

from iccm_dagster.errors import DeviceError
from iccm_dagster.microbatch import MicroBatch

ITEMS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)


def gradient_of(micro: MicroBatch, *, fits: int = 99, alongside: int = 1) -> tuple[float, float]:
    """Return loss and gradient of the mean of w * x**2 at w = 2, on a machine that holds so many items at once."""
    weight = torch.nn.Parameter(torch.tensor(2.0))

    def share(part) -> torch.Tensor:
        if len(part) > fits:
            raise torch.OutOfMemoryError("CUDA out of memory.\nwith details")
        return weight * sum(x**2 for x in part) / len(ITEMS)

    loss = micro.accumulate(ITEMS, share, [weight], alongside=alongside)
    return loss, float(weight.grad)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_the_gradient_does_not_depend_on_the_micro_batch(size):
    # 1 + 4 + 9 + 16 + 25 + 36 + 49 = 140, a mean of 20; twice that is the loss
    assert gradient_of(MicroBatch(size)) == pytest.approx((40.0, 20.0))


def test_shares_that_are_computed_side_by_side_add_up_and_so_does_what_is_computed_again(two_threads):
    assert gradient_of(MicroBatch(7), alongside=2) == pytest.approx((40.0, 20.0))
    assert gradient_of(MicroBatch(8), alongside=2, fits=2) == pytest.approx((40.0, 20.0))


def test_out_of_memory_halves_for_good_and_counts_nothing_twice():
    """8 do not fit, nor do 4: the failed parts are computed again, two by two."""
    micro = MicroBatch(8)
    assert gradient_of(micro, fits=2) == pytest.approx((40.0, 20.0))
    # the part that failed first had 7 items: 7 // 2 = 3, then 3 // 2 = 1
    assert (micro.size, micro.halvings) == (1, 2)


def test_results_come_in_the_order_of_the_items():
    def double(part):
        if len(part) > 2:
            raise torch.OutOfMemoryError("full")
        return [2 * x for x in part]

    assert [x for part in MicroBatch(4).run(ITEMS, double) for x in part] == [2 * x for x in ITEMS]


def test_one_item_that_does_not_fit_is_an_error_with_a_remedy():
    with pytest.raises(
        DeviceError, match=r"a single item does not fit in memory \(CUDA out of memory.\).*token limits"
    ):
        gradient_of(MicroBatch(4), fits=0)


def test_other_errors_are_not_taken_for_it():
    def broken(part):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        MicroBatch(4).run(ITEMS, broken)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the address space")
def test_the_processor_really_running_out_of_memory_is_noticed_too(tmp_path: Path):
    """In a process that may take 300 MB more than it has: an item takes 100 MB with its gradient, eight do not fit."""
    answer = tmp_path / "answer"
    child = os.fork()
    if child == 0:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + 300 * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        weight, micro = torch.nn.Parameter(torch.tensor(1.0)), MicroBatch(8)
        micro.accumulate(range(8), lambda part: (torch.ones(len(part), 12 * 2**20) * weight).sum() / 2**20, [weight])
        answer.write_text(f"{float(weight.grad)} {micro.halvings > 0}")
        os._exit(0)
    os.waitpid(child, 0)
    assert answer.read_text() == "96.0 True"
