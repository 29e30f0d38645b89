"""`digitlab train --snapshots`, and what becomes of it when the run is continued."""

from collections.abc import Callable
from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.records.snapshots import list_snapshots
from digitlab.workbench import Run


def test_a_run_with_snapshots_is_continued_with_them(
    call: Callable[..., object], small_data: Dataset, tmp_path: Path
):
    words = ("--epochs", 1, "--batch-size", 100, "--no-figures", "--run", tmp_path / "run")
    assert call("train", *words, "--snapshots").code == 0
    folder = tmp_path / "run" / "snapshots"
    assert list_snapshots(folder) == [0, 1, 2, 4, 6]  # 600 images
    assert call("resume", tmp_path / "run", "--epochs", 2, "--no-figures").code == 0
    assert list_snapshots(folder) == [0, 1, 2, 4, 6, 8, 12]
    assert call("train", *words, "--force").code == 0
    assert not folder.exists()

    run = Run.start(tmp_path / "other", epochs=1, batch_size=100, snapshots=True)
    assert list_snapshots(run.path / "snapshots") == [0, 1, 2, 4, 6]
    run.resume(epochs=2)
    assert list_snapshots(run.path / "snapshots")[-1] == 12
