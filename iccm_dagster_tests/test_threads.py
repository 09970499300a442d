"""Threads that read: each with a model of its own, torch with one thread for each of them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import torch

from iccm_dagster.threads import PerThread, reading_threads


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


def test_torch_gives_each_reading_thread_one_of_its_threads_and_takes_them_back():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with reading_threads("cpu") as workers:
            assert (workers, torch.get_num_threads()) == (2, 1)
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(torch.get_num_threads).result() == 1
        assert torch.get_num_threads() == 2
        with reading_threads("cuda") as workers:
            assert (workers, torch.get_num_threads()) == (1, 2)
    finally:
        torch.set_num_threads(before)
