"""Ctrl-C and SIGTERM: finish the step, save, and exit."""

import os
import signal
import threading
from types import FrameType

RUN_AGAIN = "stopped and saved; run the same command again to pick up where it left off"
"""The message of `digitlab repeat`, which both starts and continues runs."""

PARENT_VARIABLE = "DIGITLAB_PARENT"
"""The process ID of the parent of a training; when the parent is gone, the training stops."""


class StopRequest:
    """Inside its `with` block, the first Ctrl-C or SIGTERM is recorded instead of acting.

    A second one takes effect immediately. A training that was started by `digitlab repeat` is also
    asked to stop when that process is gone.
    """

    def __init__(self) -> None:
        self._noted: int | None = None
        parent = os.environ.get(PARENT_VARIABLE, "")
        self._parent = int(parent) if parent.isascii() and parent.isdigit() else None

    @property
    def signal_number(self) -> int | None:
        """The signal that was received, or None."""
        if self._parent and os.getppid() != self._parent:
            return signal.SIGTERM
        return self._noted

    def __enter__(self) -> "StopRequest":
        # Python delivers signals to the main thread only, and refuses handlers from any other.
        is_main = threading.current_thread() is threading.main_thread()
        self._before = {
            number: signal.signal(number, self._note)
            for number in ((signal.SIGINT, signal.SIGTERM) if is_main else ())
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
