"""Ctrl-C and SIGTERM: finish the step, save, and exit."""

import os
import signal
from types import FrameType

RUN_AGAIN = "stopped and saved; run the same command again to pick up where it left off"
"""What a command prints that begins and continues runs alike."""

PARENT_VARIABLE = "DIGITLAB_PARENT"
"""The process number of the program that started this one, and without which it must not go on."""


class StopRequest:
    """While its `with` block lasts, the first Ctrl-C or SIGTERM is only noted.

    A second one acts at once, as it does outside the block. A program that was started by
    `digitlab repeat` is also asked to stop when that process is gone.
    """

    def __init__(self) -> None:
        self._noted: int | None = None
        self._parent = int(os.environ.get(PARENT_VARIABLE, "0"))

    @property
    def signal_number(self) -> int | None:
        """The signal that was received, or None."""
        if self._parent and os.getppid() != self._parent:
            return signal.SIGTERM
        return self._noted

    def __enter__(self) -> "StopRequest":
        self._before = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._noted = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
