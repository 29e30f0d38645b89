"""Kill `repeat`, `plot`, `export` and trainings on pages."""

import json
from pathlib import Path
from typing import Any

from digitlab.data.load import default_data_dir
from torture.bench import Bench
from torture.fault import Fault, expect
from torture.killing import at_random, sweep
from torture.nursery import Outcome
from torture.trainings import check_equal


def run_others(fault: Fault, bench: Bench) -> None:
    """Kill the commands that take longer."""
    _repeat(fault, bench)
    _plot(fault, bench)
    _export(fault, bench)
    _page(fault, bench)


def _repeat(fault: Fault, bench: Bench) -> None:
    """Kill `repeat`, and run the same command again."""
    trainings = bench.trainings
    expected = _accuracies(trainings.repeat(trainings.fresh("repeated")))

    def again(root: Path) -> None:
        found = _accuracies(trainings.repeat(root))
        expect(found == expected, f"accuracies {found} instead of {expected}")

    sweep(fault, bench, "repeat", trainings.repeat, again, every=3)
    at_random(fault, bench, "repeat", trainings.repeat, again, 40)


def _accuracies(outcome: Outcome) -> Any:
    outcome.check_worked()
    record = json.loads(outcome.out)
    return record["accuracies"], record["seeds"]


def _plot(fault: Fault, bench: Bench) -> None:
    """Kill `plot`: every figure is the old one or the new one, and never half a figure."""
    trainings = bench.trainings
    whole = trainings.copy(trainings.finished, "plotted")
    _draw(bench, whole).check_worked()
    figures = {path.name: path.read_bytes() for path in whole.glob("*.png")}

    def check(run: Path) -> None:
        for path in run.glob("*.png"):
            expect(path.read_bytes() == figures[path.name], f"{path.name} is not whole")
        _draw(bench, run).check_worked()
        drawn = {path.name: path.read_bytes() for path in run.glob("*.png")}
        expect(drawn == figures, "not the same figures")
        expect(not [*run.glob(".*.tmp")], "a temporary file is left over")

    def plot(run: Path, **options: Any) -> Outcome:
        return _draw(bench, run, **options)

    sweep(fault, bench, "plot", plot, check, trainings.finished, every=2)


def _draw(bench: Bench, run: Path, **options: Any) -> Outcome:
    return bench.nursery.digitlab("plot", run, **options)


def _export(fault: Fault, bench: Bench) -> None:
    """Kill `export`: the folder has no model, or one that answers as it should."""
    trainings = bench.trainings
    picture = next((trainings.pictures / "7").iterdir())

    def export(out: Path, **options: Any) -> Outcome:
        return bench.nursery.digitlab("export", trainings.finished, "--out", out, **options)

    def answer(out: Path) -> Outcome:
        return bench.nursery.digitlab("predict", "--model", out, "--json", picture)

    export(trainings.fresh("exported")).check_worked()
    expected = answer(bench.home / "exported").out

    def check(out: Path) -> None:
        found = answer(out)
        if found.code:
            found.check_is_one_sentence()
            expect("contains no model" in found.err, found.err)
        else:
            expect(found.out == expected, f"answers {found.out} instead of {expected}")
        export(out).check_worked()
        expect(answer(out).out == expected, "another answer after a second export")
        expect(sorted(it.name for it in out.iterdir()) == ["model.json", "model.onnx"], "files")

    sweep(fault, bench, "export", export, check, every=1)
    at_random(fault, bench, "export", export, check, 20)


def page_command(*words: str) -> None:
    """Do what `digitlab WORDS` does, with a small test at the end of a training on pages."""
    from digitlab.train import page_score
    from torture.nursery_process import command

    page_score._TEST_CROPS = 8
    command(*words)


def _page(fault: Fault, bench: Bench) -> None:
    """Kill trainings on pages, whose crops are composed by other processes."""
    trainings, call = bench.trainings, bench.nursery.call
    settings = (
        "--crops", 12, "--batch-size", 4, "--log-every", 1, "--validation", 0, "--epochs", 1,
        "--train-images", 500, "--checkpoint-steps", 1, "--threads", 1, "--device", "cpu",
        "--no-figures", "--data-dir", default_data_dir(),
    )  # fmt: skip

    def train(run: Path, **options: Any) -> Outcome:
        words = map(str, ("train", "--recipe", "page", *settings, "--run", run))
        return call("torture.other_kills:page_command", *words, **options)

    whole = trainings.fresh("page")
    train(whole).check_worked()
    expected = trainings.state(whole)

    def check(run: Path) -> None:
        train(run).check_worked()
        check_equal(trainings.state(run), expected)

    at_random(fault, bench, "train on pages", train, check, 10)
