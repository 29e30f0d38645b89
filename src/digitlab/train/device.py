"""Choose and set up the CPU or GPU: threads, deterministic algorithms, random states."""

import ctypes
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.utils.deterministic
from torch import Tensor

from digitlab.errors import DigitlabError

_DEVICES = ("auto", "cpu", "cuda", "mps")

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
_LARGEST_BLOCK_KEPT = 1 << 25  # bytes; the largest value that glibc accepts
_MOST_KEPT = 1 << 30  # bytes
_MOST_THREADS = 1024  # so many more than there are cores crash PyTorch

# PyTorch has an exception of its own for CUDA only, and does not always raise it there.
_MEMORY_IS_FULL = re.compile("out of memory|not enough memory|can't allocate memory|ALLOC_FAILED")
_AMOUNT = re.compile(r"ried to allocate ([\d.]+ \w+)")


def set_up_device(name: str, threads: int | None = None) -> torch.device:
    """Return the named device, ready for training; `auto` chooses the fastest one available.

    This changes settings of the whole process. On the CPU, PyTorch uses only algorithms that
    give the same bits every time. On an NVIDIA GPU, its convolutions do, and float32 means 32 bits:
    by default they would round their inputs to TF32, which has 10 bits after the point.

    Parameters
    ----------
    name
        One of `_DEVICES`.
    threads
        How many CPU threads PyTorch uses, 1 or more; None leaves the number as it is.

    Raises `DigitlabError` if the device is unknown or not available, or `threads` is below 1.
    """
    if name not in _DEVICES:
        raise DigitlabError(f"there is no device {name!r}; choose one of {', '.join(_DEVICES)}")
    if threads is not None and not 1 <= threads <= _MOST_THREADS:
        raise DigitlabError(f"threads is {threads}, but must be from 1 to {_MOST_THREADS:,}")
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device in available if available[device])
    if not available[name]:
        raise DigitlabError(f"this machine or this PyTorch has no {name}; try --device cpu")
    if threads is not None:
        torch.set_num_threads(threads)
    # Set for every device: an earlier training in this process may have used another one.
    # (`torch.use_deterministic_algorithms` does the same, but first imports PyTorch's compiler,
    # which takes a second.)
    torch.set_deterministic_debug_mode("error" if name == "cpu" else "default")
    if name == "cpu":
        # Deterministic mode also fills new memory before it is used; this code never reads
        # memory that it has not written.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        _keep_freed_memory()
    if name == "cuda":
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False
    return torch.device(name)


def _keep_freed_memory() -> None:
    """Tell the C library to keep freed memory for the next step (on Linux with glibc only).

    Every step frees memory that the next step needs again. Returning the pages to the kernel and
    getting them back filled with zeros costs a quarter of the tutorial's training time.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        if libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK_KEPT):
            libc.mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)


def computes_bfloat16(device: torch.device) -> bool:
    """Return whether the hardware multiplies 16-bit numbers, which is faster than 32-bit ones."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False


@contextmanager
def memory_explained() -> Iterator[None]:
    """Turn PyTorch's errors about full memory, of a GPU or of the CPU, into one sentence."""
    try:
        yield
    except RuntimeError as error:
        if not _MEMORY_IS_FULL.search(str(error)):
            raise
        found = _AMOUNT.search(str(error))
        raise DigitlabError(
            f"out of memory: PyTorch could not allocate {found[1] if found else 'more'}; choose a "
            "smaller --batch-size or --test-batch-size, or another --device"
        ) from error


class RandomStates:
    """The states of all random number generators that a training uses on a device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def state_dict(self) -> dict[str, Tensor]:
        """Return the states by the name of the device."""
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        if self.device.type == "mps":
            states["mps"] = torch.mps.get_rng_state()
        return states

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore what `state_dict` returned, possibly in another process on another device."""
        torch.set_rng_state(state["cpu"])
        if self.device.type == "cuda" and "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], self.device)
        if self.device.type == "mps" and "mps" in state:
            torch.mps.set_rng_state(state["mps"])


def describe_machine(device: torch.device) -> str:
    """Return the model name of the GPU, or of the processor."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
