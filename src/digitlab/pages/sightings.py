"""What the page network sees on a page of any size: digits and signs with their boxes.

The network answers what is 12 to 54 pixels high, so it looks at the page in several sizes. What it
sees several times is one sighting, with all answers averaged.
"""

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.gray import Gray
from digitlab.pictures.raster import mean, reduced

DIGITS = "0123456789"
CLASSES = DIGITS + "/-.,:()+=$€%#"
"""What the page network tells apart, in the order of its scores."""

LARGEST_SIDE = 1600  # pixels of the longer side of the largest size that the network looks at
SMALL_SIDE = 500  # pixels of the longer side: a smaller page is also looked at in double size
STEP = 2**0.5  # from one size to the next: most digits are seen in three or four sizes
LEAST_SIDE = 24  # pixels of the longer side of the smallest size
MARGIN = 16  # pixels of bare paper around the page, so that the network sees where it ends
SMALLEST, LARGEST = 9, 75  # pixels of the longer side of a digit: others are seen in another size
LEAST_CENTER = 0.15  # probability of a middle: lower peaks are nothing
CELL = 4  # pixels: the network answers once for each square of this side
MUCH = 300_000  # pixels: in a larger page, what smaller sizes have explained is skipped
SURE = 0.6  # probability of a middle from which on a digit explains its ink
LARGE_ENOUGH = 20  # pixels: a digit that was seen this large need not be seen larger
LEAST_STROKE = 10  # gray levels between a cell and its surroundings
TILE, FEW = 16, 6  # cells per side of a tile; the least gray of a tile with strokes, of 255
SAME_IN_ONE_SIZE = 0.5
SAME = 0.4  # overlap of two boxes, as the share of both together: they are of the same digit
PARTS = {":": [".", ","], "=": ["-"]}  # signs that consist of others
LEAST_THICK = 0.5  # of a sign's longer side
ROUGH = 1.5  # pixels of the size in which a sign was seen: how far its box may be off
LEAST_WHOLE = 0.25  # probability of the middle of one that its parts support
INSIDE = 0.7  # of a box's area inside another one: only the more probable is kept


class Maps(Protocol):
    """What the page network answers in each cell of 4 x 4 pixels, h x w of them."""

    @property
    def centers(self) -> NDArray[np.float32]:
        """Probability of a digit's, of a sign's middle, 2 x h x w."""

    @property
    def classes(self) -> NDArray[np.float32]:
        """Log-probabilities, 23 x h x w."""

    @property
    def boxes(self) -> NDArray[np.float32]:
        """Distances to left, top, right and bottom in pixels, 4 x h x w."""


class Finder(Protocol):
    """The page network."""

    def maps(self, page: Gray) -> Maps:
        """Return the answers for a gray page of any size."""


@dataclass(frozen=True)
class Sightings:
    """N digits and signs, as arrays with one row for each."""

    boxes: NDArray[np.float32]
    """N x 4: left, top, right, bottom, in pixels of the page."""
    centers: NDArray[np.float32]
    """N: the probability that there is a digit or sign, 0 to 1."""
    classes: NDArray[np.float32]
    """N x 23: log-probabilities of the classes."""
    is_sign: NDArray[np.bool_]
    """N."""
    scales: NDArray[np.float32]
    """N: pixels of the page per pixel of the size in which it was seen."""
    support: NDArray[np.float32]
    """N: the probabilities of the middle in all sizes of the page in which it was seen, added."""

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, chosen: NDArray[np.generic] | slice) -> "Sightings":
        return Sightings(*(getattr(self, it.name)[chosen] for it in fields(self)))

    @property
    def sizes(self) -> NDArray[np.float32]:
        """N: the longer side, in pixels."""
        return np.asarray(np.maximum(self.widths, self.heights), np.float32)

    @property
    def widths(self) -> NDArray[np.float32]:
        """N, in pixels."""
        return np.asarray(self.boxes[:, 2] - self.boxes[:, 0], np.float32)

    @property
    def heights(self) -> NDArray[np.float32]:
        """N, in pixels."""
        return np.asarray(self.boxes[:, 3] - self.boxes[:, 1], np.float32)

    @property
    def names(self) -> list[str]:
        """The most probable digit of each digit, the most probable sign of each sign."""
        digits, signs = np.split(self.classes, [len(DIGITS)], axis=1)
        best = np.where(self.is_sign, signs.argmax(1) + len(DIGITS), digits.argmax(1))
        return [CLASSES[it] for it in best]

    @property
    def middles(self) -> NDArray[np.float32]:
        """N x 2: x and y."""
        return np.asarray((self.boxes[:, :2] + self.boxes[:, 2:]) / 2, np.float32)


