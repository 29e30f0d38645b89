"""Printed forms: tables, score sheets, and a box for each digit."""

from itertools import pairwise

from numpy.random import Generator

from digitlab.backgrounds.fields import below, uniform
from digitlab.backgrounds.prints import Print, Style


def table(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw a table: rows of one height, columns of several widths."""
    tall = pitch * uniform(random, 1.15, 2.6)
    narrow, broad = pitch * uniform(random, 0.9, 2), pitch * uniform(random, 2, 6)
    across = [-press.reach + random.random() * broad]
    while across[-1] < press.reach:
        across.append(across[-1] + uniform(random, narrow, broad))
    _cells(press, random, across, _edges(press, random, tall), style)


def score_sheet(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw even cells larger than a number; often a line is just at the crop's border."""
    wide, tall = pitch * uniform(random, 1.3, 5), pitch * uniform(random, 1.2, 2.6)
    _cells(press, random, _edges(press, random, wide, 1), _edges(press, random, tall, 0), style)


def _edges(press: Print, random: Generator, size: float, axis: int | None = None) -> list[float]:
    """Return a grid's lines; of an axis, half the time one of them just at the crop's border."""
    first = random.random() * size
    if axis is not None and random.random() < 0.5:
        side = (-0.5, 0.5)[below(random, 2)] * press.shape[axis]
        first = (side + uniform(random, -2, 2) + press.reach) % size
    start = first - press.reach
    return [start + size * i for i in range(int((press.reach - start) / size) + 1)]


def _cells(
    press: Print, random: Generator, across: list[float], down: list[float], style: Style
) -> None:
    """Draw a grid's lines and note its cells."""
    bold = uniform(random, 1, 2.5) if random.random() < 0.3 else 1
    every = 2 + below(random, 5)  # now and then a line is bolder
    only_rows = random.random() < 0.15
    for i, place in enumerate(down):
        press.row(place, style, 1 if i % every else bold)
        press.base(place)
    for i, place in enumerate([] if only_rows else across):
        press.column(place, style, 1 if i % every else bold)
    inset = style.width / 2 + style.doubled
    for left, right in pairwise(across):
        for top, bottom in pairwise(down):
            if not only_rows:
                press.box(left + inset, top + inset, right - left - inset, bottom - top - inset)


def boxes(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw a box for each digit: apart, joined, or an open comb; one row or several."""
    wide, tall = pitch * uniform(random, 0.75, 1.5), pitch * uniform(random, 1.05, 1.8)
    gap = 0 if random.random() < 0.6 else pitch * uniform(random, 0.1, 0.6)
    open_comb = gap == 0 and random.random() < 0.25
    tooth = uniform(random, 0.15, 0.6) if open_comb else 1
    count = 1 + below(random, 10)
    step = wide + gap
    distance = tall + pitch * uniform(random, 0.3, 2)
    first = uniform(random, -0.55, 0.45) * press.shape[1] - 0.3 * step
    top = -press.shape[0] / 2 - tall / 2 + random.random() * distance
    style.doubled = 0
    while top < press.shape[0] / 2:
        shift = uniform(random, -1, 1) * wide if random.random() < 0.3 else 0
        _box_row(press, (first + shift, top, wide, tall), count, step, tooth, style)
        top += distance


def _box_row(
    press: Print,
    box: tuple[float, float, float, float],
    count: int,
    step: float,
    tooth: float,
    style: Style,
) -> None:
    """Draw one row of boxes, the first of them given as along, down, width, height."""
    first, top, wide, tall = box
    joined, bottom = step == wide, top + tall
    for i in range(count + joined):  # joined boxes share their sides
        left = first + i * step
        for side in (left,) if joined else (left, left + wide):
            height = tall if i in (0, count) or tooth == 1 else tall * tooth
            press.line((side, bottom - height), (side, bottom), style)
    spans = (
        [(first, first + count * wide)]
        if joined
        else [(first + i * step, first + i * step + wide) for i in range(count)]
    )
    half = style.width / 2  # the corners are closed
    for left, right in spans:
        press.line((left - half, bottom), (right + half, bottom), style)
        if tooth == 1:
            press.line((left - half, top), (right + half, top), style)
    for i in range(count):
        inside = wide - style.width, tall - style.width
        press.box(first + i * step + half, top + half, *inside)
    press.base(bottom)
