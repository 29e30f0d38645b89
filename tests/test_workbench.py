"""Trainings from Python, as in a notebook: results are values, and nothing is printed."""

import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import digitlab
from digitlab import DigitlabError, Recipe, Run
from digitlab.data.dataset import Dataset
from digitlab.records.folder import RunFolder
from digitlab.records.history import TrainPoint
from digitlab.runs.launch import Launch
from digitlab.runs.run import start_run
from digitlab.runs.watching import Watcher
from digitlab.train.networks import normalize

SHORT = Recipe(epochs=1, batch_size=50, log_every=2)


class Flat(nn.Module):
    """A network of the user's own."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(784, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(images.flatten(1))


@pytest.fixture(autouse=True)
def findable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the class above be found by the name of its module, as in a program."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Flat.__module__])


def test_a_run_is_started_continued_and_read_without_a_word(
    small_mnist: Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    run = Run.start(tmp_path / "a", SHORT, dataset=small_mnist, seed=3, device="cpu", epochs=2)
    launch = Launch(seed=3, device="cpu")
    whole = start_run(RunFolder(tmp_path / "b"), replace(SHORT, epochs=2), small_mnist, launch)
    assert run.report is not None
    assert whole.report == msgspec.structs.replace(run.report, model=str(tmp_path / "b"))
    assert [(p.epoch, p.loss) for p in run.history] == [(p.epoch, p.loss) for p in whole.history]
    run.resume(epochs=3)
    assert run.recipe == replace(SHORT, epochs=3)
    assert run.report.epochs == 3
    assert [command.examples for command in run.record.commands] == [0, 1200]
    assert run.record.commands[0].command.startswith("digitlab train --recipe tutorial --epochs=2")
    assert run.record.commands[1].command == f"digitlab resume {run.path} --epochs=3"
    with pytest.raises(DigitlabError, match="language is 'fr', but must be one of en, zh"):
        run.figures(language="fr")  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")


def test_the_history_is_there_as_arrays(small_mnist: Dataset, tmp_path: Path):
    run = Run.start(
        tmp_path, SHORT, dataset=small_mnist, device="cpu", epochs=2, validation=100,
        schedule="triangle",
    )  # fmt: skip
    curves = run.curves
    assert curves.train.examples.tolist() == list(range(0, 1000, 100))
    assert curves.train.loss.dtype == np.float64
    trained = [it for it in run.history if isinstance(it, TrainPoint)]
    assert curves.train.loss.tolist() == [it.loss for it in trained]
    expected = [0.01 * (1 - step / 20) for step in range(0, 20, 2)]
    assert curves.train.learning_rate.tolist() == pytest.approx(expected)
    assert (np.diff(curves.train.seconds) > 0).all()
    assert curves.held_out.epoch.tolist() == [0, 1, 2]
    assert curves.test.epoch.tolist() == [2]
    assert run.report is not None
    assert curves.test.accuracy[0] == run.report.accuracy


def test_a_network_of_your_own_is_a_class(small_mnist: Dataset, tmp_path: Path):
    run = Run.start(
        tmp_path, SHORT, network=Flat, dataset=small_mnist, seed=2, device="cpu", epochs=2
    )
    assert run.recipe.network.endswith(":Flat")
    assert run.record.parameters == 7_850
    network = run.network()
    assert not network.training
    images = torch.from_numpy(small_mnist.test_images)
    answers = network(normalize(images, small_mnist.mean, small_mnist.std)).argmax(dim=1)
    right = int((answers.numpy() == small_mnist.test_labels).sum())
    report = run.evaluate()
    assert report.correct == right
    assert report.loss == pytest.approx(run.report.loss)  # type: ignore[union-attr]


def test_a_class_that_cannot_be_found_again_is_refused(small_mnist: Dataset, tmp_path: Path):
    class Inner(Flat):
        pass

    with pytest.raises(DigitlabError, match="cannot be found again when the run is resumed"):
        Run.start(tmp_path / "run", SHORT, network=Inner, dataset=small_mnist)
    assert not (tmp_path / "run").exists()


def test_another_dataset_is_tested_too(small_mnist: Dataset, tmp_path: Path):
    run = Run.start(tmp_path, SHORT, dataset=small_mnist, device="cpu")
    half = replace(
        small_mnist, test_images=small_mnist.test_images[:50],
        test_labels=small_mnist.test_labels[:50],
    )  # fmt: skip
    assert run.evaluate(half).total == 50
    two = replace(small_mnist, classes=("a", "b"))
    with pytest.raises(
        DigitlabError, match="answers with the classes 0, 1, 2, 3, 4 and 5 more, but MNIST has a, b"
    ):
        run.evaluate(two)


def test_progress_can_be_a_watcher_or_the_tutorials_lines(
    small_mnist: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    steps = []

    class Counter(Watcher):
        def step(self, training: object) -> None:
            steps.append(training)

    Run.start(tmp_path / "a", SHORT, dataset=small_mnist, device="cpu", progress=Counter())
    assert len(steps) == 14  # 12 batches and 2 tests
    Run.start(tmp_path / "b", SHORT, dataset=small_mnist, device="cpu", progress=True)
    assert capsys.readouterr().out.startswith("Test set: Avg. loss:")


def test_it_describes_itself(small_mnist: Dataset, tmp_path: Path):
    run = Run.start(tmp_path, "tutorial", dataset=small_mnist, device="cpu", epochs=1)
    assert run.report is not None
    share = f"{run.report.accuracy:.2%}"
    expected = f"Run({str(tmp_path)!r}: tutorial, seed 1, {share} after 1 of 1 epochs)"
    assert repr(run) == expected
    (tmp_path / "report.json").unlink()
    assert repr(run).endswith("unfinished)")
    assert run.report is None


def test_mistakes_are_one_sentence(small_mnist: Dataset, tmp_path: Path):
    with pytest.raises(DigitlabError, match="no setting 'epoch'; did you mean epochs"):
        Run.start(tmp_path / "a", epoch=2)
    with pytest.raises(DigitlabError, match="epochs: expected int, got str"):
        Run.start(tmp_path / "a", epochs="2")
    with pytest.raises(DigitlabError, match="there is no recipe 'slow'"):
        Run.start(tmp_path / "a", "slow")
    with pytest.raises(DigitlabError, match="contains no run"):
        Run(tmp_path / "a")
    Run.start(tmp_path / "b", SHORT, dataset=small_mnist, device="cpu")
    with pytest.raises(DigitlabError, match="already contains a run"):
        Run.start(tmp_path / "b", SHORT, dataset=small_mnist, device="cpu")
    Run.start(tmp_path / "b", SHORT, dataset=small_mnist, device="cpu", force=True)


def test_it_works_in_a_thread(small_mnist: Dataset, tmp_path: Path):
    """Python refuses signal handlers there, as in a server's worker."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(Run.start, tmp_path, SHORT, dataset=small_mnist, device="cpu")
        assert start.result().report is not None


def test_it_is_public():
    assert {"Run", "Recipe", "Dataset", "load_dataset", "Stopped"} <= set(digitlab.__all__)
