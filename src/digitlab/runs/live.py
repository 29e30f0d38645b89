"""What shows how far a training has come: a bar on a terminal, a line in a notebook."""

import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column

from digitlab.language import Language, Words, language_of_locale
from digitlab.records.folder import RunFolder
from digitlab.records.history import Point, TrainPoint
from digitlab.runs.snapshots import Snapshots
from digitlab.runs.watching import Lines, Several, Watcher
from digitlab.train.loop import Training

_REFRESH_SECONDS = 0.2

_EPOCH = Words("epoch {epoch}/{epochs}", "第 {epoch}/{epochs} 轮")
_LOSS = Words("loss {loss:.4f}", "损失 {loss:.4f}")
_ACCURACY = Words("accuracy {share:.2%}", "准确率 {share:.2%}")
_SPEED = Words("{images:,.0f} images/s", "{images:,.0f} 张/秒")
_TIME_LEFT = Words("ETA {minutes}:{seconds:02}", "剩余 {minutes}:{seconds:02}")


class _Live(Lines, ABC):
    """Prints the lines, and keeps one more up to date: how far the training has come.

    It is redrawn five times per second at most, in the training's own thread, so that drawing does
    not compete with the training for the processor.
    """

    def begin(self, training: Training) -> None:
        """Remember when and where this process began."""
        self._facts = {"loss": "", "accuracy": ""}
        self._first_step = training.steps_done
        self._started = self._drawn = time.perf_counter()
        self._examples_drawn = training.examples_seen
        self._images_per_second: float | None = None
        self._was_tested = False
        self._draw(training)

    def step(self, training: Training) -> None:
        """Redraw if it is time."""
        now = time.perf_counter()
        if now - self._drawn >= _REFRESH_SECONDS:
            if not self._was_tested:  # a test takes time in which no image is trained on
                examples = training.examples_seen - self._examples_drawn
                self._images_per_second = examples / (now - self._drawn)
            self._draw(training)
            self._drawn, self._examples_drawn = now, training.examples_seen
            self._was_tested = False

    def point(self, point: Point) -> None:
        """Print the point's line, and remember its value."""
        self._remember(point)
        super().point(point)

    def _remember(self, point: Point) -> None:
        if isinstance(point, TrainPoint):
            self._facts["loss"] = _LOSS.text(self.language, loss=point.loss)
        elif point.epoch:  # before the first epoch, it is that of the untrained network
            self._facts["accuracy"] = _ACCURACY.text(self.language, share=point.accuracy)
        self._was_tested = self._was_tested or not isinstance(point, TrainPoint)

    def _draw(self, training: Training) -> None:
        epoch = min(training.epochs_done + 1, training.recipe.epochs)
        facts = [it for it in self._facts.values() if it]
        if self._images_per_second:
            facts.append(_SPEED.text(self.language, images=self._images_per_second))
        done = training.steps_done - self._first_step
        if done:
            each = (time.perf_counter() - self._started) / done  # seconds, tests included
            left = round(each * (training.steps - training.steps_done))
            minutes, seconds = divmod(left, 60)
            facts.append(_TIME_LEFT.text(self.language, minutes=minutes, seconds=seconds))
        self._show(
            _EPOCH.text(self.language, epoch=epoch, epochs=training.recipe.epochs),
            training.steps_done / training.steps,
            "  ".join(facts),
        )

    @abstractmethod
    def _show(self, epoch: str, share: float, facts: str) -> None:
        """Replace what is shown; `share` of all steps is done, 0 to 1."""


class Bar(_Live):
    """Shows a bar below the lines on a terminal; it disappears when the training ends."""

    def __init__(self, console: Console, language: Language = "en") -> None:
        super().__init__(language)
        self._console = console
        self._progress: Progress | None = None

    def begin(self, training: Training) -> None:
        """Show the bar."""
        self._progress = Progress(
            *(TextColumn("{task.description}"), BarColumn(bar_width=20), TaskProgressColumn()),
            TextColumn("{task.fields[facts]}", table_column=Column(no_wrap=True)),
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("", total=1.0, facts="")
        self._progress.start()
        super().begin(training)

    def end(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _show(self, epoch: str, share: float, facts: str) -> None:
        assert self._progress is not None
        self._progress.update(self._task, description=epoch, completed=share, facts=facts)
        self._progress.refresh()

    def _is_for_people(self, *, is_result: bool) -> bool:
        return not is_result or sys.stdout.isatty()

    def _print(self, line: str, *, is_result: bool) -> None:
        if self._progress is None or not self._is_for_people(is_result=is_result):
            super()._print(line, is_result=is_result)
        else:  # above the bar
            self._console.print(line, markup=False, soft_wrap=True)


class NotebookLine(_Live):
    """Shows one line in a notebook, which replaces itself, and prints the scores."""

    def begin(self, training: Training) -> None:
        """Show the line."""
        from IPython.display import display

        self._handle: Any = display({"text/plain": ""}, raw=True, display_id=True)
        super().begin(training)

    def _show(self, epoch: str, share: float, facts: str) -> None:
        text = f"{epoch}  {share:.0%}  {facts}"
        self._handle.update({"text/plain": text}, raw=True)

    def point(self, point: Point) -> None:
        """Remember the value of a loss, without a line of its own."""
        if isinstance(point, TrainPoint):
            self._remember(point)
        else:
            super().point(point)

    def _is_for_people(self, *, is_result: bool) -> bool:
        return True

    def _print(self, line: str, *, is_result: bool) -> None:
        print(line, flush=True)


def default_watcher(
    *,
    tensorboard: Path | None = None,
    snapshots: Path | None = None,
    language: Language | None = None,
) -> Watcher:
    """Return what suits the place: a line in a notebook, a bar on a terminal, or the lines alone.

    What people see there is in their language, by default that of the locale.

    With the folder `tensorboard`, the curves are also written into it; with the folder `snapshots`,
    the weights at many moments.
    """
    language = language or language_of_locale()
    console = Console(stderr=True, highlight=False)
    if _is_notebook():
        shown: Watcher = NotebookLine(language)
    elif console.is_terminal and not console.is_dumb_terminal:
        shown = Bar(console, language)
    else:
        shown = Lines(language)
    others = recorders(tensorboard, snapshots)
    return Several([shown, *others]) if others else shown


def recorders(tensorboard: Path | None, snapshots: Path | None) -> list[Watcher]:
    """Return what writes the curves and the snapshots into these folders, if they are given."""
    watchers: list[Watcher] = []
    if tensorboard is not None:
        from digitlab.runs.tensorboard import TensorBoard  # here: it takes a second

        watchers.append(TensorBoard(tensorboard))
    if snapshots is not None:
        watchers.append(Snapshots(snapshots))
    return watchers


def recording_as_before(folder: RunFolder, watcher: Watcher) -> Watcher:
    """Return a watcher that also writes the curves and snapshots that the run has so far."""
    curves, weights = (
        it if it.is_dir() and it not in watcher.folders else None
        for it in (folder.tensorboard, folder.snapshots)
    )
    return Several([watcher, *recorders(curves, weights)])


def _is_notebook() -> bool:
    """Return whether this is a Jupyter kernel, without importing IPython elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"
