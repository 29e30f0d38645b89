"""Measure how well a network reads pictures that are not MNIST's, with and without preprocessing.

    python -m benchmarks.pictures MODEL_OR_RUN [--count 100] [--seed 77] [--digits test]

The pictures are those of `testsets/singles.py`: no MNIST image, font or handwriting data is used.
Each is read twice: just resized to 28 x 28 (and inverted if it is light), and prepared by
`digitlab.pictures.digit`. The table has the share that is read correctly both ways, the share of
sure answers (whose probability reaches the threshold, and which are not refused as no digit), the
pictures found blank, and the share that is not answered, because the picture is blank, the answer
unsure or refused. The last one matters for pictures without a digit. Nothing may be tuned on seed
77.

`--digits` adds MNIST's own digits, made very small as in `testsets/small.py`: those of the test set
(`test`, only for reporting), or the training images that `--validation 5000` holds out
(`held-out`, which settings may be chosen by).
"""

import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray
from PIL import Image

from benchmarks.classifiers import Classify, classifier_of
from benchmarks.measure import (
    Count,
    Network,
    PictureSeed,
    print_environment,
    print_table,
    run_program,
)
from digitlab.data.load import load_dataset
from digitlab.pictures.digit import has_ink, prepare
from digitlab.train.order import split
from testsets.singles import Case, handmade
from testsets.small import small_digits

SmallDigits = Literal["none", "test", "held-out"]
HELD_OUT = 5_000  # as in the training of the shipped model


def just_resized(picture: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what most programs feed to their network: gray, 28 x 28, light on dark."""
    is_file = isinstance(picture, bytes)
    image = Image.open(io.BytesIO(picture)) if is_file else Image.fromarray(picture)
    small = np.asarray(image.convert("L").resize((28, 28), Image.Resampling.LANCZOS))
    return 255 - small if small.mean() > 127 else small


def tally(classify: Classify, cases: list[Case], threshold: float) -> dict[str, Counter[str]]:
    """Return counts per condition: pictures, correct both ways, sure answers, blank pictures."""
    labels = np.array([-1 if case.label is None else case.label for case in cases])
    resized_answers, _ = classify(np.stack([just_resized(case.picture) for case in cases]))
    prepared = np.stack([prepare(case.picture) for case in cases])
    answers, refused = classify(prepared)
    inked = np.array([has_ink(image) for image in prepared])
    facts = {
        "pictures": np.ones(len(cases), bool),
        "resized_correct": resized_answers.argmax(axis=1) == labels,
        "prepared_correct": inked & (answers.argmax(axis=1) == labels),
        "sure": inked & ~refused & (np.exp(answers.max(axis=1)) >= threshold),
        "blank": ~inked,
    }
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for number, case in enumerate(cases):
        tallies[case.condition].update({name: int(fact[number]) for name, fact in facts.items()})
    return tallies


def rows(tallies: dict[str, Counter[str]], threshold: float) -> Iterator[dict[str, str]]:
    """Yield one row per condition, then the sums of the drawn digits and of what is no digit."""
    sums = {"**drawn digits**": Counter(), "**no digit**": Counter()}
    for condition, counts in tallies.items():
        if condition.startswith("no digit"):
            sums["**no digit**"] += counts
        elif not condition.startswith("MNIST"):
            sums["**drawn digits**"] += counts
    for condition, it in {**tallies, **sums}.items():
        total = it["pictures"]
        has_digits = "no digit" not in condition
        yield {
            "condition": condition,
            "pictures": f"{total}",
            "just resized, correct": f"{it['resized_correct'] / total:.2%}" if has_digits else "",
            "prepared, correct": f"{it['prepared_correct'] / total:.2%}" if has_digits else "",
            f"{threshold:.1%} sure": f"{it['sure'] / total:.2%}",
            "blank": f"{it['blank']}",
            "not answered": f"{1 - it['sure'] / total:.2%}",
        }


def small_cases(which: SmallDigits) -> Iterator[Case]:
    """Yield MNIST's digits made small."""
    if which == "none":
        return
    dataset = load_dataset("mnist")
    if which == "test":
        yield from small_digits("MNIST test", dataset.test_images, dataset.test_labels)
    else:
        held_out = split(len(dataset.train_images), HELD_OUT)[1].numpy()
        images, labels = dataset.train_images[held_out], dataset.train_labels[held_out]
        yield from small_digits("MNIST held out", images, labels)


def read_pictures(
    model: Network,
    *,
    count: Annotated[Count, Parameter(help="Pictures per condition.")] = 100,
    seed: PictureSeed = 77,
    threshold: Annotated[
        float | None,
        Parameter(help="The least probability of a sure answer; the model's own, if not given."),
    ] = None,
    digits: Annotated[SmallDigits, Parameter(help="Small MNIST digits to add.")] = "none",
) -> None:
    """Read the pictures, and print the table."""
    classify, own_threshold, runtime = classifier_of(model)
    threshold = own_threshold if threshold is None else threshold
    print_environment(
        runtime, "numpy", "pillow", model=model, seed=seed, threshold=f"{threshold:.3f}"
    )
    cases = [*small_cases(digits), *handmade(count, seed)]
    print_table(rows(tally(classify, cases, threshold), threshold))


if __name__ == "__main__":
    run_program(read_pictures, __doc__)
