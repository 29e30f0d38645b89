"""Read a page: all the digits and signs in a picture, in reading order."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.models.calibration import LogProbabilities
from digitlab.pages.answers import Box, Ignored, Page, ReadDigit, ReadSign
from digitlab.pages.left_over import left_over
from digitlab.pages.rows import rows_of, slope_of
from digitlab.pages.second_look import inks_of
from digitlab.pages.sightings import LARGEST_SIDE, Finder, Sightings, look
from digitlab.pages.text import words_of
from digitlab.pictures.digit import refuse_flat_stack
from digitlab.pictures.open import Source, open_picture
from digitlab.pictures.page_ink import page_ink

Classify = Callable[[NDArray[np.uint8]], LogProbabilities]

_DIGITS, _CLASSES = "0123456789", "0123456789/-.,:()+=$€%#"
LEAST_DIGIT = 0.4  # probability of a middle: less is no digit
LEAST_SIGN = 0.5
SIGN_REACH = 1.0  # digit heights: a sign that is farther from every digit is none
SETTLED = 0.85  # mean certainty of a page's digits: it is not tried in other directions
TURN_GAIN = 1.2


@dataclass(frozen=True)
class Opinions:
    """What both networks think of N digits, as log-probabilities of the ten."""

    page: NDArray[np.float32]
    single: NDArray[np.float32]
    centers: NDArray[np.float32]


def read_page(source: Source, finder: Finder, classify: Classify, *, threshold: float) -> Page:
    refuse_flat_stack(source)
    picture = open_picture(source, largest_side=LARGEST_SIDE)
    gray = picture.gray()
    scale = max(picture.size) / max(gray.shape)
    seen = look(gray, finder)
    turns = direction(gray, seen, finder)
    if turns:
        gray = np.ascontiguousarray(np.rot90(gray, -turns))
        seen = look(gray, finder)
    seen = kept(seen)
    ink = page_ink(picture)
    if turns:
        ink = np.ascontiguousarray(np.rot90(ink, -turns))
    digits = ~seen.is_sign
    images = inks_of(ink, seen.boxes[digits])
    page_scores = log_softmax(seen.classes[digits, :10])
    single = classify(images) if len(images) else page_scores
    opinions = Opinions(page_scores, single, seen.centers[digits])
    scores = combined(opinions, images.any(axis=(1, 2)))
    probabilities = np.exp(scores) * certainty(opinions.centers)[:, None]
    heights = digit_heights(seen)
    slope = slope_of(seen.middles[digits], seen.heights[digits])
    rows = rows_of(seen.middles, heights, slope)
    characters: dict[int, ReadDigit | ReadSign] = {}
    number = np.cumsum(digits) - 1
    for place in range(len(seen)):
        box = to_picture(seen.boxes[place], scale, turns, gray.shape, picture.size)
        if digits[place]:
            row = probabilities[number[place]]
            best = int(row.argmax())
            characters[place] = ReadDigit(
                box=box,
                digit=best,
                probability=float(row[best]),
                unsure=bool(row[best] < threshold),
                probabilities=tuple(row.tolist()),
                image=images[number[place]],
            )
        else:
            characters[place] = ReadSign(
                box=box,
                sign=_CLASSES[10 + int(seen.classes[place, 10:].argmax())],
                probability=float(seen.centers[place]),
            )
    lines = [
        [[characters[it] for it in word] for word in line]
        for line in words_of(rows, seen.boxes, heights)
    ]
    ignored = [
        Ignored(box=to_picture(box, scale, turns, gray.shape, picture.size))
        for box in left_over(ink, seen.boxes, seen.heights[digits])
    ]
    return Page.from_words(lines, size=picture.size, ignored=ignored, turned=90 * turns)


def log_softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    scores = scores - scores.max(axis=1, keepdims=True, initial=-np.inf)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def combined(opinions: Opinions, has_ink: NDArray[np.bool_]) -> NDArray[np.float32]:
    weight = np.where(has_ink, 0.5, 0.0)[:, None]
    return log_softmax(opinions.page * (1 - weight) + opinions.single * weight)


def certainty(centers: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(centers * 1.3, 0, 1)


def kept(seen: Sightings) -> Sightings:
    """Return the digits, and the signs that are next to one."""
    seen = seen[
        (~seen.is_sign & (seen.centers >= LEAST_DIGIT))
        | (seen.is_sign & (seen.centers >= LEAST_SIGN))
    ]
    digits = seen[~seen.is_sign]
    if not len(digits):
        return digits
    near = np.ones(len(seen), np.bool_)
    for place in np.flatnonzero(seen.is_sign):
        left, top, right, bottom = seen.boxes[place]
        across = np.maximum(np.maximum(digits.boxes[:, 0] - right, left - digits.boxes[:, 2]), 0)
        down = np.maximum(np.maximum(digits.boxes[:, 1] - bottom, top - digits.boxes[:, 3]), 0)
        reach = SIGN_REACH * digits.heights
        fits = max(right - left, bottom - top) < 2.2 * digits.sizes
        near[place] = bool(((across < reach) & (down < 0.35 * digits.heights) & fits).any())
    return seen[near]


def digit_heights(seen: Sightings) -> NDArray[np.float32]:
    """Return how high the digits are where each digit or sign is: of a sign, its neighbors'."""
    heights = seen.heights.copy()
    digits = np.flatnonzero(~seen.is_sign)
    for place in np.flatnonzero(seen.is_sign):
        distances = abs(seen.middles[digits] - seen.middles[place]).sum(axis=1)
        nearest = digits[np.argsort(distances)[:3]]
        heights[place] = np.median(heights[nearest])
    # A digit such as a flat 1 or a wide 4 is measured by its line: the usual height near it.
    for place in digits:
        distances = abs(seen.middles[digits] - seen.middles[place]).sum(axis=1)
        nearest = digits[np.argsort(distances)[:5]]
        heights[place] = max(heights[place], 0.0) * 0.3 + 0.7 * np.median(seen.heights[nearest])
    return heights


