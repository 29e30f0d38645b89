"""`digitlab compare` and `digitlab plot` with several runs, as a user would call them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest

from digitlab.cli.app import app

SETTINGS = ("--train-images", "640", "--epochs", "1", "--device", "cpu", "--no-figures")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three short runs: two seeds, and one with another setting."""
    folder = tmp_path_factory.mktemp("compare") / "runs"
    for name, words in (
        ("seed-1", ("--seed", "1")),
        ("seed-2", ("--seed", "2")),
        ("other", ("--seed", "1", "--learning-rate", "0.02", "--validation", "100")),
    ):
        words = ("train", *SETTINGS, *words, "--run", str(folder / name))
        app(words, result_action="return_value")
    return folder


def test_the_table_has_a_row_per_run_and_only_what_differs(runs: Path, call: Callable):
    outcome = call("compare", runs / "seed-2", runs / "other")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert [it.split()[1] for it in lines[3:5]] == ["seed-2", "other"]
    for column in ("learning_rate", "validation", "seed", "accuracy", "95% interval", "seconds"):
        assert column in lines[1]
    for same in ("recipe tutorial", "dataset mnist", "epochs 1", "parameters 21,840"):
        assert same in outcome.out
        assert same.split()[0] not in lines[1]
    assert "McNemar's exact test: p" in outcome.out
    assert "To compare recipes, train each with several seeds" in outcome.out


def test_in_80_columns_nothing_is_cut(runs: Path, call: Callable, monkeypatch: pytest.MonkeyPatch):
    from rich.console import Console

    monkeypatch.setattr(
        "digitlab.cli.compare.Console", lambda **options: Console(width=80, **options)
    )
    out = call("compare", runs).out
    assert "…" not in out
    for text in ("seed-1", "seed-2", "other", "learning_rate", "0.02"):
        assert text in out


def test_json_has_the_same_at_full_precision(runs: Path, call: Callable):
    outcome = call("compare", runs / "seed-1", runs / "other", "--json")
    comparison = json.loads(outcome.out)
    report = json.loads((runs / "other" / "report.json").read_text())
    other = comparison["runs"][1]
    assert other["settings"] == {"learning_rate": 0.02, "validation": 100}
    assert other["score"]["accuracy"] == report["accuracy"]
    assert other["score"]["interval"] == report["interval"]
    assert other["score"]["loss"] == report["loss"]
    assert 0 <= comparison["pairs"][0]["p"] <= 1


def test_runs_on_other_test_sets_and_unfinished_ones_are_marked(
    runs: Path, call: Callable, tmp_path: Path
):
    for name in ("elsewhere", "stopped"):
        shutil.copytree(runs / "other", tmp_path / name)
    record = json.loads((tmp_path / "elsewhere" / "run.json").read_text())
    record |= {"dataset": "/home/somebody/pictures", "data_sha256": {"all": "00"}}
    (tmp_path / "elsewhere" / "run.json").write_text(json.dumps(record))
    (tmp_path / "stopped" / "report.json").unlink()
    history = (tmp_path / "stopped" / "history.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "stopped" / "history.jsonl").write_text("".join(history[:-1]))
    outcome = call("compare", runs / "seed-1", tmp_path / "elsewhere", tmp_path / "stopped")
    assert outcome.code == 0, outcome.err
    assert "different test sets" in outcome.out
    assert "McNemar" not in outcome.out
    assert "1 of 1, unfinished" in outcome.out
    assert "held out" in outcome.out
    assert " pictures " in outcome.out


@pytest.mark.parametrize("command", ["compare", "plot"])
def test_what_is_no_run_is_one_sentence(runs: Path, call: Callable, tmp_path: Path, command: str):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "file"):
        outcome = call(command, runs / "seed-1", path)
        assert outcome.code == 1
        assert f"{path} contains no run" in outcome.err
        assert outcome.err.count("\n") == 1


def test_plot_of_several_runs_is_one_figure(
    runs: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    outcome = call("plot", runs)
    assert (outcome.code, outcome.out) == (0, "Figures: comparison.png\n")
    assert Path("comparison.png").read_bytes().startswith(b"\x89PNG")
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        assert call("plot", runs / "seed-1", runs / "other", "--out", "both.svg").code == 0
    drawn = Path("both.svg").read_text()
    assert ">other: tutorial, learning_rate 0.02, validation 100, seed 1, " in drawn
    assert ">seed-1: tutorial, learning_rate 0.01, validation 0, seed 1, " in drawn
    assert ">negative log likelihood loss<" in drawn
    assert drawn.count("#0072b2") > 2  # each run has a color of its own
    assert drawn.count("#d55e00") > 2
    assert sorted(it.name for it in tmp_path.iterdir()) == ["both.svg", "comparison.png"]


def test_flags_for_one_or_for_several_runs(runs: Path, call: Callable):
    several = call("plot", runs, "--epochs", 1)
    assert (several.code, several.err.count("\n")) == (1, 1)
    assert "--epochs is for one run, but there are 3" in several.err
    one = call("plot", runs / "seed-1", "--out", "x.png")
    assert one.code == 1
    assert "--out is for several runs" in one.err
