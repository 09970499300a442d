"""Several threads that read with models of their own.

On a few cores, a batch of small matrices that is spread over two threads is done in two thirds of the time that one takes; two
batches at once, a thread each, take half of it. Each thread has its own model, since tokenizers must not be shared
between threads.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


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