def look(page: Gray, finder: Finder) -> Sightings:
    """Return what the network sees on a page, the most probable first; each thing once.

    The largest sizes take most of the time, so only the part of them is looked at where smaller
    ones left something unexplained.
    """
    seen: list[Sightings] = []
    for scale, image in reversed(sizes_of(page)):
        left, top, right, bottom = 0, 0, image.shape[1], image.shape[0]
        if seen and image.size > MUCH:
            left, top, right, bottom = unexplained(image, scale, together(seen))
        if left < right and top < bottom:
            part = np.ascontiguousarray(image[top:bottom, left:right])
            peaks = peaks_of(finder.maps(with_margin(part)), scale)
            seen.append(moved(peaks, left * scale, top * scale))
    everything = together(seen)
    height, width = page.shape
    x, y = everything.middles.T
    return each_once(everything[(x >= 0) & (x < width) & (y >= 0) & (y < height)])


def together(seen: list[Sightings]) -> Sightings:
    """Return several groups of sightings as one."""
    names = [it.name for it in fields(Sightings)]
    return Sightings(*(np.concatenate([getattr(it, name) for it in seen]) for name in names))


def moved(seen: Sightings, right: float, down: float) -> Sightings:
    """Return the sightings with their boxes so many pixels further to the right and down."""
    by = np.array([right, down, right, down], np.float32)
    return replace(seen, boxes=seen.boxes + by)


