"""Choose how much to believe the page reader's two networks, and write it on the page model's card.

    python -m benchmarks.page_confidence [FOLDER] [--count 4] [--seeds 1 2 3]

The pages are those of `testsets/pages.py` and `testsets/hard_pages.py`, composed of the 5,000
training digits that both networks were not trained on. Their digits decide the weights
(logistic regression, and a search), and from which probability on a digit is sure: of the sure
ones, at most the share ERROR_RATE is wrong.
"""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from benchmarks.measure import Count, progress, run_program
from benchmarks.page_counts import paired
from benchmarks.pages import sheets_of
from digitlab.models.calibration import find_threshold
from digitlab.models.page_card import PAGE_MODEL, PageConfidence
from digitlab.pages.read import Look, look_at, page_of
from digitlab.pages.second_look import certain, evidence_of
from digitlab.reader import PRETRAINED, Reader
from testsets.sheet import Sheet

ERROR_RATE = 0.005
WEIGHTS = np.arange(0, 1.55, 0.1)  # of a network's log-probabilities, those that are tried
NOTHING = -1  # the truth of a digit that is not on the page

Seeds = Annotated[tuple[int, ...], Parameter(help="Of the pages.", consume_multiple=True)]


class Evidence(NamedTuple):
    """What a page's look shows, and what is true of each of its digits."""

    look: Look
    truths: NDArray[np.int64]
    """The digit, or NOTHING, in the order of `look.second`."""


def truths_of(sheet: Sheet, look: Look, confidence: PageConfidence) -> NDArray[np.int64] | None:
    """Return what is true of each digit; None if a page's digits cannot be matched with its text.

    By place where the page says where its digits are; else aligned with the text in reading order,
    if the page has as many lines as were read.
    """
    page = page_of(look, confidence)
    digits = look.seen[~look.seen.is_sign]
    boxes = [look.place.box(box) for box in digits.boxes]
    truths = np.full(len(digits), NOTHING)
    if sheet.marks:
        marks = [mark for mark in sheet.marks if mark.is_digit]
        for mark, digit in paired([it.box for it in marks], boxes).items():
            truths[digit] = int(marks[mark].text)
        return truths
    if page.text.count("\n") != sheet.text.count("\n"):
        return None
    truth = [int(it) for it in sheet.text if it.isdigit()]
    for position, value in aligned(truth, [digit.digit for digit in page.digits]):
        truths[boxes.index(page.digits[position].box)] = value
    return truths


def aligned(truth: list[int], read: list[int]) -> list[tuple[int, int]]:
    """Return the positions in `read` that stand for a digit of the truth, and that digit.

    >>> aligned([1, 2, 3], [1, 7, 2, 4])
    [(3, 3), (2, 2), (0, 1)]
    """
    costs = np.zeros((len(truth) + 1, len(read) + 1), int)
    costs[:, 0], costs[0] = np.arange(len(truth) + 1), np.arange(len(read) + 1)
    for i, wanted in enumerate(truth, 1):
        for j, found in enumerate(read, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (wanted != found), costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    pairs = []
    i, j = len(truth), len(read)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (truth[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((j, truth[i]))
        elif costs[i, j] == costs[i, j - 1] + 1:
            j -= 1
        else:
            i -= 1
    return pairs


def logistic(features: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, by Newton's method, slightly regularized."""
    weights = np.zeros(features.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (chance - labels) + 1e-3 * weights
        curvature = (features * (chance * (1 - chance))[:, None]).T @ features
        weights -= np.linalg.solve(curvature + 1e-3 * np.eye(len(weights)), gradient)
    return weights


def chosen(evidence: list[Evidence], start: PageConfidence, pages: str) -> PageConfidence:
    """Return the weights and the threshold that fit the evidence best."""
    truths = np.concatenate([it.truths for it in evidence])
    digits = [it.look.seen[~it.look.seen.is_sign] for it in evidence]
    shown = np.concatenate(
        [evidence_of(own, it.look.second) for own, it in zip(digits, evidence, strict=True)]
    )
    offset, *weights = logistic(
        np.pad(shown, ((0, 0), (1, 0)), constant_values=1), truths != NOTHING
    )
    by_center, by_second, by_support, by_size = (round(float(it), 4) for it in weights)
    page = np.concatenate([it.classes[:, :10] for it in digits]).astype(np.float64)
    single = np.concatenate([it.look.second.scores for it in evidence])
    real = np.flatnonzero(truths != NOTHING)
    losses = {}
    for one, other in product(WEIGHTS.tolist(), repeat=2):
        scores = one * page[real] + other * single[real]
        scores -= scores.max(axis=1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses[one, other] = -scores[np.arange(len(real)), truths[real]].mean()
    best = min(losses, key=losses.__getitem__)
    found = replace(
        start, offset=round(float(offset), 4), by_center=by_center, by_second_look=by_second,
        by_support=by_support, by_size=by_size, page_weight=round(best[0], 2),
        single_weight=round(best[1], 2), error_rate=ERROR_RATE, fitted_on=pages,
    )  # fmt: skip
    answers = np.concatenate(
        [certain(own, it.look.second, found) for own, it in zip(digits, evidence, strict=True)]
    )
    logs = np.log(np.maximum(answers, 1e-12)).astype(np.float32)
    return replace(found, threshold=find_threshold(logs, truths, ERROR_RATE))


def choose(
    folder: Annotated[Path, Parameter(help="The folder with both models.")] = PRETRAINED,
    *,
    count: Annotated[Count, Parameter(help="Pages of each kind and seed.")] = 4,
    seeds: Annotated[tuple[int, ...], Parameter(help="Of the pages.", consume_multiple=True)] = (
        1,
        2,
        3,
    ),
) -> None:
    """Choose, print and write it."""
    reader = Reader(folder)
    networks = reader.networks
    evidence = []
    for set_, seed in product(("composed", "hard"), seeds):
        progress(f"{set_}, seed {seed}")
        for sheet in sheets_of(set_, "held-out", count, seed):
            look = look_at(sheet.picture, networks)
            truths = truths_of(sheet, look, networks.confidence)
            if truths is not None:
                evidence.append(Evidence(look, truths))
    digits = sum(len(it.truths) for it in evidence)
    pages = f"{digits:,} digits on {len(evidence)} composed pages of held-out training digits"
    confidence = chosen(evidence, networks.confidence, pages)
    print(confidence)
    weights, card = PAGE_MODEL.read(folder)
    given = " ".join(map(str, seeds))
    command = f"python -m benchmarks.page_confidence --count {count} --seeds {given}"
    commands = [it for it in card.commands if "page_confidence" not in it]
    PAGE_MODEL.write(
        folder, weights, replace(card, confidence=confidence, commands=[*commands, command])
    )


if __name__ == "__main__":
    run_program(choose, __doc__)
