"""Paper in color: what is written and printed on it, how it lies before the camera, its picture."""

import io
from collections.abc import Iterable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from testsets.pages import light_on
from testsets.pens import blur, to_array
from testsets.sheet import Mark
from testsets.writing import Placed

Color = tuple[float, float, float]
Points = NDArray[np.float64]  # N x 2, x and y

BLACK_INK: Color = (25, 25, 30)
BLUE_INK: Color = (35, 50, 140)
RED_INK: Color = (175, 30, 35)
PENCIL: Color = (95, 95, 98)


class Paper:
    """A sheet of paper, and where each mark is on it."""

    def __init__(self, width: float, height: float, color: Color = (250, 250, 248)) -> None:
        self.pixels = np.empty((round(height), round(width), 3), np.float32)
        self.pixels[:] = color
        self._marks: list[tuple[str, Points]] = []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def write(
        self, placed: Iterable[Placed], color: Color = BLACK_INK, strength: float = 1.0
    ) -> None:
        """Put ink on the paper, and remember the marks."""
        for it in placed:
            self.stain(it, color, strength)
            self._marks.append((it.text, outline(it)))

    def stain(self, it: Placed, color: Color, strength: float = 1.0) -> None:
        """Put ink on the paper that is no mark of its own."""
        left, top = max(0, it.left), max(0, it.top)
        place = self.pixels[top : max(0, it.bottom), left : max(0, it.right)]
        ink = it.ink[top - it.top :, left - it.left :][: place.shape[0], : place.shape[1]]
        place += (strength * ink[..., None]) * (np.array(color, np.float32) - place)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], width: float,
        color: Color = BLACK_INK, strength: float = 1.0,
    ) -> None:  # fmt: skip
        """Print a level or upright line."""
        half = width / 2
        left, right = sorted((start[0], end[0]))
        top, bottom = sorted((start[1], end[1]))
        x = _coverage(left - half, right + half, self.size[0])
        y = _coverage(top - half, bottom + half, self.size[1])
        columns, rows = np.flatnonzero(x), np.flatnonzero(y)
        if len(columns) and len(rows):
            cut = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            ink = y[cut[0], None] * x[None, cut[1]]
            self.stain(Placed("", ink, int(columns[0]), int(rows[0])), color, strength)

    def box(
        self, left: float, top: float, width: float, height: float, line: float,
        color: Color = BLACK_INK, strength: float = 1.0,
    ) -> None:  # fmt: skip
        """Print a rectangle."""
        right, bottom = left + width, top + height
        for start, end in (
            ((left, top), (right, top)), ((left, bottom), (right, bottom)),
            ((left, top), (left, bottom)), ((right, top), (right, bottom)),
        ):  # fmt: skip
            self.line(start, end, line, color, strength)

    def moved(self, corners: Points, around: NDArray[np.uint8]) -> "Paper":
        """Return a picture of the paper before something else.

        Its top left, top right, bottom right and bottom left corner are at `corners`, 4 x 2, in the
        picture `around`, uint8 H x W x 3.
        """
        width, height = self.size
        own = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
        back = homography(corners, own).ravel()[:8]
        shape = around.shape[1], around.shape[0]
        kind, smooth = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
        sheet = Image.fromarray(to_array(self.pixels)).transform(shape, kind, back, smooth)
        mask = Image.new("L", self.size, 255).transform(
            shape, kind, back, Image.Resampling.BILINEAR
        )
        picture = Paper(*shape)
        whole = Image.composite(
            sheet, Image.fromarray(around), mask.point(lambda v: 255 * (v > 250))
        )
        picture.pixels = np.asarray(whole, np.float32).copy()
        forth = homography(own, corners)
        picture._marks = [(text, _project(forth, points)) for text, points in self._marks]
        return picture

    def turned(self, degrees: int) -> "Paper":
        """Return the paper turned clockwise by a multiple of 90 degrees."""
        quarter = degrees // 90 % 4
        width, height = self.size
        size = (height, width) if quarter % 2 else (width, height)
        around = np.zeros((size[1], size[0], 3), np.uint8)
        corners = np.array([(0, 0), (size[0], 0), size, (0, size[1])], float)
        return self.moved(np.roll(corners, -quarter, axis=0), around)

    def marks(self, scale: float = 1.0) -> tuple[Mark, ...]:
        """Return the marks and their boxes in the picture, enlarged by `scale`."""
        boxes = [(text, points.min(0), np.ptp(points, 0)) for text, points in self._marks]
        return tuple(
            Mark(text, (*(low * scale).round(1).tolist(), *(size * scale).round(1).tolist()))
            for text, low, size in boxes
        )


def outline(it: Placed) -> Points:
    """Return the corners of the first and the last inked pixel of each row."""
    inked = it.ink > 0.35
    rows = np.flatnonzero(inked.any(1))
    if not len(rows):
        return np.array([(it.left, it.top), (it.right, it.bottom)], float)
    first, last = inked[rows].argmax(1), inked.shape[1] - inked[rows][:, ::-1].argmax(1)
    points = [np.stack([x, rows + y], 1) for x in (first, last) for y in (0, 1)]
    return np.concatenate(points) + [it.left, it.top].copy()


def _coverage(low: float, high: float, size: int) -> NDArray[np.float64]:
    """Return how much of each of `size` pixels is between two places."""
    edges = np.arange(size)
    return np.clip(np.minimum(edges + 1, high) - np.maximum(edges, low), 0, 1)


def homography(source: Points, target: Points) -> NDArray[np.float64]:
    """Return the 3 x 3 projection that maps four points to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1).reshape(3, 3)


def _project(matrix: NDArray[np.float64], points: Points) -> Points:
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def pictured(
    paper: Paper, random: Generator, *, photo: float = 0.5, scale: float = 1.0
) -> bytes | NDArray[np.uint8]:
    """Return the picture of a paper: a photograph (its light, lens and noise), or else a scan.

    `photo` is the share of photographs, and `scale` enlarges the picture.
    """
    pixels = paper.pixels
    if random.random() < photo:
        pixels = pixels * light_on(pixels.shape[:2], random)[..., None].astype(np.float32)
        pixels = blur(pixels, random.uniform(0.3, 0.8))
        pixels = pixels * np.array([1, random.uniform(0.93, 1), random.uniform(0.82, 1)])
        pixels = pixels + random.normal(0, random.uniform(1.5, 6), (*pixels.shape[:2], 1))
        quality = int(random.integers(55, 92))
    else:
        pixels = pixels + random.normal(0, random.uniform(0, 2.5), (*pixels.shape[:2], 1))
        quality = int(random.integers(75, 95))
        if random.random() < 0.5 and scale == 1:
            return to_array(pixels)
    image = Image.fromarray(to_array(pixels))
    if scale != 1:
        size = round(image.width * scale), round(image.height * scale)
        image = image.resize(size, Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