def unexplained(image: Gray, scale: float, seen: Sightings) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom side of the part of a page that must be looked at.

    It is the part with strokes that are not in the box of a digit that was seen large enough.
    """
    cells = reduced(image, CELL).astype(np.float32)
    strokes = abs(cells - mean(cells, 9)) > LEAST_STROKE
    clear = seen[(seen.centers >= SURE) & (seen.sizes >= 2 * LARGE_ENOUGH * scale)]
    for box in clear.boxes / (CELL * scale):
        x0, y0, x1, y1 = np.rint(box + np.array([-2, -2, 2, 2])).astype(int).clip(0).tolist()
        strokes[y0:y1, x0:x1] = False
    tiles = reduced(np.where(strokes, np.uint8(255), np.uint8(0)), TILE) > FEW
    rows, columns = np.flatnonzero(tiles.any(1)), np.flatnonzero(tiles.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    side, margin = CELL * TILE, 2 * LARGE_ENOUGH
    return (
        max(0, int(columns[0]) * side - margin), max(0, int(rows[0]) * side - margin),
        min(image.shape[1], int(columns[-1] + 1) * side + margin),
        min(image.shape[0], int(rows[-1] + 1) * side + margin),
    )  # fmt: skip


def sizes_of(page: Gray) -> list[tuple[float, Gray]]:
    """Return the page in each size, with the pixels of the page per pixel of it; largest first."""
    image = Image.fromarray(page)
    longer = max(image.size)
    scale = max(1.0, longer / LARGEST_SIDE)
    if longer <= SMALL_SIDE:
        scale = 0.5
    sizes: list[tuple[float, Gray]] = []
    while not sizes or longer / scale >= LEAST_SIDE:
        size = max(1, round(image.width / scale)), max(1, round(image.height / scale))
        kind = Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.BILINEAR
        sizes.append((scale, np.asarray(image.resize(size, kind) if scale != 1 else image)))
        scale *= STEP
    return sizes


def with_margin(page: Gray) -> Gray:
    """Return the page with a margin in the usual gray of its border."""
    border = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    return np.pad(page, MARGIN, constant_values=np.uint8(np.median(border)))


def peaks_of(maps: Maps, scale: float) -> Sightings:
    """Return the digits and signs in one size of the page; `scale` is pixels of the page per pixel.

    A middle is a cell that is more probable than the eight around it.
    """
    seen = []
    for kind, middles in enumerate(maps.centers):
        around = np.pad(middles, 1)
        highest = middles
        for row in range(3):
            for column in range(3):
                part = around[row : row + middles.shape[0], column : column + middles.shape[1]]
                highest = np.maximum(highest, part)
        rows, columns = np.nonzero((middles == highest) & (middles >= LEAST_CENTER))
        left, top, right, bottom = maps.boxes[:, rows, columns]
        x, y = 4 * columns + 2 - MARGIN, 4 * rows + 2 - MARGIN
        boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=1).astype(np.float32)
        seen.append(
            Sightings(
                boxes * np.float32(scale), middles[rows, columns],
                maps.classes[:, rows, columns].T, np.full(len(rows), kind == 1),
                np.full(len(rows), scale, np.float32), middles[rows, columns],
            )
        )  # fmt: skip
    digits, signs = seen
    sizes = digits.sizes / scale
    digits = digits[(sizes >= SMALLEST) & (sizes <= LARGEST)]
    return together([digits, signs])


def each_once(seen: Sightings) -> Sightings:
    """Return the sightings with those of the same thing put together, the most probable first.

    Of two things of which one is inside the other, the more probable one is kept. A digit and a
    sign are never the same thing: `digitlab.pages.conflicts` decides between them.
    """
    seen = without_parts(merged(seen))
    seen = seen[np.argsort(-seen.centers, kind="stable")]
    boxes = thickened(seen)
    free = np.ones(len(seen), np.bool_)
    for first in range(len(seen)):
        if free[first]:
            rivals = seen.is_sign == seen.is_sign[first]
            rivals[: first + 1] = False
            free &= ~(rivals & (overlaps(boxes[first], boxes)[1] >= INSIDE))
    return seen[free]


def merged(seen: Sightings) -> Sightings:
    """Return the sightings with those whose boxes are nearly the same put together.

    Classes and boxes are averaged, each as much as its middle is probable and its size was large:
    small ones are rough. The middle's probability is the highest.
    """
    seen = seen[np.argsort(-seen.centers, kind="stable")]
    trust = seen.centers / np.where(seen.is_sign, seen.scales, np.float32(1))
    thick = thickened(seen)
    free = np.ones(len(seen), np.bool_)
    kept, classes, boxes, support = [], [], [], []
    for first in range(len(seen)):
        if not free[first]:
            continue
        shares, _ = overlaps(thick[first], thick)
        # Two peaks in one size are of two things, unless they cover each other almost wholly.
        least = np.where(seen.scales == seen.scales[first], SAME_IN_ONE_SIZE, SAME)
        same = free & (seen.is_sign == seen.is_sign[first]) & (shares >= least)
        weights = trust[same] / trust[same].sum()
        classes.append(weights @ seen.classes[same])
        boxes.append(weights @ seen.boxes[same])
        support.append(seen.support[same].sum())
        kept.append(first)
        free &= ~same
    if not kept:
        return seen
    chosen = seen[np.array(kept, np.int64)]
    return replace(
        chosen,
        classes=np.stack(classes).astype(np.float32),
        boxes=np.stack(boxes).astype(np.float32),
        support=np.array(support, np.float32),
    )


def thickened(seen: Sightings) -> NDArray[np.float32]:
    """Return the boxes, N x 4, those of signs larger: two of one dot or dash hardly overlap."""
    thin = LEAST_THICK * seen.sizes
    across, down = (
        np.where(seen.is_sign, np.maximum(thin - it, 0) / 2 + ROUGH * seen.scales, 0)
        for it in (seen.widths, seen.heights)
    )
    return np.asarray(seen.boxes + np.stack([-across, -down, across, down], axis=1), np.float32)


def without_parts(seen: Sightings) -> Sightings:
    """Return the sightings without the dots of a colon, which make the colon more probable instead.

    The same holds for the two dashes of an equals sign.
    """
    centers, names, boxes = seen.centers.copy(), np.array(seen.names), thickened(seen)
    free = np.ones(len(seen), np.bool_)
    for whole, parts in PARTS.items():
        is_part = seen.is_sign & np.isin(names, parts)
        for place in np.flatnonzero((names == whole) & (seen.centers >= LEAST_WHOLE)):
            around = boxes[place] + 0.2 * seen.sizes[place] * np.array([-1, -1, 1, 1], np.float32)
            inside = is_part & (overlaps(around, boxes)[1] >= INSIDE)
            part = seen.centers[inside].max(initial=0)
            centers[place] = 1 - (1 - centers[place]) * (1 - part)
            free &= ~inside
    return replace(seen, centers=centers)[free]


def overlaps(
    box: NDArray[np.float32], boxes: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much of a box and each of N others is common to both.

    First as a share of both together, then as a share of the smaller one; each N.
    """
    left, top, right, bottom = boxes.T
    width = np.minimum(box[2], right) - np.maximum(box[0], left)
    height = np.minimum(box[3], bottom) - np.maximum(box[1], top)
    common = np.maximum(width, 0) * np.maximum(height, 0)
    own = np.maximum(box[2] - box[0], 1) * np.maximum(box[3] - box[1], 1)
    areas = np.maximum(right - left, 1) * np.maximum(bottom - top, 1)
    return common / (own + areas - common), common / np.minimum(own, areas)
