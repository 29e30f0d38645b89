"""Who follows a run while it trains: the log, the tutorial's lines, and a live bar."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column

from digitlab.records.folder import RunFolder
from digitlab.records.history import Point, ScorePoint, TrainPoint
from digitlab.train.loop import Training

_REFRESH_SECONDS = 0.2


class Watcher:
    """Follows a run while it trains; this one shows nothing.

    A subclass overrides what it is interested in. What it raises ends the run.
    """

    @contextmanager
    def during(self, training: Training) -> Iterator[None]:
        """Begin, and end whatever happens in the `with` block."""
        try:
            self.begin(training)
            yield
        finally:
            self.end()

    def begin(self, training: Training) -> None:
        """Get ready: the first step in this process is about to be taken."""

    def step(self, training: Training) -> None:
        """Be called after every step and every test."""

    def point(self, point: Point) -> None:
        """Be given a loss or a score that was recorded."""

    def message(self, line: str) -> None:
        """Be given a sentence that people should know."""

    def end(self) -> None:
        """Clean up: the training is finished, was stopped, or has failed."""


SILENT = Watcher()


class Several(Watcher):
    """Passes everything on to several watchers."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers

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
    """Prints the tutorial's lines: scores to stdout, everything else to stderr."""

    def point(self, point: Point) -> None:
        """Print the point's line."""
        self._print(point.line(), is_result=isinstance(point, ScorePoint))

    def message(self, line: str) -> None:
        """Print the line to stderr."""
        self._print(line, is_result=False)

    def _print(self, line: str, *, is_result: bool) -> None:
        print(line, file=sys.stdout if is_result else sys.stderr, flush=True)


class Bar(Lines):
    """Prints the same lines above a bar with epoch, loss, accuracy, images per second and ETA.

    The bar is redrawn five times per second at most, in the training's own thread, so that it does
    not compete with it for the processor.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._progress: Progress | None = None

    def begin(self, training: Training) -> None:
        """Show the bar."""
        facts = TextColumn("{task.fields[facts]}", table_column=Column(no_wrap=True))
        self._progress = Progress(
            *(TextColumn("{task.description}"), BarColumn(bar_width=20), TaskProgressColumn()),
            facts,
            console=self._console,
            auto_refresh=False,
            transient=True,  # afterwards only the lines stay
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._facts = {"loss": "", "accuracy": ""}
        self._first_step = training.steps_done
        self._started = self._drawn = time.perf_counter()
        self._examples_drawn = training.examples_seen
        self._task = self._progress.add_task("", total=training.steps, facts="")
        self._progress.start()
        self._draw(training, images_per_second=None)

    def step(self, training: Training) -> None:
        """Redraw the bar if it is time."""
        now = time.perf_counter()
        if now - self._drawn >= _REFRESH_SECONDS:
            examples = training.examples_seen - self._examples_drawn
            self._draw(training, images_per_second=examples / (now - self._drawn))
            self._drawn, self._examples_drawn = now, training.examples_seen

    def point(self, point: Point) -> None:
        """Print the point's line and remember its value for the bar."""
        if isinstance(point, TrainPoint):
            self._facts["loss"] = f"loss {point.loss:.4f}"
        else:
            self._facts["accuracy"] = f"accuracy {point.correct / point.total:.2%}"
        super().point(point)

    def end(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _draw(self, training: Training, images_per_second: float | None) -> None:
        assert self._progress is not None
        epoch = min(training.epochs_done + 1, training.recipe.epochs)
        facts = [it for it in self._facts.values() if it]
        if images_per_second:
            facts.append(f"{images_per_second:,.0f} images/s")
        done = training.steps_done - self._first_step
        if done:
            each = (time.perf_counter() - self._started) / done  # seconds, tests included
            left = round(each * (training.steps - training.steps_done))
            facts.append(f"ETA {left // 60}:{left % 60:02}")
        self._progress.update(
            self._task,
            completed=training.steps_done,
            description=f"epoch {epoch}/{training.recipe.epochs}",
            facts="  ".join(facts),
        )
        self._progress.refresh()

    def _print(self, line: str, *, is_result: bool) -> None:
        if self._progress is None or (is_result and not sys.stdout.isatty()):
            super()._print(line, is_result=is_result)
        else:  # above the bar
            self._console.print(line, markup=False, soft_wrap=True)


def terminal_watcher(*, tensorboard: Path | None = None) -> Watcher:
    """Return the bar if stderr is a terminal that can show one, and otherwise the lines alone.

    With the folder `tensorboard`, the curves are also written into it.
    """
    console = Console(stderr=True, highlight=False)
    can_redraw = console.is_terminal and not console.is_dumb_terminal
    shown = Bar(console) if can_redraw else Lines()
    if tensorboard is None:
        return shown
    from digitlab.runs.tensorboard import TensorBoard  # here: it takes a second

    return Several([shown, TensorBoard(tensorboard)])
