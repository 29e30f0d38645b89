"""From a box on the page as it was read to one on the picture as it was given."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import Box


@dataclass(frozen=True)
class Place:
    """How the page that was read came from the picture.

    >>> Place((200, 100), (50, 100), 0).box(np.array([10, 5, 20, 15], np.float32))
    (20, 10, 20, 20)
    >>> Place((200, 100), (50, 100), 1).box(np.array([10, 5, 20, 15], np.float32))
    (10, 60, 20, 20)
    """

    picture: tuple[int, int]
    """Width and height of the picture, in pixels."""
    gray: tuple[int, ...]
    """Height and width of its gray levels, which may be reduced."""
    turns: int
    """By how many quarters clockwise they were turned to be read."""
    degrees: float = 0.0
    """By how many degrees they were then turned counterclockwise, around the middle."""
    leveled: tuple[int, ...] = (0, 0)
    """Their height and width after that, if there were any degrees."""

    def box(self, box: NDArray[np.float32]) -> Box:
        """Return left, top, right, bottom on the page as x, y, width, height on the picture."""
        left, top, right, bottom = (float(it) for it in box)
        rows, columns = self.gray if self.turns % 2 == 0 else self.gray[::-1]
        if self.degrees:
            left, top, right, bottom = self._before_leveling(left, top, right, bottom)
        for _ in range(self.turns):  # back, a quarter counterclockwise at a time
            left, top, right, bottom = top, columns - right, bottom, columns - left
            rows, columns = columns, rows
        scale = self.picture[0] / columns, self.picture[1] / rows
        x0, x1 = (min(max(0, round(it * scale[0])), self.picture[0]) for it in (left, right))
        y0, y1 = (min(max(0, round(it * scale[1])), self.picture[1]) for it in (top, bottom))
        return x0, y0, max(1, x1 - x0), max(1, y1 - y0)

    def _before_leveling(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        """Return the box around a box that is turned back."""
        rows, columns = self.gray if self.turns % 2 == 0 else self.gray[::-1]
        sin, cos = math.sin(math.radians(self.degrees)), math.cos(math.radians(self.degrees))
        xs, ys = [], []
        for x in (left - self.leveled[1] / 2, right - self.leveled[1] / 2):
            for y in (top - self.leveled[0] / 2, bottom - self.leveled[0] / 2):
                xs.append(x * cos - y * sin + columns / 2)
                ys.append(x * sin + y * cos + rows / 2)
        return min(xs), min(ys), max(xs), max(ys)
