"""Compute in other processes what a training needs next, in the order in which it is needed.

A process is a new Python that runs this module: `multiprocessing` would run the user's own script
again, or copy a process whose threads it does not copy. It ends by itself when nobody reads its
results any more, so none outlives a training that was killed.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from digitlab.errors import DigitlabError

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 48  # results of each process that wait until they are needed

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], processes: int
) -> Generator[Result]:
    """Yield `work(item)` for each item, in their order, computed ahead in other processes.

    Parameters
    ----------
    work
        A function or object that can be pickled and does not depend on the order of its calls.
    items
        They can be pickled and sliced, such as a range.
    processes
        How many processes share the items; with 0, each result is computed here when it is taken.

    Raises what `work` raises, and `DigitlabError` if a process ends before it is done. When the
    iterator is closed, the processes are ended.
    """
    if not processes:
        yield from map(work, items)
        return
    workers = [_Worker(work, items[first::processes]) for first in range(processes)]
    try:
        for place in range(len(items)):
            yield workers[place % processes].next()
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[Item, Result]):
    """A process that computes its items one after the other, and a thread that receives them."""

    def __init__(self, work: Callable[[Item], Result], items: Sequence[Item]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **_ONE_THREAD,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            start_new_session=True,  # Ctrl-C is for the training, which saves first
        )
        self._reader = ThreadPoolExecutor(1)
        # Sent by the thread, because the process has to start before it can receive it.
        self._reader.submit(self._send, (work, items))
        self._unasked = len(items)
        self._waiting: deque[Future[Result]] = deque()
        for _ in range(_AHEAD):
            self._ask()

    def next(self) -> Result:
        """Return the next result, and have one more received."""
        self._ask()
        return self._waiting.popleft().result()

    def _ask(self) -> None:
        if self._unasked:
            self._waiting.append(self._reader.submit(self._receive))
            self._unasked -= 1

    def end(self) -> None:
        """End the process and the thread."""
        self._process.kill()
        self._reader.shutdown(cancel_futures=True)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        self._process.wait()

    def _send(self, task: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already, which `_receive` reports
            pickle.dump(task, self._process.stdin)
            self._process.stdin.flush()

    def _receive(self) -> Result:
        assert self._process.stdout is not None
        try:
            result, error = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as problem:
            code = self._process.wait()
            why = "perhaps for lack of memory" if code < 0 else "see what it printed"
            raise DigitlabError(
                f"a process that composes training crops ended with exit code {code}, {why}"
            ) from problem
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]


def _main() -> None:
    """Compute what stdin asks for; write the results to stdout until nobody reads them."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not be taken for a result
    try:
        work, items = pickle.load(sys.stdin.buffer)
        for item in items:
            answer: tuple[Any, Exception | None]
            try:
                answer = work(item), None
            except Exception as error:  # it is raised again where the result is needed
                answer = None, error
            pickle.dump(answer, results, protocol=pickle.HIGHEST_PROTOCOL)
            results.flush()
    except (EOFError, BrokenPipeError):  # the training has ended
        os._exit(0)


if __name__ == "__main__":
    _main()
