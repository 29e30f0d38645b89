"""A run on pages that is stopped from the shell."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digitlab.train.checkpoint import read_checkpoint


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_saves_and_leaves_no_process(spawn: Callable, tmp_path: Path):
    run = tmp_path / "run"
    process = spawn(
        *("train", "--recipe=page", "--crops=400", "--batch-size=2", "--log-every=1"),
        *("--validation=0", "--train-images=500", "--no-figures", "--run", run),
    )
    for line in process.stderr:
        if line.startswith("Train Epoch: 1 [2/400"):
            break
    composing = children_of(process.pid)
    assert composing
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, "Traceback" in err) == (130, False), err
    assert read_checkpoint(run / "last.safetensors").progress.batches_done >= 2
    for number in composing:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def children_of(number: int) -> list[int]:
    """Return the processes that any thread of a process has started."""
    threads = Path(f"/proc/{number}/task").iterdir()
    return [int(it) for thread in threads for it in (thread / "children").read_text().split()]
