"""Runs from the shell: starting, stopping, resuming, and reading damaged files."""

import json
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from msgspec import to_builtins

from digitlab.figures.loss import draw_loss
from digitlab.records.claim import only_one_process, start
from digitlab.records.folder import RunFolder
from digitlab.train.checkpoint import read_checkpoint

SMALL = ("--train-images", 2000, "--seed", 3, "--device", "cpu")  # 32 steps per epoch
TWO_EPOCHS = (*SMALL, "--epochs", 2)
BARE = "--no-figures"  # drawing them takes longer than training


def assert_same_run(one: Path, other: Path) -> None:
    ours, theirs = (read_checkpoint(run / "last.safetensors") for run in (one, other))
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, tensor in ours.tensors.items():
        assert torch.equal(tensor, theirs.tensors[name]), name
    saved = [[drop_time(p) for p in to_builtins(c.progress.history)] for c in (ours, theirs)]
    assert saved[0] == saved[1]
    written = [
        [drop_time(json.loads(line)) for line in (run / "history.jsonl").read_text().splitlines()]
        for run in (one, other)
    ]
    assert written[0] == written[1] == saved[0]


def drop_time(record: dict) -> dict:
    return {key: value for key, value in record.items() if key != "seconds"}


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("never-stopped") / "run"
    train_in_process(run)
    return run


def train_in_process(run: Path) -> None:
    from digitlab.cli.app import app

    words = ["train", *map(str, TWO_EPOCHS), "--run", str(run)]
    app(words, result_action="return_value")


def test_a_run_leaves_what_it_promises(never_stopped: Path):
    assert {path.name for path in never_stopped.iterdir()} == {
        *("run.json", "history.jsonl", "train.log", "report.json", "inside.npz", ".lock"),
        *("last.safetensors", "previous.safetensors"),
        *("samples.png", "loss.png", "predictions.png", "confusion.png", "mistakes.png"),
        *("kernels.png", "activations.png"),
    }
    record = json.loads((never_stopped / "run.json").read_text())
    assert record["recipe"]["train_images"] == 2000
    assert (record["seed"], record["dataset"], record["device"]) == (3, "mnist", "cpu")
    assert record["threads"] == torch.get_num_threads()
    assert len(record["data_sha256"]) == 4
    assert record["versions"]["torch"] == torch.__version__
    log = (never_stopped / "train.log").read_text().splitlines()
    assert sum(line.startswith("Test set: ") for line in log) == 3
    assert "Train Epoch: 2 [1920/2000 (96%)]\tLoss: " in log[-2]


def test_eval_says_the_same_as_the_run(never_stopped: Path, call: Callable):
    report = json.loads((never_stopped / "report.json").read_text())
    outcome = call("eval", never_stopped, "--json")
    printed = json.loads(outcome.out)
    assert outcome.code == 0
    for key in ("correct", "total", "accuracy", "interval", "per_class", "confusion", "epochs"):
        assert printed[key] == report[key], key
    assert printed["loss"] == pytest.approx(report["loss"], rel=1e-6)
    assert printed["total"] == 10_000
    assert sum(map(sum, printed["confusion"])) == 10_000
    assert sum(score["correct"] for score in printed["per_class"]) == printed["correct"]
    table = call("eval", never_stopped).out
    assert f"Accuracy: {printed['correct']}/10000" in table
    assert "95% interval" in table


@pytest.mark.slow
def test_resume_to_more_epochs_in_a_new_process(never_stopped: Path, spawn: Callable, tmp_path):
    run = tmp_path / "run"
    first = spawn("train", *SMALL, "--epochs", 1, "--run", run)
    assert first.communicate()[0].count("Test set: ") == 2
    second = spawn("resume", run, "--epochs", 2)
    out, err = second.communicate()
    assert second.returncode == 0, err
    assert out.count("Test set: ") == 1
    assert_same_run(run, never_stopped)
    record = json.loads((run / "run.json").read_text())
    assert record["recipe"]["epochs"] == 2
    assert [c["command"].split()[1] for c in record["commands"]] == ["train", "resume"]


