"""Every file that is read, damaged in every way: flipped, cut, replaced, of wrong types."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digitlab.errors import DigitlabError
from digitlab.records.snapshots import SNAPSHOTS, read_snapshot
from torture.bench import Bench
from torture.damage_kinds import damages
from torture.fault import Fault, expect
from torture.mirrors import fetch, made_up_files  # noqa: F401 - `fetch` is called by its name
from torture.nursery import Outcome

PROMISE = (
    "A damaged file is reported by name in one sentence, or something as good is used instead. "
    "There is no traceback and no hang, and no wrong answer from a file that has a checksum."
)
TESTS = (
    "tests/records/test_records.py",
    "tests/train/test_checkpoint.py",
    "tests/models/test_card.py",
    "tests/cli/test_bad_input.py",
)
_MOST_LINES = 16
"""Of the message about a dataset: how to provide it by hand takes several."""

Command = Callable[[Path], Outcome]


@dataclass(frozen=True)
class Target:
    """A file, and the commands that read it."""

    name: str
    base: Path
    """The folder that contains it, which is copied for each attempt."""
    commands: dict[str, Command]
    """Each is given the copy."""
    has_checksum: bool
    """Whether every change of its content is noticed."""
    kind: str = ""
    """What the figures call it; by default its name."""
    named_by: str = ""
    """What an error calls it; by default the file's name."""
    is_provided_by_hand: bool = False
    """Whether an error explains how to provide it, in several lines."""


def run(fault: Fault, bench: Bench) -> None:
    """Damage each file in each way, and run each command that reads it."""
    for target in _targets(bench):
        expected = {
            name: command(bench.trainings.copy(target.base, "sound"))
            for name, command in target.commands.items()
        }
        for outcome in expected.values():
            outcome.check_worked()
        for damage_name, damage in damages(target.base / target.name, bench.short):
            for name, command in target.commands.items():
                folder = bench.trainings.copy(target.base, "sound")  # the same path: it is printed
                damage(folder / target.name)
                with fault.attempt(target.kind or target.name, f"{damage_name}, {name}"):
                    _check(command(folder), expected[name], target)


def _check(outcome: Outcome, expected: Outcome, target: Target) -> None:
    if outcome.code:
        if target.is_provided_by_hand:
            outcome.check_was_refused()
            expect(outcome.err.count("\n") < _MOST_LINES, f"a long message: {outcome.err}")
        else:
            outcome.check_is_one_sentence()
        named_by = target.named_by or Path(target.name).name
        expect(named_by in outcome.err, f"{target.name} is not named: {outcome.err}")
        return
    outcome.check_worked()
    if target.has_checksum:
        expect(outcome.out == expected.out, f"another answer: {outcome.out[:300]}")


def _targets(bench: Bench) -> Iterator[Target]:
    """Yield what is damaged."""
    trainings = bench.trainings
    # In the bench's folder: a damaged run may name a folder relative to the current one.
    call = partial(bench.nursery.digitlab, cwd=bench.home)
    finished = trainings.finished
    evaluate: Command = lambda run: call("eval", run, "--json")  # noqa: E731
    compare: Command = lambda run: call("compare", run, "--json")  # noqa: E731
    resume: Command = lambda run: _resumed(bench, run)  # noqa: E731
    plot: Command = lambda run: call("plot", run)  # noqa: E731
    drawn = {} if bench.short else {"plot": plot}
    yield Target("history.jsonl", finished, {"compare": compare, **drawn}, has_checksum=False)
    yield Target("report.json", finished, {"compare": compare, **drawn}, has_checksum=False)
    yield Target(
        "mnist/train-images-idx3-ubyte", _data(bench), {"data": _show(bench)}, True,
        is_provided_by_hand=True,
    )  # fmt: skip
    picture = next((trainings.pictures / "7").iterdir())
    predict: Command = lambda it: call("predict", "--model", it, "--json", picture)  # noqa: E731
    if not bench.short:
        for name in ("last.safetensors", "previous.safetensors"):
            commands = {"resume": resume, "eval": evaluate}
            yield Target(name, trainings.halfway, commands, has_checksum=name[0] == "p")
        yield Target("run.json", finished, {"compare": compare, **drawn}, has_checksum=False)
        yield Target("inside.npz", finished, {"plot": plot}, has_checksum=False)
        shown = {"lab": _shown(bench)}
        yield Target("snapshots/000000002.npz", finished, shown, False, named_by="snapshot")
        model = trainings.fresh("model")
        call("export", finished, "--out", model).check_worked()
        yield Target("model.onnx", model, {"predict": predict, "eval": _tested(bench)}, True)
        yield Target("model.json", model, {"predict": predict}, has_checksum=False)
        extra = _corrections(bench)
        for name in ("corrections.jsonl", "pictures/0000000000000000.png"):
            yield Target(name, extra, {"train": _learned(bench)}, has_checksum=False)
        kept = trainings.copy(bench.nursery.data_dir, "kept")
        for cache in sorted((kept / "pictures").iterdir()):  # of the dataset, and of extra pictures
            name, read = f"pictures/{cache.name}", {"data": _read(bench)}
            yield Target(name, kept, read, has_checksum=True, kind="prepared pictures")
        recipe = trainings.fresh("recipes")
        recipe.mkdir()
        (recipe / "mine.toml").write_text('base = "fast"\nepochs = 2\n')
        yield Target("mine.toml", recipe, {"explain": _explained(bench)}, has_checksum=False)