def direction(gray: NDArray[np.uint8], seen: Sightings, finder: Finder) -> int:
    """Return by how many quarters clockwise the page is to be turned to be upright."""
    if value(seen)[1] >= SETTLED:
        return 0
    every = max(1, max(gray.shape) // 800)
    small = gray[: gray.shape[0] // every * every, : gray.shape[1] // every * every]
    small = small.reshape(small.shape[0] // every, every, -1, every).mean((1, 3)).astype(np.uint8)
    totals = [
        value(look(np.ascontiguousarray(np.rot90(small, -turn)), finder))[0] for turn in range(4)
    ]
    best = int(np.argmax(totals))
    return best if totals[best] > TURN_GAIN * totals[0] + 0.5 else 0


def value(seen: Sightings) -> tuple[float, float]:
    """Return the sum and the mean of how certain a page's digits are."""
    digits = seen[~seen.is_sign & (seen.centers >= LEAST_DIGIT)]
    if not len(digits):
        return 0.0, 0.0
    each = digits.centers * np.exp(digits.classes[:, :10].max(axis=1))
    return float((each**2).sum()), float(each.mean())


def to_picture(
    box: NDArray[np.float32],
    scale: float,
    turns: int,
    shape: tuple[int, int],
    size: tuple[int, int],
) -> Box:
    """Return a box of the turned gray page in pixels of the picture: x, y, width, height."""
    left, top, right, bottom = (float(it) for it in box)
    height, width = shape
    for _ in range(turns):  # back, a quarter counterclockwise at a time
        left, top, right, bottom = top, width - right, bottom, width - left
        height, width = width, height
    x0, x1 = (min(max(0, round(it * scale)), size[0]) for it in (left, right))
    y0, y1 = (min(max(0, round(it * scale)), size[1]) for it in (top, bottom))
    return x0, y0, max(1, x1 - x0), max(1, y1 - y0)
