"""Threads that compute beside each other: a model for each that reads, torch with one thread for each of them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident

import torch

from iccm_dagster.threads import PerThread, reading_threads, side_by_side


def test_each_thread_has_its_own_object_and_keeps_it():
    met = Barrier(2)
    owned = PerThread(object)

    def ask(_: int) -> tuple[int, int]:
        met.wait(timeout=30)  # both threads are there, so that neither does the other's work
        return id(owned()), id(owned())

    with ThreadPoolExecutor(2) as pool:
        (first, again), (second, _) = pool.map(ask, range(2))
    assert first == again
    assert first != second


def test_torch_gives_each_reading_thread_one_of_its_threads_and_takes_them_back(two_threads):
    with reading_threads("cpu") as workers:
        assert (workers, torch.get_num_threads()) == (2, 1)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 1
    assert torch.get_num_threads() == 2
    with reading_threads("cuda") as workers:
        assert (workers, torch.get_num_threads()) == (1, 2)


def test_results_of_what_is_computed_side_by_side_come_in_order(two_threads):
    """Two meet at a time, which they can only in two threads; on a card they come one after the other, in this thread."""
    met = Barrier(2)

    def meet(item: int) -> tuple[int, int]:
        met.wait(timeout=30)
        return 10 * item, torch.get_num_threads()

    assert list(side_by_side(meet, range(4), device="cpu")) == [(10 * item, 1) for item in range(4)]
    assert torch.get_num_threads() == 2
    assert set(side_by_side(lambda _: get_ident(), range(2), device="cuda")) == {get_ident()}