def show_snapshot(run: str) -> None:
    """Read a snapshot as the lab does, and print what is in it."""
    try:
        print(sorted(read_snapshot(Path(run) / SNAPSHOTS, 2)))
    except DigitlabError as error:
        print(f"digitlab: {error}", file=sys.stderr)
        sys.exit(1)


def _shown(bench: Bench) -> Command:
    return lambda run: bench.nursery.call("torture.damage:show_snapshot", run)


def _resumed(bench: Bench, run: Path) -> Outcome:
    """Continue a run; where that works, it must end with the right bits."""
    outcome = bench.trainings.resume(run)
    if outcome.code == 0:
        for path in run.glob("*.damaged"):
            path.unlink()
        bench.trainings.check_same(run)
    return outcome


def _data(bench: Bench) -> Path:
    """Return a data folder with a small dataset in MNIST's format."""
    home = bench.trainings.fresh("idx")
    (home / "mnist").mkdir(parents=True)
    for name, content in made_up_files().items():
        (home / "mnist" / name).write_bytes(content)
    return home


def _show(bench: Bench) -> Command:
    return lambda home: bench.nursery.call("torture.mirrors:fetch", [], home)


def _read(bench: Bench) -> Command:
    words = ("data", "--dataset", bench.trainings.pictures, "--prepare", "as-is", "--json")
    return lambda home: bench.nursery.digitlab(*words, "--data-dir", home)


def _tested(bench: Bench) -> Command:
    words = ("--dataset", bench.trainings.pictures, "--prepare", "as-is", "--json")
    return lambda model: bench.nursery.digitlab("eval", model / "model.onnx", *words)


def _corrections(bench: Bench) -> Path:
    """Return a folder with three corrections."""
    folder = bench.trainings.fresh("corrections")
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for number in range(3):
        source = bench.trainings.pictures / str(number) / "0.png"
        (folder / "pictures" / f"{number:016x}.png").write_bytes(source.read_bytes())
        record = {"id": f"{number:016x}", "label": str(number), "time": "2026-11-26T09:30:00Z"}
        lines.append(json.dumps(record) + "\n")
    (folder / "corrections.jsonl").write_text("".join(lines))
    return folder


def _learned(bench: Bench) -> Command:
    def learn(folder: Path) -> Outcome:
        run = bench.trainings.fresh("learned")
        return bench.nursery.digitlab(
            "train", "--dataset", bench.trainings.pictures, "--prepare", "as-is", "--extra", folder,
            "--epochs", 1, "--no-figures", "--device", "cpu", "--run", run,
        )  # fmt: skip

    return learn


def _explained(bench: Bench) -> Command:
    return lambda folder: bench.nursery.digitlab("explain", folder / "mine.toml", "--json")
