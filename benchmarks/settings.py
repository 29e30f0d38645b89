"""Measure what doubling and halving each setting of a recipe does.

    python -m benchmarks.settings [--recipes tutorial --recipes fast] [--seeds 3]

Each setting is changed alone, with the same seeds as the unchanged recipe, and the accuracy on
5,000 held-out training images is recorded: the test set plays no part. `best` would take days in
full, so it is measured in short runs, which is recorded too. The results are what `digitlab
explain` shows, `src/digitlab/explain/measured.json`; what is in there already is not measured
again, so the program may be stopped at any time.

A share near 1, such as momentum, cannot be doubled. Instead its distance from 1 is halved and
doubled: momentum 0.9, which adds up about 10 gradients, becomes 0.95 (20) and 0.8 (5). A setting
that a recipe does not use is switched on instead. A recipe that is measured in shorter runs has no
results for the settings that make them shorter.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from benchmarks.measure import Count, progress, run_program
from digitlab import Run
from digitlab.errors import DigitlabError
from digitlab.files import write_whole
from digitlab.named_recipes import RECIPES, changed
from digitlab.recipe import RANGES
from digitlab.records.history import HeldOutPoint

MEASURED = Path(__file__).parents[1] / "src/digitlab/explain/measured.json"
HELD_OUT = 5_000

SHORTER: dict[str, dict[str, Any]] = {
    "tutorial": {},
    "fast": {},
    "best": {"epochs": 4, "plain_epochs": 1, "train_images": 25_000},
}
"""How the runs of a recipe differ from it, so that they can be done in hours."""

NEAR_ONE = ("momentum", "average")
SWITCHED_ON: dict[str, Any] = {
    "dropout": 0.25, "schedule": "one-cycle", "label_smoothing": 0.05, "weight_decay": 0.0005,
    "muon": 0.2, "average": 0.99, "augment": 1.0, "precision": "bfloat16",
}  # fmt: skip
"""Values for settings that a recipe does not use."""

NOT_CHANGED = {
    "network",  # is a choice between four
    "test_batch_size", "log_every", "test_each_epoch",  # change no weight
    "validation",  # is what all are measured with
    "train_images",  # would change which images are held out
    "extra_share",  # needs pictures of one's own: see benchmarks/own_hand.py
}  # fmt: skip

Change = Literal["double", "half", "other"]


class Variant(NamedTuple):
    """One setting of a recipe with another value."""

    recipe: str
    setting: str
    value: Any
    change: Change


def variants(name: str) -> Iterator[Variant]:
    """Yield every change of a recipe that is measured."""
    recipe = changed(RECIPES[name], SHORTER[name])
    left_out = NOT_CHANGED | SHORTER[name].keys()
    for setting in (it for it in recipe.__dataclass_fields__ if it not in left_out):
        base = getattr(recipe, setting)
        tried: list[tuple[Any, Change]] = []
        if setting == "dropout" and base:
            tried = [(base / 2, "half"), ((1 + base) / 2, "other")]
        elif setting in NEAR_ONE and base:
            tried = [(round(1 - 2 * (1 - base), 6), "other"), (round((1 + base) / 2, 6), "other")]
        elif setting in RANGES and base:
            tried = [
                (base // 2 if isinstance(base, int) else base / 2, "half"),
                (base * 2, "double"),
            ]
        elif setting in SWITCHED_ON and base != SWITCHED_ON[setting]:
            tried = [(SWITCHED_ON[setting], "other")]
        for value, change in tried:
            if setting not in RANGES or value in RANGES[setting]:
                yield Variant(name, setting, value, change)


def accuracies(
    name: str, settings: dict[str, Any], seeds: int, threads: int | None
) -> list[float | None]:
    """Return the accuracy on the held-out images in percent per seed; None if it diverged."""
    found: list[float | None] = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                run = Run.start(
                    Path(folder) / "run", name, seed=seed, validation=HELD_OUT, threads=threads,
                    **SHORTER[name] | settings,
                )  # fmt: skip
            except DigitlabError as error:
                if "diverged" not in str(error) and "collapsed" not in str(error):
                    raise
                found.append(None)
                continue
            last = [it for it in run.history if isinstance(it, HeldOutPoint)][-1]
            found.append(round(100 * last.accuracy, 3))
    return found


def main(
    *, recipes: tuple[str, ...] = tuple(SHORTER), seeds: Count = 3, threads: Count | None = None
) -> None:
    """Measure every change of these recipes, and add it to the file."""
    records = json.loads(MEASURED.read_text()) if MEASURED.exists() else []
    done = {(it["recipe"], it["setting"], it["value"], it["base"]) for it in records}
    for name in recipes:
        recipe = changed(RECIPES[name], SHORTER[name])
        base: list[float | None] | None = None
        for variant in variants(name):
            own = getattr(recipe, variant.setting)
            if (name, variant.setting, variant.value, own) in done:
                continue
            if base is None:
                progress(f"{name} as it is")
                base = accuracies(name, {}, seeds, threads)
            progress(f"{name}: {variant.setting} {variant.value}")
            changes = {variant.setting: variant.value}
            records.append(
                {
                    "recipe": name, "setting": variant.setting, "value": variant.value,
                    "base": own, "change": variant.change,
                    "accuracies": accuracies(name, changes, seeds, threads),
                    "base_accuracies": base, "epochs": recipe.epochs,
                    "train_images": recipe.train_images, "validation": HELD_OUT,
                }
            )  # fmt: skip
            lines = ",\n".join(json.dumps(it) for it in records)
            write_whole(MEASURED, f"[\n{lines}\n]\n".encode())


if __name__ == "__main__":
    run_program(main, __doc__)
