"""Who follows a run while it trains: the log in its folder, and the tutorial's lines."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from digitlab.language import Language
from digitlab.records.folder import RunFolder
from digitlab.records.history import Point, ScorePoint
from digitlab.train.loop import Training


class Watcher:
    """Follows a run while it trains; this one shows nothing.

    A subclass overrides what it is interested in. What it raises ends the run.
    """

    folders: Sequence[Path] = ()
    """Folders in the run's folder that it writes into. They show that a run is followed in this
    way, so a new run has them as soon as it has its record."""

    @contextmanager
    def during(self, training: Training) -> Iterator[None]:
        """Begin, and end whatever happens in the `with` block."""
        try:
            self.begin(training)
            yield
        finally:
            self.end()

    def begin(self, training: Training) -> None:
        """Start to follow: the first step in this process comes next."""

    def step(self, training: Training) -> None:
        """Follow a step, or a test."""

    def point(self, point: Point) -> None:
        """Follow a loss or a score that was recorded."""

    def message(self, line: str) -> None:
        """Pass on a sentence that people should know."""

    def end(self) -> None:
        """Stop following: the training is finished, was stopped, or has failed."""


SILENT = Watcher()


class Several(Watcher):
    """Passes everything on to several watchers."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers
        self.folders = [folder for watcher in watchers for folder in watcher.folders]

    def begin(self, training: Training) -> None:
        """See `Watcher`."""
        for watcher in self.watchers:
            watcher.begin(training)

    def step(self, training: Training) -> None:
        """See `Watcher`."""
        for watcher in self.watchers:
            watcher.step(training)

    def point(self, point: Point) -> None:
        """See `Watcher`."""
        for watcher in self.watchers:
            watcher.point(point)

    def message(self, line: str) -> None:
        """See `Watcher`."""
        for watcher in self.watchers:
            watcher.message(line)

    def end(self) -> None:
        """See `Watcher`."""
        for watcher in self.watchers:
            watcher.end()


class Log(Watcher):
    """Keeps every point and every line in the run's folder."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def point(self, point: Point) -> None:
        """Add it to `history.jsonl` and its line to `train.log`."""
        self.folder.append_point(point)
        self.folder.append_log(point.line())

    def message(self, line: str) -> None:
        """Add it to `train.log`."""
        self.folder.append_log(line)


class Lines(Watcher):
    """Prints the tutorial's lines: scores to stdout, everything else to stderr.

    They are English wherever programs may read them: only what a terminal or a notebook shows is in
    the reader's `language`.
    """

    def __init__(self, language: Language = "en") -> None:
        self.language = language

    def point(self, point: Point) -> None:
        """Print the point's line."""
        is_result = isinstance(point, ScorePoint)
        shown_in = self.language if self._is_for_people(is_result=is_result) else "en"
        self._print(point.line(shown_in), is_result=is_result)

    def message(self, line: str) -> None:
        """Print the line to stderr."""
        self._print(line, is_result=False)

    def _is_for_people(self, *, is_result: bool) -> bool:
        return (sys.stdout if is_result else sys.stderr).isatty()

    def _print(self, line: str, *, is_result: bool) -> None:
        print(line, file=sys.stdout if is_result else sys.stderr, flush=True)
