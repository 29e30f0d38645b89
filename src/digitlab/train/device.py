"""Where the arithmetic is done, and what makes it the same each time."""

import ctypes
import platform
from pathlib import Path

import torch
import torch.utils.deterministic
from torch import Tensor

from digitlab.errors import DigitlabError

DEVICES = ("auto", "cpu", "cuda", "mps")

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h
LARGEST_BLOCK_KEPT = 1 << 25  # bytes; glibc takes no more
MOST_KEPT = 1 << 30  # bytes


def set_up_device(name: str, threads: int | None = None) -> torch.device:
    """Return the device of that name, ready for a training; `auto` takes the fastest there is.

    On the CPU only algorithms that give the same bits each time are used, and `threads` threads
    (PyTorch's own choice if None). On a GPU two runs may differ in the last bits.

    Raises
    ------
    DigitlabError
        If there is no such device, or the number of threads is below 1.
    """
    if name not in DEVICES:
        raise DigitlabError(f"there is no device {name!r}; choose one of {', '.join(DEVICES)}")
    if threads is not None and threads < 1:
        raise DigitlabError(f"threads is {threads}, but must be at least 1")
    there_is = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if there_is[device])
    if not there_is[name]:
        raise DigitlabError(f"this machine or this PyTorch has no {name}; try --device cpu")
    if threads is not None:
        torch.set_num_threads(threads)
    if name == "cpu":
        # The same as torch.use_deterministic_algorithms(True), which would first import PyTorch's
        # compiler for a second.
        torch.set_deterministic_debug_mode("error")
        # Deterministic mode also fills fresh memory before it is written; nothing here reads it.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        keep_freed_memory()
    return torch.device(name)


def keep_freed_memory() -> None:
    """Ask the C library to keep freed memory for the next step instead of giving it back.

    Every step frees what the next one needs again: on Linux, handing the pages to the kernel and
    taking them back zeroed costs a quarter of the tutorial's training time. Elsewhere nothing
    is done.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        if libc.mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK_KEPT):
            libc.mallopt(M_TRIM_THRESHOLD, MOST_KEPT)


def computes_bfloat16(device: torch.device) -> bool:
    """Tell whether the device multiplies numbers of 16 bits itself, and so faster than of 32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False


def get_random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the state of every random generator that a training draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_random_states(device: torch.device, states: dict[str, Tensor]) -> None:
    """Take over the states that `get_random_states` returned, perhaps in another process."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def describe_machine(device: torch.device) -> str:
    """Return the name of the processor, or of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


class RandomStates:
    """The state of every random generator that a training draws from, for a checkpoint."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def state_dict(self) -> dict[str, Tensor]:
        """Return the states as tensors by name."""
        return get_random_states(self.device)

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over the states that `state_dict` returned, perhaps in another process."""
        set_random_states(self.device, state)