SIGNALED = """
import os, sys
from digitlab.cli.app import main
from digitlab.records.folder import RunFolder

*sys.argv, number, start = sys.argv
append_log = RunFolder.append_log

def append_or_stop(folder, line):
    if line.startswith(start):
        os.kill(os.getpid(), int(number))
    append_log(folder, line)

RunFolder.append_log = append_or_stop
main()
"""
"""A program that gets a signal before it logs the first line with a certain start."""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_stop_saves_says_how_to_continue_and_changes_nothing(
    never_stopped: Path, spawn: Callable, call: Callable, tmp_path: Path, number: int, code: int
):
    run = tmp_path / "run"
    words = ("train", *TWO_EPOCHS, BARE, "--run", run, int(number), "Train Epoch: 1 [640/2000")
    process = spawn(*words, program=("-c", SIGNALED))
    _, err = process.communicate()
    assert process.returncode == code
    assert f"continue with `digitlab resume {run}`" in err
    assert "Traceback" not in err
    record = read_checkpoint(run / "last.safetensors").progress
    assert record.epochs_done * 32 + record.batches_done > 10
    assert call("resume", run, BARE).code == 0
    assert_same_run(run, never_stopped)


def test_the_same_command_again_continues_a_stopped_run_and_changes_nothing(
    never_stopped: Path, spawn: Callable, call: Callable, tmp_path: Path
):
    run = tmp_path / "run"
    words = ("train", *TWO_EPOCHS, BARE, "--run", run)
    stopped = spawn(
        *words, int(signal.SIGTERM), "Train Epoch: 1 [640/2000", program=("-c", SIGNALED)
    )
    stopped.communicate()
    other = call(*words, "--dropout", 0.25)
    assert (other.code, "already contains a run" in other.err) == (1, True)
    again = call(*words)
    assert again.code == 0
    assert "the same settings (--force overwrites it); continuing from the last" in again.err
    assert_same_run(run, never_stopped)
    again = call(*words, "--snapshots")
    assert "nothing left to do: 2 epochs done" in again.err
    assert f"{run / 'snapshots'} can only be written while a run trains" in again.err
    for epochs, command in ((3, f"`digitlab resume {run} --epochs 3`"), (1, "resume {run}`")):
        other = call("train", *SMALL, "--epochs", epochs, BARE, "--run", run)
        assert (other.code, command.format(run=run) in other.err) == (1, True)


