"""Several trainings at once, each in a process of its own."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from digitlab.errors import DigitlabError, Stopped
from digitlab.runs.stopping import SAME_COMMAND_GOES_ON, StopRequest


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
        If a task fails: those under way are asked to stop, and no other is begun. Also where the
        system has no groups of processes (Windows).
    Stopped
        After Ctrl-C or SIGTERM, when those under way have stopped too.
    """
    if not hasattr(os, "setpgrp"):
        raise DigitlabError("this system can train only one at a time: give --jobs 1")
    waiting = list(tasks.items())
    working: dict[str, BaseProcess] = {}
    with StopRequest() as stop:
        try:
            while (working or waiting) and not stop.signal_number:
                while waiting and len(working) < jobs:
                    name, task = waiting.pop(0)
                    working[name] = _begin(task)
                    print(f"begun: {name}", file=sys.stderr, flush=True)
                wait([process.sentinel for process in working.values()], timeout=0.2)
                for name in [name for name, it in working.items() if not it.is_alive()]:
                    exit_code = working.pop(name).exitcode
                    if exit_code:
                        raise DigitlabError(
                            f"{name} ended with exit code {exit_code}: what it said stands above "
                            "or in its train.log; the same command goes on from here"
                        )
                    print(f"done: {name}", file=sys.stderr, flush=True)
        finally:
            for process in working.values():
                process.terminate()  # a training saves and ends
            for name, process in working.items():
                process.join()
                print(f"stopped: {name}", file=sys.stderr, flush=True)
    if stop.signal_number:
        raise Stopped(SAME_COMMAND_GOES_ON, stop.signal_number)


def _begin(task: Callable[[], object]) -> BaseProcess:
    """Start a process that does the task."""
    spawn = multiprocessing.get_context("spawn")  # a forked PyTorch may wait for threads it lost
    process = spawn.Process(target=_work, args=(task,), daemon=True)
    # Ctrl-C is for the parent, which asks its children to stop: until they have left its group,
    # they are not to hear of it. What is blocked stays so in a new process.
    resource_tracker.ensure_running()  # it would unblock the signal when it first starts
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return process


def _work(task: Callable[[], object]) -> None:
    """Do the task in this process, in silence but for its errors."""
    _end_with_parent()
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


def _end_with_parent() -> None:
    """Leave the parent's group, and ask this process to stop when the parent is no more."""
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # forgets one that came while it was blocked
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
