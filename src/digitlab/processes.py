"""Compute with several processes, and yield the results in order.

A process is a new Python that runs this module: `multiprocessing` would run the user's own script
again, or copy a process whose threads it does not copy. It ends by itself when nobody reads its
results any more, so none outlives a program that was killed.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from digitlab.errors import DigitlabError

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4  # items
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def cores() -> int:
    """Return how many cores this process may use."""
    has_affinity = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1


def in_processes(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    processes: int,
    *,
    ahead: int = _AHEAD,
) -> Generator[Result]:
    """Yield `work(item)` for each item, in their order.

    Parameters
    ----------
    work
        A function that can be pickled, as items and results can.
    items
        They are taken before their results are needed.
    processes
        How many processes compute; one is started when there is an item for it. With 0, each result
        is computed in this process, when it is needed.
    ahead
        For how many items each process computes the results before they are needed, at least 1.

    Raises what `work` raises, and `DigitlabError` if a process ends before it is done. When the
    generator is closed, or an error passes through it, all processes are ended.
    """
    if not processes:
        yield from map(work, items)
        return
    workers: list[_Worker[Item, Result]] = []
    waiting: deque[Future[Result]] = deque()
    try:
        for place, item in enumerate(items):
            if place < processes:
                workers.append(_Worker(work))
            if len(waiting) == ahead * processes:
                yield waiting.popleft().result()
            waiting.append(workers[place % processes].ask(item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[Item, Result]):
    """A process that computes one item after the other, and a thread that talks to it."""

    def __init__(self, work: Callable[[Item], Result]) -> None:
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for this program, which ends the process
        )
        self._thread = ThreadPoolExecutor(1)
        self._thread.submit(self._send, work)

    def ask(self, item: Item) -> Future[Result]:
        """Have one more item computed."""
        return self._thread.submit(self._answer, item)

    def end(self) -> None:
        """End the process and the thread."""
        self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        self._process.wait()

    def _send(self, value: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already, which `_answer` reports
            pickle.dump(value, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def _answer(self, item: Item) -> Result:
        assert self._process.stdout is not None
        self._send(item)
        try:
            result, error = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as problem:
            code = self._process.wait()
            raise DigitlabError(
                f"a process that helps this one ended with exit code {code}, perhaps because there "
                "was too little memory for both"
            ) from problem
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]


def _main() -> None:
    """Compute what stdin asks for, and write the results to stdout, until one of them is closed."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not be taken for a result
    with suppress(EOFError, BrokenPipeError):
        work = pickle.load(sys.stdin.buffer)
        while True:
            item = pickle.load(sys.stdin.buffer)
            answer: tuple[Any, Exception | None]
            try:
                answer = work(item), None
            except Exception as error:  # it is raised again where the result is needed
                answer = None, error
            pickle.dump(answer, results, protocol=pickle.HIGHEST_PROTOCOL)
            results.flush()
    os._exit(0)


if __name__ == "__main__":
    _main()
