"""Which process this is, of those that PyTorch's launcher `torchrun` started to train together."""

import os
from dataclasses import dataclass

from digitlab.errors import DigitlabError

_ADDRESS = ("MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of a process among all that train one network; by default, it is the only one."""

    rank: int = 0
    """The number of this process, from 0. Rank 0 writes the run; the others help it."""
    count: int = 1
    """How many processes there are, on all machines (the world size)."""
    local_rank: int = 0
    """The number of this process among those on this machine, from 0: the number of its GPU."""
    local_count: int = 1
    """How many processes there are on this machine."""
    restarts: int = 0
    """How often torchrun has already restarted the processes after one of them died."""


def find_place() -> Place:
    """Return the place of this process, from the environment variables that torchrun sets.

    Other launchers that PyTorch knows as `env://` set the same ones. Raises `DigitlabError` if a
    variable is not a possible number.
    """
    if not all(os.environ.get(name) for name in ("RANK", "WORLD_SIZE", *_ADDRESS)):
        return Place()
    count = _number("WORLD_SIZE", least=1)
    local_count = _number("LOCAL_WORLD_SIZE", least=1, most=count, default=1)
    return Place(
        rank=_number("RANK", most=count - 1),
        count=count,
        local_rank=_number("LOCAL_RANK", most=local_count - 1, default=0),
        local_count=local_count,
        restarts=_number("TORCHELASTIC_RESTART_COUNT", default=0),
    )


def is_helper() -> bool:
    """Return whether this is one of the processes that help rank 0; without raising anything."""
    try:
        return find_place().rank > 0
    except DigitlabError:
        return False


def _number(name: str, *, least: int = 0, most: int | None = None, default: int = 0) -> int:
    text = os.environ.get(name) or str(default)
    number = int(text) if text.isascii() and text.isdigit() else -1
    if number < least or (most is not None and number > most):
        limit = f"at least {least}" if most is None else f"from {least} to {most}"
        raise DigitlabError(
            f"the environment variable {name} is {text!r}, but must be {limit}; start the "
            "processes with torchrun, which sets it"
        )
    return number
