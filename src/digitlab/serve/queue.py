"""A bounded queue with one thread behind it: what waits is answered together.

No request waits for a batch to fill. The thread takes whatever waits when it becomes free: one
request if there is little to do, many under load. A full queue refuses at once, so that a caller
can try again elsewhere, instead of waiting for an answer that comes too late.
"""

import asyncio
import contextlib
import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from digitlab.serve.replies import ServiceError

Function = Callable[[list[Any]], Sequence[Any]]
"""Takes a list of things and returns one answer for each, in their order."""


@dataclass(eq=False, slots=True)
class _Job:
    """Some things for which one caller awaits the answers."""

    function: Function
    things: list[Any]
    answer: "asyncio.Future[Any]"


class BatchQueue:
    """Answers jobs in a thread of its own, in the order in which they came.

    Jobs that wait at the same time and use the same function are answered by one call of it.

    Parameters
    ----------
    name
        Of the thread.
    room
        How many jobs may wait or be at work, at least 1.
    at_once
        How many jobs the thread takes together, at least 1.
    on_batch
        Is called in the thread with the number of things in each call of a function.
    on_waiting
        Is called with the number of jobs that wait or are at work whenever it changes.
    """

    def __init__(
        self,
        name: str,
        *,
        room: int,
        at_once: int,
        on_batch: Callable[[int], None],
        on_waiting: Callable[[int], None],
    ) -> None:
        self.waiting = 0
        """How many jobs wait or are at work."""
        self._room = room
        self._at_once = at_once
        self._on_batch = on_batch
        self._on_waiting = on_waiting
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def answers(self, function: Function, things: list[Any]) -> Sequence[Any]:
        """Return what a function answers for each thing.

        Raises `ServiceError` 503 at once if the queue is full, and whatever the function raises. A
        job whose caller is cancelled while it waits is not worked on.
        """
        if self.waiting >= self._room:
            raise ServiceError(
                503,
                f"the service is busy: {self.waiting} requests wait already; try again in a second",
                {"Retry-After": "1"},
            )
        job = _Job(function, things, self._loop.create_future())
        self.waiting += 1
        self._on_waiting(self.waiting)
        self._jobs.put(job)
        answers: Sequence[Any] = await job.answer
        return answers

    def close(self) -> None:
        """Let the thread end after the jobs that wait."""
        self._jobs.put(None)

    def _work(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < self._at_once and jobs[-1] is not None:
                try:
                    jobs.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            is_last = jobs[-1] is None
            taken = [job for job in jobs if job is not None]
            wanted = [job for job in taken if not job.answer.done()]
            results = []
            for _, group in itertools.groupby(wanted, key=lambda job: job.function):
                results += self._call(list(group))
            with contextlib.suppress(RuntimeError):  # the loop has ended without waiting for us
                self._loop.call_soon_threadsafe(self._deliver, len(taken), results)
            if is_last:
                return

    def _call(self, jobs: list[_Job]) -> list[tuple[_Job, Any]]:
        """Return each job with its answers, or with the exception that it caused."""
        things = [thing for job in jobs for thing in job.things]
        self._on_batch(len(things))
        try:
            answers = jobs[0].function(things)
        except BaseException as error:
            if len(jobs) == 1:
                return [(jobs[0], error)]
            return [result for job in jobs for result in self._call([job])]  # only one is to blame
        results, start = [], 0
        for job in jobs:
            end = start + len(job.things)
            results.append((job, answers[start:end]))
            start = end
        return results

    def _deliver(self, taken: int, results: list[tuple[_Job, Any]]) -> None:
        self.waiting -= taken
        self._on_waiting(self.waiting)
        for job, result in results:
            if job.answer.done():  # its caller is gone
                continue
            if isinstance(result, BaseException):
                job.answer.set_exception(result)
            else:
                job.answer.set_result(result)
