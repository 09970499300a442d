"""Several threads that compute beside each other, torch with one thread in each.

On a few cores, a batch of small matrices that is spread over two threads is done in two thirds of the time that one takes; two
batches at once, a thread each, take half of it. A thread that reads texts has its own model, since tokenizers must not be
shared between threads; what computes on tokens only may share one.

Not covered: what draws at random (dropout, samples). All threads draw from one generator, in an order that changes from time
to time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


class PerThread(Generic[T]):
    """One object for each thread that asks for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._local = make, threading.local()

    def __call__(self) -> T:
        """Return this thread's object, made when it first asks."""
        if not hasattr(self._local, "made"):
            self._local.made = self._make()
        return self._local.made


@contextmanager
def reading_threads(device: str) -> Iterator[int]:
    """Yield how many threads should read at a time: on a CPU as many as torch computes with, which meanwhile gives each of
    them one; on a card one, which has it for itself."""
    import torch

    if device != "cpu":
        yield 1
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def side_by_side(compute: Callable[[Item], T], items: Iterable[Item], *, device: str) -> Iterator[T]:
    """Yield the result for each item, in their order; on a CPU several are computed at a time. A thread of `reading_threads`
    computes them one after the other."""
    with reading_threads(device) as threads:
        if threads == 1:
            yield from map(compute, items)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(compute, items)
