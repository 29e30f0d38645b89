"""The process that `nursery.py` talks to: for each line of JSON on stdin, it forks a process."""

import contextlib
import ctypes
import importlib
import json
import math
import os
import resource
import select
import signal
import sys
import time
from functools import partial
from typing import Any

from torture.processes import children_of, end_with
from torture.sabotage import Counter, Sabotage, install

_LAST_SECONDS = 10.0
"""In which these processes must end after it."""
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)
_ADOPT = 36  # of prctl(2): be the parent of descendants whose own parent has ended


def command(*words: str) -> None:
    """Do what `digitlab WORDS` does."""
    from digitlab.cli.app import main

    sys.argv = ["digitlab", *words]
    main()


def main(preload: list[str]) -> None:
    """Answer until stdin ends."""
    for name in preload:
        importlib.import_module(name)
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    ctypes.CDLL(None).prctl(_ADOPT, 1)
    for line in sys.stdin.buffer:
        print(json.dumps(_answer(json.loads(line))), file=replies, flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    counter = Counter()
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, target in ((nothing, 0), (out_end, 1), (err_end, 2)):
            os.dup2(descriptor, target)
        end_with(partial(_live, request, counter))
    os.close(out_end)
    os.close(err_end)
    printed, hung = _watch(child, (out, err), request["kill_after"], request["patience"])
    _, status, usage = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "out": printed[out].decode(errors="replace"),
        "err": printed[err].decode(errors="replace"),
        "seconds": time.perf_counter() - start,
        "peak_bytes": usage.ru_maxrss * 1024,
        "changes": int(counter),
        "hung": hung,
        "left_behind": _left_behind(),
    }


def _watch(
    child: int, pipes: tuple[int, int], kill_after: float | None, patience: float
) -> tuple[dict[int, bytearray], bool]:
    """Wait for a process's end, or end it; return what it printed to each pipe, and if it hung.

    Processes that it started may keep the pipes open, so only its own end counts.
    """
    ended = os.pidfd_open(child)
    deadline = time.monotonic() + (patience if kill_after is None else kill_after)
    printed, is_overdue = {pipe: bytearray() for pipe in pipes}, False
    waiting = {ended, *pipes}
    while ended in waiting:
        ready = select.select(waiting, [], [], _left(deadline))[0]
        if not ready:
            os.kill(child, signal.SIGKILL)
            is_overdue, deadline = True, math.inf
        for descriptor in ready:
            if descriptor == ended or not _read_some(descriptor, printed[descriptor]):
                waiting.discard(descriptor)
    for pipe in pipes:
        while select.select([pipe], [], [], 0)[0] and _read_some(pipe, printed[pipe]):
            pass
        os.close(pipe)
    os.close(ended)
    return printed, is_overdue and kill_after is None


def _left(deadline: float) -> float | None:
    return None if deadline == math.inf else max(0.0, deadline - time.monotonic())


def _read_some(pipe: int, into: bytearray) -> bool:
    """Read what there is; return False at the end."""
    part = os.read(pipe, 1 << 16)
    into += part
    return bool(part)


def _left_behind() -> list[int]:
    """Return the processes that still run, after they had time to end; and end them."""
    deadline = time.monotonic() + _LAST_SECONDS
    while (found := _adopted()) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in found:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    return found


def _adopted() -> list[int]:
    """Return the processes that a command has started, that run, and whose parent has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return children_of(os.getpid())


def _live(request: dict[str, Any], counter: Counter) -> None:
    """Do what was asked for, as the new process."""
    sys.stdout, sys.stderr = (os.fdopen(it, "w", closefd=False) for it in (1, 2))
    os.environ.update(request["variables"])
    if request["cwd"]:
        os.chdir(request["cwd"])
    if request["without_network"]:
        _leave_network()
    if request["most_file_bytes"] is not None:
        _limit_files(request["most_file_bytes"], torn=request["torn"])
    if request["sabotage"]:
        install(Sabotage(**request["sabotage"]), counter)
    module, _, name = request["function"].partition(":")
    getattr(importlib.import_module(module), name)(*request["arguments"])


def _limit_files(most_bytes: int, *, torn: bool) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if torn else signal.SIG_IGN)


def _leave_network() -> None:
    flags = _NEW_NETWORK if os.geteuid() == 0 else _NEW_USER | _NEW_NETWORK
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace of its own")


if __name__ == "__main__":
    main(sys.argv[1:])
