"""One training at a time in a process: they share PyTorch's settings."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_TRAINS = threading.Lock()


@contextmanager
def alone() -> Iterator[None]:
    """Let one training run at a time, and leave PyTorch's settings as they were.

    Trainings share PyTorch's random numbers and its number of threads: two at once would change
    each other's bits. In processes of their own (`digitlab repeat --jobs`) they can run at once.
    """
    with _TRAINS:
        threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_deterministic_debug_mode(mode)
