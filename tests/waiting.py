"""Waiting for other processes: so long that a slow machine is not taken for a fault."""

import subprocess
import time
from collections.abc import Callable

import pytest

PATIENCE = 300
"""Seconds after which a process that has not done what a test waits for counts as hanging."""

PAGE_PATIENCE = 120
"""The same for a page in the browser: its tests wait for smaller steps."""


def wait_until(condition: Callable[[], bool], what: str, process: subprocess.Popen[str]) -> None:
    """Wait until a process has fulfilled a condition; fail if it ends first, or hangs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None:
            pytest.fail(f"the process ended with exit code {process.returncode} before {what}")
        if time.monotonic() > deadline:
            pytest.fail(f"the process still runs after {PATIENCE} s, but not yet {what}")
        time.sleep(0.05)
