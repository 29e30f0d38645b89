"""A run's server-sent events: what is new in its folder, as it is written, until the run ends.

Each event has an id, POINTS.STEP: how many points were sent, and the step of the last snapshot. A
browser that lost the connection sends the last one back, and gets what came after it.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

import msgspec
from starlette.concurrency import run_in_threadpool

from digitlab.errors import DigitlabError
from digitlab.files import check_is_file
from digitlab.lab.runs import Runs
from digitlab.records.claim import is_training
from digitlab.records.folder import RunFolder
from digitlab.records.history import Point
from digitlab.records.snapshots import SNAPSHOTS, list_snapshots

_POLL_SECONDS = 0.25
_HEARTBEAT_SECONDS = 10
_MOST_AT_ONCE = 500  # events between two looks at the connection
_ID = re.compile(r"(\d{1,12})\.(-1|\d{1,12})")


@dataclass(frozen=True)
class Place:
    """How much of a run was sent."""

    points: int = 0
    step: int = -1
    """Of the last snapshot that was sent."""

    def __str__(self) -> str:
        return f"{self.points}.{self.step}"

    @classmethod
    def of(cls, text: str | None) -> "Place":
        """Return the place that an id names; the beginning if it is no id."""
        found = _ID.fullmatch(text or "")
        return cls(int(found[1]), int(found[2])) if found else cls()


class _News:
    """What is new in a run's folder since a place."""

    def __init__(self, folder: RunFolder, place: Place) -> None:
        self.place = place
        self._folder = folder
        self._offset = self._lines = 0  # what was read of the history: bytes, and lines in them

    def events(self) -> list[bytes]:
        """Return the next events: points as they are in the history, and steps of snapshots.

        Raises `DigitlabError` if the history is damaged.
        """
        return [*self._points(), *self._snapshots()]

    def _points(self) -> Iterator[bytes]:
        path = self._folder.history_jsonl
        check_is_file(path)
        try:
            if path.stat().st_size < self._offset:
                # The run was continued from an earlier checkpoint, and records the same points
                # again. Those that were sent are skipped.
                self._offset = self._lines = 0
            with path.open("rb") as stream:
                stream.seek(self._offset)
                content = stream.read()
        except OSError:  # nothing was recorded yet
            return
        complete = content[: content.rfind(b"\n") + 1]
        for line in complete.splitlines()[:_MOST_AT_ONCE]:
            self._offset += len(line) + 1
            self._lines += 1
            if self._lines <= self.place.points:
                continue
            try:
                msgspec.json.decode(line, type=Point)
            except (ValueError, RecursionError) as error:
                raise DigitlabError(f"{path} is damaged: {error}") from error
            self.place = replace(self.place, points=self._lines)
            yield _event("point", line, self.place)

    def _snapshots(self) -> Iterator[bytes]:
        for step in list_snapshots(self._folder.path / SNAPSHOTS):
            if step > self.place.step:
                self.place = replace(self.place, step=step)
                yield _event("snapshot", msgspec.json.encode({"step": step}), self.place)


async def follow(
    runs: Runs, name: str, after: Place, wait: Callable[[float], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Yield a run's events after a place, and its status at the start and at the end.

    The stream ends when the run does: then the status is not `running`. `wait` waits for so many
    seconds, and returns whether the server is closing, which ends the stream as well.
    """
    folder = runs.run(name)
    news = _News(folder, after)
    yield await run_in_threadpool(_status, runs, name, news)
    quiet, is_closing = 0.0, False
    while not is_closing:
        is_running = await run_in_threadpool(
            lambda: runs.trainings.is_alive(name) or is_training(folder)
        )  # before the files are read: what is written later is found by the next look
        try:
            events = await run_in_threadpool(news.events)
        except DigitlabError:
            break  # the status says why
        if events:
            yield b"".join(events)
            quiet = 0.0
        elif not is_running:
            break
        else:
            is_closing = await wait(_POLL_SECONDS)
            quiet += _POLL_SECONDS
            if quiet >= _HEARTBEAT_SECONDS:
                yield b": nothing new\n\n"  # a comment: it keeps the connection open
                quiet = 0.0
    if not is_closing:
        yield await run_in_threadpool(_status, runs, name, news)


def _status(runs: Runs, name: str, news: _News) -> bytes:
    try:
        status, error = runs.status(name)
    except DigitlabError as gone:  # somebody has removed the folder
        status, error = "failed", str(gone)
    return _event("status", msgspec.json.encode({"status": status, "error": error}), news.place)


def _event(kind: str, data: bytes, place: Place) -> bytes:
    return b"event: %s\nid: %s\ndata: %s\n\n" % (kind.encode(), str(place).encode(), data)
