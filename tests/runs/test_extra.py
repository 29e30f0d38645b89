"""A run with extra pictures: recorded, learned, and continued from its copy to the same bits."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import digitlab
from digitlab.data.corrections import Corrections
from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra, load_extra
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records.folder import EXTRA, RunFolder
from digitlab.records.history import TrainPoint
from digitlab.runs.run import Launch, resume_run, start_run
from digitlab.runs.watching import Watcher
from digitlab.train.loop import Training
from tests.pictures.drawn import file, seven
from tests.runs.test_run import assert_same, killed_at, weights

RECIPE = Recipe(epochs=2, batch_size=50, log_every=1, extra_share=0.2, test_each_epoch=False)
LAUNCH = Launch(seed=3, device="cpu", command=["train"])


@pytest.fixture(scope="module")
def tiny(small_mnist: Dataset) -> Dataset:
    """Return 200 training images: four steps per epoch."""
    return replace(
        small_mnist,
        train_images=small_mnist.train_images[:200],
        train_labels=small_mnist.train_labels[:200],
    )


@pytest.fixture
def corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "data"))
    store = Corrections(tmp_path / "corrections")
    for pen in (6, 12, 20):
        store.add(file(seven(pen=pen)), label="7", answer="1")
    return store.folder


@pytest.fixture
def extra(corrected: Path, tiny: Dataset) -> Extra:
    return load_extra(corrected, tiny)


def test_a_run_killed_anywhere_ends_with_the_same_bits_though_the_folder_has_changed(
    corrected: Path, extra: Extra, tiny: Dataset, tmp_path: Path
):
    never_stopped = RunFolder(tmp_path / "never")
    start_run(never_stopped, RECIPE, tiny, LAUNCH, extra=extra)
    without = RunFolder(tmp_path / "without")
    start_run(without, RECIPE, tiny, LAUNCH)
    one, other = weights(never_stopped), weights(without)
    assert any((tensor != other[name]).any() for name, tensor in one.items())
    assert never_stopped.read_record().extra.pictures == 3
    Corrections(corrected).delete_all()
    for operation in (11, 16, 20, 22):
        folder = RunFolder(tmp_path / f"{operation}")
        with killed_at(operation) as done:
            start_run(folder, RECIPE, tiny, LAUNCH, extra=extra)
        assert done[-1] == "killed"
        assert folder.holds_a_run()
        resume_run(folder, dataset=tiny, command=["resume"])
        assert_same(weights(folder), one)


def test_stopped_in_mid_epoch_and_continued_draws_the_same_pictures(
    extra: Extra, tiny: Dataset, tmp_path: Path
):
    class StopsAtStep6(Watcher):
        def step(self, training: Training) -> None:
            if training.steps_done == 6:
                raise KeyboardInterrupt

    whole, folder = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "stopped")
    start_run(whole, RECIPE, tiny, LAUNCH, extra=extra)
    launch = replace(LAUNCH, checkpoint_steps=1)
    with pytest.raises(KeyboardInterrupt):
        start_run(folder, RECIPE, tiny, launch, StopsAtStep6(), extra=extra)
    resume_run(folder, dataset=tiny, command=["resume"])
    assert_same(weights(folder), weights(whole))
    losses = [
        [it.loss for it in run.read_history() if isinstance(it, TrainPoint)]
        for run in (folder, whole)
    ]
    assert losses[0] == losses[1]


def test_without_a_good_copy_the_folder_is_used_if_it_is_the_same(
    corrected: Path, extra: Extra, tiny: Dataset, tmp_path: Path
):
    folder = RunFolder(tmp_path / "run")
    start_run(folder, replace(RECIPE, epochs=1), tiny, LAUNCH, extra=extra)
    whole = RunFolder(tmp_path / "whole")
    start_run(whole, RECIPE, tiny, LAUNCH, extra=extra)
    content = bytearray((folder.path / EXTRA).read_bytes())
    content[-1] ^= 1
    (folder.path / EXTRA).write_bytes(content)
    Corrections(corrected).add(file(seven(light=True)), label="1")
    with pytest.raises(DigitlabError, match=r"is damaged, and the pictures in .* have changed"):
        resume_run(folder, dataset=tiny, epochs=2, command=["resume"])
    (folder.path / EXTRA).unlink()
    Corrections(corrected).delete(Corrections(corrected).all()[-1].id)
    resume_run(folder, dataset=tiny, epochs=2, command=["resume"])
    assert_same(weights(folder), weights(whole))


def test_from_the_shell_and_python_to_the_card(
    call: Callable, corrected: Path, small_data: Dataset, tmp_path: Path
):
    run, few = tmp_path / "run", ("--epochs", 1, "--train-images", 200)
    words = ("--extra", corrected, "--no-figures", "--device", "cpu")
    done = call("train", *few, *words, "--run", run)
    assert done.code == 0, done.err
    assert f"also learning 3 pictures from {corrected}" in done.err
    record = json.loads((run / "run.json").read_text())["extra"]
    assert (record["folder"], record["pictures"]) == (str(corrected), 3)
    again = digitlab.Run.start(
        tmp_path / "again", epochs=1, train_images=200, extra=corrected, device="cpu"
    )
    assert_same(weights(RunFolder(again.path)), weights(RunFolder(run)))
    assert "--extra" in again.record.commands[0].command
    Corrections(corrected).delete_all()
    assert call("eval", run).code == 0
    assert call("export", run, "--out", tmp_path / "model").code == 0
    card = (tmp_path / "model" / "model.json").read_text()
    assert json.loads(card)["extra_pictures"] == {"pictures": 3, "sha256": record["sha256"]}
    assert str(corrected) not in card


def test_repeat_keeps_runs_with_other_pictures_apart(
    call: Callable, corrected: Path, small_data: Dataset, tmp_path: Path
):
    command = (
        *("repeat", "tutorial", "--seeds", 1, "--epochs", 1, "--train-images", 200),
        *("--device", "cpu", "--run", tmp_path / "runs"),
    )
    assert call(*command, "--extra", corrected).code == 0
    assert call(*command, "--extra", corrected).code == 0  # finished
    for other in (command, (*command, "--extra", corrected)):
        Corrections(corrected).add(file(seven(light=True)), label="1")
        refused = call(*other)
        assert refused.code == 1
        assert "contains a run with other settings (extra pictures)" in refused.err
