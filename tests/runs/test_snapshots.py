"""The weights at many moments of a training, kept on the side."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.snapshots import list_snapshots, read_snapshot
from digitlab.runs.launch import Launch
from digitlab.runs.run import resume_run, start_run
from digitlab.runs.snapshots import Snapshots
from digitlab.runs.watching import Several, Watcher
from digitlab.train.checkpoint import load_checkpoint
from digitlab.train.loop import Training

RECIPE = Recipe(network="compact", average=0.9, epochs=2, batch_size=50, log_every=2)
STEPS = [0, 1, 2, 4, 8, 12, 16, 24]  # 12 steps per epoch
LAUNCH = Launch(seed=3, device="cpu", checkpoint_steps=5)


class StopAt(Snapshots):
    """Lets the run fail after a step, once its snapshot is written."""

    def __init__(self, folder: Path, last: int) -> None:
        super().__init__(folder)
        self.last = last

    def step(self, training: Training) -> None:
        super().step(training)
        if training.steps_done == self.last:
            raise DigitlabError("stop")


def test_a_stopped_run_ends_with_the_same_snapshots_and_the_weights_are_not_changed(
    small_mnist: Dataset, tmp_path: Path
):
    whole, stopped, plain = (RunFolder(tmp_path / name) for name in ("whole", "stopped", "plain"))
    start_run(whole, RECIPE, small_mnist, LAUNCH, Snapshots(whole.snapshots))
    start_run(plain, RECIPE, small_mnist, LAUNCH)
    with pytest.raises(DigitlabError, match="stop"):  # the last checkpoint is at step 5
        start_run(stopped, RECIPE, small_mnist, LAUNCH, StopAt(stopped.snapshots, last=8))
    assert 8 in list_snapshots(stopped.snapshots)
    # What a process that is killed in the middle of writing leaves is removed as well.
    (stopped.snapshots / ".999999999-0123abcd.digitlab.tmp").write_bytes(b"half")
    with pytest.raises(DigitlabError, match="stop"):  # right after the first epoch
        resume_run(
            stopped, dataset=small_mnist, command=[], watcher=StopAt(stopped.snapshots, last=16)
        )
    resume_run(stopped, dataset=small_mnist, command=[], watcher=Snapshots(stopped.snapshots))

    contents = [
        {path.name: path.read_bytes() for path in folder.snapshots.iterdir()}
        for folder in (whole, stopped)
    ]
    assert contents[0] == contents[1]
    assert list_snapshots(whole.snapshots) == STEPS
    final, final_plain = (load_checkpoint(it.path)[0] for it in (whole, plain))
    assert final is not None
    assert final_plain is not None
    assert all((final_plain.tensors[name] == it).all() for name, it in final.tensors.items())
    last = read_snapshot(whole.snapshots, STEPS[-1])
    average = final.part("average")
    assert {*last} == {name for name, it in average.items() if it.is_floating_point()}
    for name, values in last.items():
        np.testing.assert_array_equal(values, average[name].numpy().astype(np.float16))


def test_a_new_run_in_the_folder_has_none_of_the_old_ones(small_mnist: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path)
    start_run(folder, RECIPE, small_mnist, LAUNCH, Snapshots(folder.snapshots))
    again = replace(LAUNCH, force=True)
    start_run(folder, replace(RECIPE, epochs=1), small_mnist, again, Snapshots(folder.snapshots))
    assert list_snapshots(folder.snapshots) == [0, 1, 2, 4, 8, 12]
    start_run(folder, replace(RECIPE, epochs=1), small_mnist, again)
    assert not folder.snapshots.exists()


def test_a_run_that_is_killed_at_its_start_is_continued_with_snapshots(
    small_mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`digitlab resume` takes snapshots if the folder is there."""

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    folder = RunFolder(tmp_path)
    monkeypatch.setattr("digitlab.runs.run.make_last", killed)
    with pytest.raises(KeyboardInterrupt):
        start_run(folder, RECIPE, small_mnist, LAUNCH, Snapshots(folder.snapshots))
    assert folder.run_json.is_file()
    assert folder.snapshots.is_dir()


def test_a_folder_that_was_moved_away_is_not_made_again(small_mnist: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    moved = tmp_path / "moved"

    class Moves(Watcher):
        def begin(self, training: Training) -> None:
            folder.path.rename(moved)

    watcher = Several([Moves(), Snapshots(folder.snapshots)])
    with pytest.raises(DigitlabError):
        start_run(folder, RECIPE, small_mnist, LAUNCH, watcher)
    assert not folder.path.exists()
    assert (moved / "run.json").is_file()