def test_the_same_command_goes_on_with_the_snapshots_and_begins_again_without_a_checkpoint(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    for name in ("last.safetensors", "previous.safetensors", "report.json"):
        (run / name).unlink()
    (run / "snapshots").mkdir(exist_ok=True)
    again = call("train", *TWO_EPOCHS, BARE, "--run", run)
    assert again.code == 0
    assert "continuing at its first step" in again.err
    assert len([*(run / "snapshots").glob("*.npz")]) > 2
    assert_same_run(run, never_stopped)


def test_a_damaged_record_is_named_with_a_remedy_that_helps(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    (run / "run.json").write_text("{")
    refused = call("train", *TWO_EPOCHS, BARE, "--run", run)
    assert refused.code == 1
    assert "run.json is damaged" in refused.err
    assert "overwrite the run with --force" in refused.err
    assert "digitlab resume" not in refused.err


def test_force_starts_the_same_run_anew(never_stopped: Path, call: Callable, tmp_path: Path):
    run = copy_of(never_stopped, tmp_path)
    anew = call("train", *TWO_EPOCHS, BARE, "--run", run, "--force")
    assert (anew.code, "continuing" in anew.err) == (0, False)
    assert len(RunFolder(run).read_record().commands) == 1
    assert "Train Epoch: 1 [" in anew.out + anew.err


def test_a_stop_while_the_folder_is_made_leaves_a_whole_run(
    never_stopped: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def stop_then_start(*arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        start(*arguments)

    run = tmp_path / "run"
    with monkeypatch.context() as change:
        change.setattr("digitlab.runs.run.start", stop_then_start)
        outcome = call("train", *TWO_EPOCHS, "--run", run, "--snapshots")
    assert outcome.code == 143
    assert (run / "snapshots" / "000000000.npz").is_file()  # so that they are continued
    assert f"stopped at the start; continue with `digitlab resume {run}`" in outcome.err
    assert call("resume", run, BARE).code == 0
    assert_same_run(run, never_stopped)


@pytest.mark.parametrize(
    ("checkpoint_steps", "saved"), [(7, 42), pytest.param(0, 32, marks=pytest.mark.slow)]
)
def test_kill_9_costs_the_steps_since_the_checkpoint_and_changes_nothing(
    never_stopped: Path, spawn: Callable, call: Callable, tmp_path: Path,
    checkpoint_steps: int, saved: int,
):  # fmt: skip
    run = tmp_path / "run"
    words = ["train", *TWO_EPOCHS, BARE, "--run", run, "--checkpoint-steps", checkpoint_steps]
    words += [int(signal.SIGKILL), "Train Epoch: 2 [640/2000"]  # after the 43rd step
    process = spawn(*words, program=("-c", SIGNALED))
    _, err = process.communicate()
    assert process.returncode == -signal.SIGKILL, err
    progress = read_checkpoint(run / "last.safetensors").progress
    assert progress.epochs_done * 32 + progress.batches_done == saved
    assert call("resume", run, BARE).code == 0
    assert_same_run(run, never_stopped)


def test_resume_finds_nothing_left_to_do(never_stopped: Path, call: Callable, tmp_path: Path):
    run = copy_of(never_stopped, tmp_path)
    before = (run / "last.safetensors").read_bytes()
    outcome = call("resume", run, "--epochs", 2)
    assert outcome.code == 0
    assert "nothing left to do: 2 epochs done" in outcome.err
    assert (run / "last.safetensors").read_bytes() == before


def test_after_a_fallback_a_fault_while_saving_loses_nothing(
    never_stopped: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = copy_of(never_stopped, tmp_path)
    (run / "last.safetensors").write_bytes(b"damaged")
    real_replace = Path.replace

    def fail_at_the_last_rename(path: Path, target: Path) -> Path:
        if path.name == "saving.safetensors":
            raise OSError(5, "Input/output error")
        return real_replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail_at_the_last_rename)
        assert "Input/output error" in call("resume", run, BARE).err
    assert (run / "last.safetensors.damaged").read_bytes() == b"damaged"
    assert call("resume", run, BARE).code == 0
    assert_same_run(run, never_stopped)


def test_a_run_that_cannot_begin_leaves_the_one_before(
    never_stopped: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = copy_of(never_stopped, tmp_path)
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    outcome = call("train", *TWO_EPOCHS, "--run", run, "--force")
    assert outcome.code == 1
    assert "No space left on device" in outcome.err
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_eval_and_export_say_when_the_last_checkpoint_is_passed_over(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    (run / "last.safetensors").write_bytes(b"damaged")
    for words in (("eval", run, "--json"), ("export", run, "--out", tmp_path / "out")):
        outcome = call(*words)
        assert outcome.code == 0
        assert "using the checkpoint before it" in outcome.err
    assert json.loads(call("eval", run, "--json").out)["epochs"] == 1


def test_resume_saves_as_often_and_finds_the_data_where_the_run_did(
    never_stopped: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mnist
):
    run = tmp_path / "run"
    words = ("--run", run, "--checkpoint-steps", 9, "--data-dir", mnist.folder.parent)
    assert call("train", *SMALL, "--epochs", 1, BARE, *words).code == 0
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "nothing here"))
    assert call("resume", run, "--epochs", 2, BARE).code == 0
    steps = read_checkpoint(run / "previous.safetensors").progress.batches_done
    assert steps == 31  # the 63rd step, 7 x 9; after epochs alone it would be 0
    assert_same_run(run, never_stopped)
    assert not (tmp_path / "nothing here").exists()


def test_what_a_kill_left_out_is_made_when_resumed(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    (run / "report.json").unlink()
    (run / "history.jsonl").write_text("{damaged")
    (run / "mistakes.png").unlink()
    assert call("resume", run).code == 0
    assert (run / "mistakes.png").exists()
    ours, theirs = (json.loads((r / "report.json").read_text()) for r in (run, never_stopped))
    assert {**ours, "model": ""} == {**theirs, "model": ""}
    assert_same_run(run, never_stopped)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.json", "{", "run.json is damaged, or from another version: "),
        ("run.json", "{}", "missing required field `recipe`"),
        ("run.json", "[]", "Expected `object`, got `array`"),
        ("history.jsonl", "rubbish\n", "history.jsonl cannot be read"),
    ],
)
def test_damaged_records_are_told(
    never_stopped: Path, call: Callable, tmp_path: Path, name: str, content: str, message: str
):
    run = copy_of(never_stopped, tmp_path)
    (run / name).write_text(content)
    outcome = call("plot", run)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("epochs", [1, 0, -3])
def test_resume_to_fewer_epochs_is_refused(never_stopped: Path, call: Callable, epochs: int):
    outcome = call("resume", never_stopped, "--epochs", epochs)
    assert outcome.code == 1
    message = (
        "this run has already trained 2 epochs; --epochs must be at least 2"
        if epochs == 1
        else "must be at least 1"
    )
    assert message in outcome.err


def test_a_run_is_not_overwritten_without_force(never_stopped: Path, call: Callable, tmp_path):
    run = copy_of(never_stopped, tmp_path)
    before = (run / "last.safetensors").read_bytes()
    refused = call("train", *TWO_EPOCHS, "--dropout", 0.25, "--run", run)
    assert refused.code == 1
    assert "contains a run with other settings (dropout 0.5 instead of 0.25); " in refused.err
    assert "continue it with `digitlab resume" in refused.err
    assert "--force" in refused.err
    assert (run / "last.safetensors").read_bytes() == before

    (run / "run.json").unlink()  # a run that cannot be continued is kept, too
    refused = call("train", *TWO_EPOCHS, "--run", run)
    assert refused.code == 1
    assert "which cannot be continued because run.json is missing: choose another" in refused.err
    assert (run / "last.safetensors").read_bytes() == before

    (run / "notes.txt").write_text("mine")
    forced = call("train", *SMALL, "--epochs", 1, BARE, "--run", run, "--force")
    assert forced.code == 0
    assert (run / "notes.txt").read_text() == "mine"
    assert json.loads((run / "report.json").read_text())["epochs"] == 1


def copy_of(run: Path, folder: Path) -> Path:
    copy = folder / "copy"
    copy.mkdir()
    for path in run.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    last = run / "last.safetensors"
    last.write_bytes(last.read_bytes()[:-100])
    outcome = call("resume", run, BARE)
    assert outcome.code == 0
    assert f"{last} is" in outcome.err
    assert "continuing from the checkpoint before it" in outcome.err
    assert_same_run(run, never_stopped)


def test_a_checkpoint_of_another_run_is_passed_over(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    other = ("--train-images", 2000, "--seed", 4, "--epochs", 1, "--run", tmp_path / "other")
    assert call("train", *other, BARE).code == 0
    (run / "last.safetensors").write_bytes((tmp_path / "other/last.safetensors").read_bytes())
    outcome = call("resume", run, BARE)
    assert "this checkpoint is of another run" in outcome.err
    assert_same_run(run, never_stopped)


def test_without_a_good_checkpoint_there_is_one_sentence(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    for name in ("last", "previous"):
        (run / f"{name}.safetensors").write_bytes(b"rubbish")
    outcome = call("resume", run, BARE)
    assert outcome.code == 1
    assert "and there is no earlier checkpoint to fall back to" in outcome.err
    assert call("eval", run).code == 1


def test_a_disk_that_fills_while_saving_is_told_and_nothing_is_lost(
    never_stopped: Path, tmp_path: Path, call: Callable
):
    run = copy_of(never_stopped, tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # a checkpoint has 200,000 bytes
    try:
        outcome = call("resume", run, "--epochs", 3, BARE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert outcome.code == 1
    assert "the checkpoint cannot be saved" in outcome.err
    assert "File too large" in outcome.err
    assert f"make room, then continue with `digitlab resume {run}`" in outcome.err
    assert call("resume", run, BARE).code == 0  # the third epoch is not forgotten
    assert json.loads((run / "report.json").read_text())["epochs"] == 3


def test_two_processes_do_not_train_in_one_folder(
    never_stopped: Path, call: Callable, tmp_path: Path
):
    run = copy_of(never_stopped, tmp_path)
    with only_one_process(RunFolder(run)):
        for words in (("resume", run, "--epochs", 3), ("train", *SMALL, "--run", run, "--force")):
            outcome = call(*words)
            assert outcome.code == 1
            assert "another process is training" in outcome.err
    assert (run / "last.safetensors").read_bytes() == (
        never_stopped / "last.safetensors"
    ).read_bytes()


def test_plot_draws_again_without_pytorch(never_stopped: Path, spawn: Callable, tmp_path: Path):
    run = copy_of(never_stopped, tmp_path)
    drawn = sorted(run.glob("*.png"))
    before = {path: path.read_bytes() for path in drawn}
    for path in drawn:
        path.unlink()
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "torch.py").write_text("raise ImportError('torch is not to be imported')")
    others = [it for it in [os.environ.get("PYTHONPATH")] if it]
    process = spawn("plot", run, PYTHONPATH=os.pathsep.join([str(blocked), *others]))
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert all(str(path) in out for path in drawn)
    assert {path: path.read_bytes() for path in drawn} == before


@pytest.mark.parametrize("content", [None, b"PK\3\4 rubbish"])
def test_without_a_good_inside_npz_the_other_figures_are_drawn(
    never_stopped: Path, call: Callable, tmp_path: Path, content: bytes | None
):
    run = copy_of(never_stopped, tmp_path)
    for name in ("kernels.png", "activations.png", "inside.npz"):
        (run / name).unlink()
    if content is not None:
        (run / "inside.npz").write_bytes(content)
    (run / ".999999999-00000000.digitlab.tmp").touch()  # of a `plot` that was killed
    outcome = call("plot", run)
    assert outcome.code == 0
    assert "inside.npz cannot be read" in outcome.err
    assert "kernels.png and activations.png are left out" in outcome.err
    assert outcome.err.count("\n") == 1
    assert "mistakes.png" in outcome.out
    assert not (run / "kernels.png").exists()
    assert not [*run.glob(".*.tmp")]


def test_plot_draws_the_curve_as_it_stood(
    never_stopped: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = copy_of(never_stopped, tmp_path)
    titles: list[str] = []

    def draw(*facts: Any, title: str, **more: Any) -> Path:
        titles.append(title)
        return draw_loss(*facts, title=title, **more)

    monkeypatch.setattr("digitlab.figures.run.draw_loss", draw)
    assert call("plot", run, "--epochs", 1).code == 0
    assert (run / "loss-1-epochs.png").exists()
    assert ["epochs 1" in title for title in titles] == [True]
    record = json.loads((run / "run.json").read_text())
    record["recipe"]["plain_epochs"] = 1  # impossible if there was only one epoch
    (run / "run.json").write_text(json.dumps(record))
    assert call("plot", run, "--epochs", 1).code == 0
    assert "epochs 1, " in titles[-1]
    outcome = call("plot", run, "--epochs", 9)
    assert outcome.code == 1
    assert "from 1 to 2" in outcome.err


def test_a_run_that_holds_images_out(call: Callable, tmp_path: Path):
    run = tmp_path / "run"
    settings = ("--schedule", "one-cycle", "--validation", 300, "--average", 0.9)
    trained = call("train", *SMALL, "--epochs", 1, *settings, BARE, "--run", run)
    lines = trained.out.splitlines()
    assert [line.split(": ")[0] for line in lines[:3]] == [
        *("Epoch 0, held out", "Epoch 1, held out", "Test set")
    ]
    report = json.loads((run / "report.json").read_text())
    assert report["total"] == 10_000
    held_out = report["held_out"]
    assert held_out["total"] == 300
    assert held_out["accuracy"] == held_out["correct"] / 300
    assert f"Accuracy: {held_out['correct']}/300" in lines[1]
    assert json.loads(call("eval", run, "--json").out)["correct"] == report["correct"]

    # The learning rate has reached 0, so the run cannot be continued.
    outcome = call("resume", run, "--epochs", 2)
    assert outcome.code == 1
    assert "reaches 0 after 1; start a new run with --epochs 2" in outcome.err
    assert "nothing left to do" in call("resume", run, BARE).err
    assert call("plot", run, "--epochs", 1).code == 0


def test_without_a_folder_a_run_lies_where_its_recipe_says(
    call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    trained = call("train", "--recipe=fast", "--train-images=2000", "--device=cpu", BARE)
    assert trained.code == 0
    assert RunFolder(Path("runs/fast")).holds_a_run()
