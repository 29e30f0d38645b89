"""One recipe with several seeds: the report agrees with the runs."""

import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.named_recipes import find_recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import TestPoint, from_json_lines
from digitlab.runs.repeat import repeat, summarize
from digitlab.runs.run import Launch

SETTINGS = ("--epochs", 1, "--train-images", 640)
SMALL = ("--epochs", 1, "--train-images", 400)  # fits `small_data`


def test_the_mean_is_that_of_the_runs_and_what_is_done_is_not_done_again(
    call: Callable, tmp_path: Path, mnist: Dataset
):
    first = call("repeat", "tutorial", "--seeds", 1, *SETTINGS, "--run", tmp_path, "--json")
    assert first.code == 0, first.err
    alone = json.loads(first.out)
    assert (alone["sd"], alone["interval"]) == (None, None)
    checkpoint = tmp_path / "seed-1" / "last.safetensors"
    bytes_before = checkpoint.read_bytes()

    both = call("repeat", "tutorial", "--seeds", 3, *SETTINGS, "--run", tmp_path, "--json")
    told = json.loads(both.out)
    assert f"finished: {tmp_path / 'seed-1'}\nnothing left to do: 1 epoch done\n" in both.err
    assert f"started: {tmp_path / 'seed-2'}\n" in both.err
    assert checkpoint.read_bytes() == bytes_before
    assert told["recipe"] == "tutorial"
    assert told["settings"]["train_images"] == 640
    assert told["seeds"] == [1, 2, 3]
    assert told["parameters"] == 21_840
    assert told["accuracies"][0] == alone["accuracies"][0]
    assert len(set(told["accuracies"])) > 1
    assert told["mean"] == pytest.approx(statistics.fmean(told["accuracies"]))
    assert told["sd"] == pytest.approx(statistics.stdev(told["accuracies"]))
    assert told["interval"][0] < told["mean"] < told["interval"][1]
    for seed, accuracy in zip(told["seeds"], told["accuracies"], strict=True):
        history = (tmp_path / f"seed-{seed}" / "history.jsonl").read_bytes()
        last = [p for p in from_json_lines(history) if isinstance(p, TestPoint)][-1]
        assert last.correct / last.total == accuracy
    report = json.loads((tmp_path / "seed-1" / "report.json").read_text())
    mistakes = {mistake["index"] for mistake in report["mistakes"]}
    right = 9_985 - len(mistakes - set(mnist.disputed))
    assert told["without_disputed"][0] == right / 9_985

    table = call("repeat", "tutorial", "--seeds", 3, *SETTINGS, "--run", tmp_path).out
    assert f"**{told['mean']:.3%}** ± {told['sd']:.3%}" in table
    assert "| recipe | `tutorial`, epochs: 1, train_images: 640 |" in table

    other = call("repeat", "tutorial", "--seeds", 3, "--epochs", 2, "--run", tmp_path)
    assert other.code == 1
    assert "contains a run with other settings (epochs 1 instead of 2, " in other.err


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_does_not_go_on_with_another_dataset(
    call: Callable, tmp_path: Path, small_data: Dataset, jobs: int
):
    run = tmp_path / "seed-1"
    assert call("train", *SMALL, "--no-figures", "--run", run).code == 0
    other = replace(small_data, name="other")
    with pytest.raises(DigitlabError, match="was trained on mnist; it cannot continue with other"):
        repeat(
            tmp_path, "tutorial", replace(find_recipe("tutorial"), epochs=1, train_images=400),
            other, Launch(device="cpu", jobs=jobs), seeds=2,
        )  # fmt: skip


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_what_is_done_is_made_whole_again(call: Callable, tmp_path: Path, jobs: int):
    words = ("repeat", "tutorial", "--seeds", 2, *SETTINGS, "--run", tmp_path, "--jobs", jobs)
    table = call(*words).out
    (tmp_path / "seed-1" / "history.jsonl").unlink()
    again = call(*words)
    assert again.code == 0, again.err
    assert again.out == table
    checkpoint = tmp_path / "seed-2" / "last.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    (tmp_path / "seed-2" / "previous.safetensors").unlink()
    assert call(*words).code == 1


def test_no_seed_is_told(call: Callable, tmp_path: Path):
    outcome = call("repeat", "tutorial", "--seeds", 0, "--run", tmp_path)
    assert outcome.code == 1
    assert "seeds is 0, but must be at least 1" in outcome.err


@pytest.mark.usefixtures("small_data")
def test_a_missing_report_is_not_left_out_of_the_mean(call: Callable, tmp_path: Path):
    assert call("repeat", "tutorial", "--seeds", 2, *SMALL, "--run", tmp_path).code == 0
    (tmp_path / "seed-2" / "report.json").write_text("{}")
    folders = [RunFolder(tmp_path / f"seed-{seed}") for seed in (1, 2)]
    with pytest.raises(DigitlabError, match="seed-2 has no complete report"):
        summarize(folders, "tutorial")
