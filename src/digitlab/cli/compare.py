"""`digitlab compare`: runs side by side in a table. PyTorch is not needed."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table

from digitlab.cli.help import chinese_help
from digitlab.cli.parameters import AsJson, RunPaths
from digitlab.errors import printable
from digitlab.files import encode_json
from digitlab.records.compare import (
    Comparison,
    Pair,
    RunSummary,
    compare_runs,
)
from digitlab.records.describe import find_runs, setting_in_words
from digitlab.records.folder import read_results

Facts = dict[str, list[str]]
"""What the table shows: for each fact, its value in each run."""


@chinese_help(
    "比较多次训练：设置、准确率及其置信区间、损失和用时。\n\n"
    "未完成的训练显示最近一次测试的结果。用同一个测试集的训练还会逐张图像比较，"
    "这样能看出比置信区间更小的差别。"
)
def compare(runs: RunPaths, /, *, as_json: AsJson = False) -> None:
    """Compare runs: their settings, accuracy with its interval, loss and time.

    Unfinished runs show their last test. Runs on the same test set are also compared image by
    image, which shows smaller differences than their intervals do.
    """
    comparison = compare_runs([read_results(folder) for folder in find_runs(runs)])
    if as_json:
        print(encode_json(comparison).decode().strip())
        return
    facts, common = _split(_facts(comparison.runs))
    console = Console(markup=False)
    console.print(_table(console, comparison.runs, facts))
    if common:
        shared = ", ".join(f"{name} {values[0]}" for name, values in common.items())
        print(f"The same in all: {shared}")
    for line in _remarks(comparison):
        print(line)


def _facts(runs: list[RunSummary]) -> Facts:
    """Return everything that is known about the runs, as text."""
    scores = [run.score for run in runs]
    facts = {"recipe": [printable(run.recipe) for run in runs]}
    for name in runs[0].settings:
        facts[name] = [setting_in_words(run.settings[name], name) for run in runs]
    return facts | {
        "seed": [str(run.seed) for run in runs],
        "dataset": [setting_in_words(run.dataset) for run in runs],
        "epochs": [_epochs(run) for run in runs],
        "parameters": [f"{run.parameters:,}" for run in runs],
        "device": [run.device for run in runs],
        "machine": [printable(run.machine) for run in runs],
        "threads": [str(run.threads) for run in runs],
        "test set": [chr(ord("A") + run.test_set - 1) for run in runs],
        "accuracy": [
            "none yet" if it is None else f"{it.accuracy:.2%}" + _of(it.images) for it in scores
        ],
        "95% interval": [
            "" if it is None else "{:.2%} to {:.2%}".format(*it.interval) for it in scores
        ],
        "held-out accuracy": [
            "" if run.held_out is None else f"{run.held_out:.2%}" for run in runs
        ],
        "loss": ["" if it is None else f"{abs(it.loss):.4f}" for it in scores],
        "seconds": ["" if run.seconds is None else f"{run.seconds:,.1f}" for run in runs],
    }


def _epochs(run: RunSummary) -> str:
    if run.finished:
        return str(run.epochs)
    return f"{run.epochs_done} of {run.epochs}, unfinished"


def _of(images: str) -> str:
    return " held out" if images == "held out" else ""


def _split(facts: Facts) -> tuple[Facts, Facts]:
    """Return the facts for the table, and those that are the same in all runs."""
    always = ("accuracy", "95% interval", "loss", "seconds")
    several = len(facts["seed"]) > 1
    common = {
        name: values
        for name, values in facts.items()
        if name not in always and several and len(set(values)) == 1
    }
    if set(facts["held-out accuracy"]) == {""}:
        common.pop("held-out accuracy", None)
        del facts["held-out accuracy"]
    if set(facts["test set"]) == {"A"}:
        common.pop("test set", None)
        del facts["test set"]
    return {name: values for name, values in facts.items() if name not in common}, common


def _table(console: Console, runs: list[RunSummary], facts: Facts) -> Table:
    """Return a table with one row per run, or one column per run where that fits better."""
    rows = Table(Column("run", overflow="fold"))
    for name in facts:
        rows.add_column(name, justify="right" if _is_number(name) else "left")
    for place, run in enumerate(runs):
        rows.add_row(run.name, *(values[place] for values in facts.values()))
    columns = Table(
        Column("run", no_wrap=True),
        *(Column(run.name, justify="right", overflow="fold") for run in runs),
    )
    for name, values in facts.items():
        columns.add_row(name, *values)
    fits = Measurement.get(console, console.options.update(width=10_000), rows).maximum
    turned = Measurement.get(console, console.options.update(width=10_000), columns).maximum
    return columns if fits > console.width and turned < fits else rows


def _is_number(name: str) -> bool:
    return name in ("seed", "parameters", "threads", "accuracy", "95% interval", "loss", "seconds")


def _remarks(comparison: Comparison) -> list[str]:
    """Return what has to be said about the table."""
    runs, remarks = comparison.runs, []
    if len({run.test_set for run in runs}) > 1:
        remarks.append(
            "The runs were tested on different test sets (A, B, …): only accuracies on the same "
            "one can be compared."
        )
    if any(run.score and run.score.images == "held out" for run in runs) and len(runs) > 1:
        remarks.append("Accuracies on held-out images cannot be compared with those on a test set.")
    pairs = _pairs_with_the_best(comparison)
    remarks += [_in_words(pair) for pair in pairs]
    if len(pairs) > 1:
        remarks.append(
            f"The best of several runs is partly lucky: with {len(pairs)} comparisons, expect a p "
            "below 0.05 by chance more often than 1 time in 20."
        )
    if pairs and (len({run.recipe for run in runs}) > 1 or runs[0].settings):
        remarks.append(
            "This compares the trained networks. To compare recipes, train each with several "
            "seeds: `digitlab repeat`."
        )
    return remarks


def _pairs_with_the_best(comparison: Comparison) -> list[Pair]:
    """Return, for each test set, the pairs of its best run with every other."""
    beaten = {pair.other for pair in comparison.pairs}
    first = [run.name for run in comparison.runs if run.name not in beaten]
    return [pair for pair in comparison.pairs if pair.better in first]


def _in_words(pair: Pair) -> str:
    more, differ = pair.only_better - pair.only_other, pair.only_better + pair.only_other
    if differ == 0:
        return f"{pair.better} and {pair.other} make exactly the same mistakes."
    if more == 0:
        return (
            f"{pair.better} and {pair.other} read equally many images correctly; on {differ:,} "
            "images only one of the two is right."
        )
    p = "p < 0.001" if pair.p < 0.001 else f"p = {pair.p:.2g}"
    images = "image" if more == 1 else "images"
    verdict = "could be chance" if pair.p >= 0.05 else "unlikely to be chance"
    return (
        f"{pair.better} reads {more:,} more {images} correctly than {pair.other}; on {differ:,} "
        f"only one of the two is right. McNemar's exact test: {p}, {verdict}."
    )
