"""Several trainings at once, each in a process of its own."""

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from digitlab.core.errors import DigitlabError
from digitlab.train.stopping import Stopped, StopRequest


def run_at_once(tasks: Mapping[str, Callable[[], object]], jobs: int) -> None:
    """Do the tasks, so many at a time, and tell on stderr when each begins and ends.

    Parameters
    ----------
    tasks
        What is to be done, by name: functions that can be pickled. What they print to stdout
        and stderr is not shown; a training keeps it in its `train.log`.
    jobs
        How many processes work at once, at least 1.

    Raises
    ------
    DigitlabError
        If a task fails: those under way are asked to stop, and no other is begun.
    Stopped
        After Ctrl-C or SIGTERM, when those under way have stopped too.
    """
    spawn = multiprocessing.get_context("spawn")  # a forked PyTorch may wait for threads it lost
    waiting = list(tasks.items())
    working: dict[str, BaseProcess] = {}
    failed: str | None = None
    with StopRequest() as stop:
        while working or waiting:
            while waiting and len(working) < jobs:
                name, task = waiting.pop(0)
                working[name] = spawn.Process(target=_work, args=(task,), daemon=True)
                working[name].start()
                print(f"begun: {name}", file=sys.stderr, flush=True)
            wait([process.sentinel for process in working.values()], timeout=0.2)
            ended = [name for name, process in working.items() if not process.is_alive()]
            for name in ended:
                exit_code = working.pop(name).exitcode
                print(f"{'ended' if exit_code else 'done'}: {name}", file=sys.stderr, flush=True)
                failed = failed or (name if exit_code else None)
            if failed or stop.signal_number:
                waiting.clear()
                _end(list(working.values()))
                working.clear()
    if stop.signal_number:
        raise Stopped("stopped and saved; the same command goes on from here", stop.signal_number)
    if failed:
        raise DigitlabError(f"{failed} failed; it says why above")


def _end(processes: list[BaseProcess]) -> None:
    """Ask each process to save and to end, and wait until all have."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def _work(task: Callable[[], object]) -> None:
    """Do the task in this process, in silence but for its errors."""
    if hasattr(os, "setpgrp"):  # Ctrl-C is for the parent, which asks its children to stop
        os.setpgrp()
    errors = sys.stderr
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        try:
            task()
        except DigitlabError as error:
            print(f"digitlab: {error}", file=errors)
            sys.exit(1)
        except Stopped as stopped:
            sys.exit(stopped.exit_code)
