"""What is shown while a run trains: on a terminal, in a notebook, in TensorBoard, to a program."""

import io
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.language import Language
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import Point, TestPoint, TrainPoint
from digitlab.runs import live
from digitlab.runs.launch import Launch
from digitlab.runs.live import Bar, NotebookLine, default_watcher
from digitlab.runs.run import resume_run, start_run
from digitlab.runs.tensorboard import TensorBoard
from digitlab.runs.watching import Lines, Several, Watcher
from digitlab.train.loop import Training

RECIPE = Recipe(epochs=1, batch_size=50, log_every=2)
LAUNCH = Launch(seed=3, device="cpu")


class Recorder(Watcher):
    """Writes down the order of what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.points: list[Point] = []

    def begin(self, training: Training) -> None:
        self.told.append(f"begin at {training.steps_done}")

    def step(self, training: Training) -> None:
        self.told.append(f"step {training.steps_done}")

    def point(self, point: Point) -> None:
        self.told.append(type(point).__name__)
        self.points.append(point)

    def message(self, line: str) -> None:
        self.told.append(line)

    def end(self) -> None:
        self.told.append("end")


def test_a_watcher_is_told_everything_in_order(small_mnist: Dataset, tmp_path: Path):
    recorder = Recorder()
    run = start_run(RunFolder(tmp_path), RECIPE, small_mnist, LAUNCH, Several([recorder]))
    assert recorder.told[:5] == ["begin at 0", "TestPoint", "step 0", "TrainPoint", "step 1"]
    assert recorder.told[-4:] == ["step 12", "TestPoint", "step 12", "end"]
    assert recorder.points == run.history
    rates = {point.learning_rate for point in run.history if isinstance(point, TrainPoint)}
    assert rates == {0.01}
    seconds = [point.seconds for point in run.history]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


class Impatient(Watcher):
    """Fails at the third step."""

    ended = False

    def step(self, training: Training) -> None:
        if training.steps_done == 3:
            raise DigitlabError("enough")

    def end(self) -> None:
        self.ended = True


def test_a_watcher_that_fails_ends_the_run_and_is_ended(small_mnist: Dataset, tmp_path: Path):
    watcher = Impatient()
    with pytest.raises(DigitlabError, match="enough"):
        start_run(RunFolder(tmp_path), RECIPE, small_mnist, LAUNCH, watcher)
    assert watcher.ended
    run, _ = resume_run(RunFolder(tmp_path), dataset=small_mnist, command=[])
    assert run.report is not None


def test_nothing_is_printed_unless_asked_for(
    small_mnist: Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    start_run(RunFolder(tmp_path), RECIPE, small_mnist, LAUNCH)
    assert capfd.readouterr() == ("", "")


def test_without_a_terminal_only_the_tutorials_lines_are_printed(
    small_mnist: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert isinstance(default_watcher(), Lines)
    assert not isinstance(default_watcher(), Bar)
    run = start_run(RunFolder(tmp_path), RECIPE, small_mnist, LAUNCH, default_watcher())
    out, err = capsys.readouterr()
    tested = [point.line() for point in run.history if isinstance(point, TestPoint)]
    trained = [point.line() for point in run.history if isinstance(point, TrainPoint)]
    assert out.splitlines() == tested
    assert err.splitlines() == trained


def test_on_a_terminal_the_lines_stay_above_a_bar_that_disappears(tmp_path: Path):
    """In a real process with a real pseudo-terminal."""
    outside, inside = pty.openpty()
    words = ["train", "--epochs", "2", "--train-images", "3000", "--no-figures", "--run", tmp_path]
    process = subprocess.Popen(
        [sys.executable, "-m", "digitlab", *map(str, words)],
        stdout=inside, stderr=inside, env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(inside)
    shown = b""
    while True:
        try:
            shown += os.read(outside, 65536)
        except OSError:  # the process has closed its end
            break
    assert process.wait() == 0
    text = shown.decode()
    bar = r"epoch 2/2.*\d+%.*loss \d\.\d{4}.*accuracy \d+\.\d\d%.*[\d,]+ images/s.*ETA \d+:\d\d"
    assert re.search(bar, text)
    assert text.count("Train Epoch: 2 [") == 5
    assert text.count("Test set: Avg. loss") == 3
    log = (tmp_path / "train.log").read_text().splitlines()
    positions = [text.index(line.expandtabs()[:40]) for line in log]
    assert positions == sorted(positions)
    assert "epoch 2/2" not in text.rpartition("Test set: Avg. loss")[2].rpartition("\x1b[2K")[2]


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", ("Train Epoch: 1 [", "ETA 0:0")), ("zh", ("训练第 1 轮 [", "第 1/1 轮", "剩余 0:0"))],
)
def test_results_in_a_file_are_plain_while_the_bar_is_on_the_terminal(
    small_mnist: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, language: Language, shown: tuple[str, ...],
):  # fmt: skip
    monkeypatch.setattr(live, "_REFRESH_SECONDS", 0.0)
    terminal = io.StringIO()
    bar = Bar(Console(file=terminal, force_terminal=True, width=120, highlight=False), language)
    run = start_run(RunFolder(tmp_path), RECIPE, small_mnist, LAUNCH, bar)
    out, err = capsys.readouterr()
    assert out.splitlines() == [it.line() for it in run.history if isinstance(it, TestPoint)]
    assert err == ""
    assert all(words in terminal.getvalue() for words in shown)
    assert "Accuracy:" not in terminal.getvalue()
    assert "准确率：" not in terminal.getvalue()
    log = (tmp_path / "train.log").read_text().splitlines()
    assert log == [point.line() for point in run.history]


def test_a_notebook_has_one_line_that_replaces_itself(
    small_mnist: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    shown: list[str] = []
    update = lambda data, **_: shown.append(data["text/plain"])  # noqa: E731
    package, display = ModuleType("IPython"), ModuleType("IPython.display")
    shell = type("ZMQInteractiveShell", (), {})()
    package.get_ipython = lambda: shell  # type: ignore[attr-defined]
    display.display = lambda *_, **__: SimpleNamespace(update=update)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(live, "_REFRESH_SECONDS", 0.0)
    watcher = default_watcher()
    assert isinstance(watcher, NotebookLine)
    start_run(RunFolder(tmp_path), RECIPE, small_mnist, LAUNCH, watcher)
    assert re.fullmatch(r"epoch 1/1  \d+%  loss .*  .* images/s  ETA 0:\d\d", shown[-3])
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("Test set") == 2
    assert "Train Epoch" not in out


def test_tensorboard_has_the_same_curves_after_a_stop(small_mnist: Dataset, tmp_path: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = RunFolder(tmp_path)

    class StopAt(TensorBoard):
        def step(self, training: Training) -> None:
            if training.steps_done == 21:  # one step after a checkpoint, in the second epoch
                raise DigitlabError("stop")

    launch = Launch(seed=3, device="cpu", checkpoint_steps=4)
    two = replace(RECIPE, epochs=2)
    with pytest.raises(DigitlabError, match="stop"):
        start_run(folder, two, small_mnist, launch, StopAt(folder.tensorboard))
    run, _ = resume_run(
        folder, dataset=small_mnist, command=[], watcher=TensorBoard(folder.tensorboard)
    )
    run, _ = resume_run(  # at the end of an epoch, whose score must stay
        folder, dataset=small_mnist, command=[], epochs=3, watcher=TensorBoard(folder.tensorboard)
    )
    events = EventAccumulator(str(folder.tensorboard)).Reload()
    losses = [(it.step, it.value) for it in events.Scalars("loss/train")]
    trained = [it for it in run.history if isinstance(it, TrainPoint)]
    assert [step for step, _ in losses] == [it.examples // 50 + 1 for it in trained]
    assert [value for _, value in losses] == pytest.approx([it.loss for it in trained])
    accuracies = [(it.step, it.value) for it in events.Scalars("accuracy/test")]
    tested = [it for it in run.history if isinstance(it, TestPoint)]
    assert accuracies == [(it.examples // 50, pytest.approx(it.accuracy)) for it in tested]
    assert (
        "| batch_size | 50 |"
        in events.Tensors("recipe/text_summary")[0].tensor_proto.string_val[0].decode()
    )


def test_without_tensorboard_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(DigitlabError, match=r"pip install '\.\[tensorboard\]'"):
        TensorBoard(tmp_path)
