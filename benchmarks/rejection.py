"""Measure what `predict` does with pictures of no digit, and with difficult digits.

    python -m benchmarks.rejection [MODEL] [--count 200] [--seed 77] [--split test]

The pictures without a digit are those of `testsets/no_digits.py`: letters that do not resemble a
digit, symbols, shapes, and crops of photographs. The digits are MNIST's own and those of
`testsets/hard_digits.py`: damaged, thin, and with flags and bars. A picture is refused if the
answer is unsure or there is none. With `--json FILE` the counts are also written to a file.

Nothing may be tuned on the test digits and seed 77. Seeds 1 to 9 are for choosing settings, with
the training images that no network was trained on (`--split held-out`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from cyclopts import Parameter

from benchmarks.measure import (
    Count,
    CountsFile,
    ModelFolder,
    PictureSeed,
    print_environment,
    print_table,
    run_program,
    write_counts,
)
from benchmarks.pages import Part, Split, mnist_digits
from digitlab.prediction import Prediction
from digitlab.reader import PRETRAINED, Reader
from testsets.hard_digits import hard_digits
from testsets.no_digits import pictures_without_digit
from testsets.singles import Case


def cases_of(split: Split, count: int, seed: int) -> Iterator[Case]:
    """Yield `count` pictures of each kind."""
    yield from pictures_without_digit(count_per_kind=count, seed=seed)
    images, labels = mnist_digits(split)
    for image, label in zip(images[: 10 * count], labels, strict=False):
        yield Case(image, int(label), "MNIST, as it is")
    yield from hard_digits(images, labels, count_per_kind=count, seed=seed)


def tally(
    answered: Iterable[tuple[Case, Prediction]],
) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Return the counts for each kind: of pictures without a digit, and of digits.

    >>> sure, unsure = Prediction(label="3", unsure=False), Prediction(label="3")
    >>> cases = [Case(b"", None, "stars"), Case(b"", 3, "thin"), Case(b"", 8, "thin")]
    >>> tally(zip(cases, [sure, unsure, sure]))[0]["stars"]["sure"]
    1
    >>> dict(tally(zip(cases, [sure, unsure, sure]))[1]["thin"])
    {'pictures': 2, 'sure': 1, 'right': 1, 'sure_wrong': 1}
    """
    without: dict[str, Counter[str]] = defaultdict(Counter)
    digits: dict[str, Counter[str]] = defaultdict(Counter)
    for case, answer in answered:
        is_sure, is_right = not answer.unsure, answer.digit == case.label
        counts = {"pictures": 1, "sure": int(is_sure)}
        if case.label is None:
            without[case.condition].update(counts)
        else:
            wrong = int(is_sure and not is_right)
            digits[case.condition].update(counts | {"right": int(is_right), "sure_wrong": wrong})
    return without, digits


def without_digit_rows(tallies: Mapping[str, Counter[str]]) -> Iterator[dict[str, str]]:
    """Yield one row per kind of picture without a digit, and one per group of kinds."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, it in tallies.items():
        groups[f"**{kind.split(',')[0]}**"].update(it)
    for kind, it in {**tallies, **groups}.items():
        sure = f"{it['sure']} ({it['sure'] / it['pictures']:.1%})"
        yield {"no digit": kind, "pictures": f"{it['pictures']}", "taken for a digit, sure": sure}


def digit_rows(tallies: Mapping[str, Counter[str]]) -> Iterator[dict[str, str]]:
    """Yield one row per kind of digits, and one of all but MNIST's own together."""
    together: Counter[str] = Counter()
    for kind, it in tallies.items():
        if kind != "MNIST, as it is":
            together.update(it)
    for kind, it in {**tallies, "**all but the first**": together}.items():
        yield {
            "digits": kind,
            "pictures": f"{it['pictures']}",
            "right": f"{it['right'] / it['pictures']:.1%}",
            "refused": f"{1 - it['sure'] / it['pictures']:.1%}",
            "sure, but wrong": f"{it['sure_wrong']}",
            "per 1,000 sure": f"{1000 * it['sure_wrong'] / max(1, it['sure']):.1f}",
        }


def measure_rejection(
    model: ModelFolder = PRETRAINED,
    *,
    count: Annotated[Count, Parameter(help="Pictures of each kind.")] = 200,
    seed: PictureSeed = 77,
    split: Part = "test",
    json: CountsFile = None,
) -> None:
    """Read the pictures, and print both tables."""
    reader = Reader(model, threads=1)
    facts = print_environment(
        "onnxruntime", "numpy", "pillow", model=model, count=count, seed=seed, split=split
    )
    cases = list(cases_of(split, count, seed))
    answers = reader.predict_each(case.picture for case in cases)
    without, digits = tally(zip(cases, answers, strict=True))
    print_table(without_digit_rows(without))
    print_table(digit_rows(digits))
    write_counts(json, **{"facts": facts, "no digit": without, "digits": digits})


if __name__ == "__main__":
    run_program(measure_rejection, __doc__)
