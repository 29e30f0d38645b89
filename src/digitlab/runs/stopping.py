"""Ctrl-C and SIGTERM: finish the step, save, and go."""

import signal
from types import FrameType

SAME_COMMAND_GOES_ON = "stopped and saved; the same command goes on from here"
"""What a command says that begins and continues runs alike."""


class StopRequest:
    """While its `with` block lasts, the first Ctrl-C or SIGTERM is only noted.

    A second one acts at once, as it does outside the block.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def __enter__(self) -> "StopRequest":
        self._before = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal_number = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
