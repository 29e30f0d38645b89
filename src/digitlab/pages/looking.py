"""Look at a page of any size with the page network.

The network answers what is 12 to 54 pixels high, so it looks at the page in several sizes. What it
sees several times is one sighting, with all answers averaged (`merging.py`).
"""

from dataclasses import replace

import numpy as np
from PIL import Image

from digitlab.pages.merging import each_once
from digitlab.pages.sightings import Finder, Maps, Sightings, together
from digitlab.pictures.gray import Gray
from digitlab.pictures.raster import mean, reduced

LARGEST_SIDE = 1600  # pixels of the longer side of the largest size that the network looks at
MOST_PIXELS = 1600 * 1200  # of that size: a square page has a shorter side
_SMALL_SIDE = 500  # pixels of the longer side: a smaller page is also looked at in double size
_STEP = 2**0.5  # from one size to the next: most digits are seen in three or four sizes
_LEAST_SIDE = 24  # pixels of the longer side of the smallest size
MARGIN = 16  # pixels of bare paper around the page, so that the network sees where it ends
_SMALLEST, _LARGEST = 9, 75  # pixels of the longer side of a digit: others are seen in another size
LEAST_CENTER = 0.15  # probability of a middle: lower peaks are nothing
CELL = 4  # pixels: the network answers once for each square of this side
_MUCH = 300_000  # pixels: in a larger page, what smaller sizes have explained is skipped
SURE = 0.6  # probability of a middle from which on a digit explains its ink
_LARGE_ENOUGH = 20  # pixels: a digit that was seen this large need not be seen larger
_LEAST_STROKE = 10  # gray levels between a cell and its surroundings
_TILE, _FEW = 16, 6  # cells per side of a tile; the least gray of a tile with strokes, of 255


def look(page: Gray, finder: Finder, *, most_pixels: int = MOST_PIXELS) -> Sightings:
    """Return what the network sees on a page, the most probable first; each thing once.

    The largest sizes take most of the time, so only the part of them is looked at where smaller
    ones left something unexplained. With fewer `most_pixels`, it is quicker and sees less.
    """
    seen: list[Sightings] = []
    for scale, image in reversed(sizes_of(page, most_pixels)):
        left, top, right, bottom = 0, 0, image.shape[1], image.shape[0]
        if seen and image.size > _MUCH:
            left, top, right, bottom = _unexplained(image, scale, together(seen))
        if left < right and top < bottom:
            part = np.ascontiguousarray(image[top:bottom, left:right])
            peaks = peaks_of(finder.maps(with_margin(part)), scale)
            seen.append(moved(peaks, left * scale, top * scale))
    everything = together(seen)
    height, width = page.shape
    x, y = everything.middles.T
    return each_once(everything[(x >= 0) & (x < width) & (y >= 0) & (y < height)])


def moved(seen: Sightings, right: float, down: float) -> Sightings:
    """Return the sightings with their boxes so many pixels further to the right and down."""
    by = np.array([right, down, right, down], np.float32)
    return replace(seen, boxes=seen.boxes + by)


def _unexplained(image: Gray, scale: float, seen: Sightings) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom side of the part of a page that must be looked at.

    It is the part with strokes that are not in the box of a digit that was seen large enough.
    """
    cells = reduced(image, CELL).astype(np.float32)
    strokes = abs(cells - mean(cells, 9)) > _LEAST_STROKE
    clear = seen[(seen.centers >= SURE) & (seen.sizes >= 2 * _LARGE_ENOUGH * scale)]
    for box in clear.boxes / (CELL * scale):
        x0, y0, x1, y1 = np.rint(box + np.array([-2, -2, 2, 2])).astype(int).clip(0).tolist()
        strokes[y0:y1, x0:x1] = False
    tiles = reduced(np.where(strokes, np.uint8(255), np.uint8(0)), _TILE) > _FEW
    rows, columns = np.flatnonzero(tiles.any(1)), np.flatnonzero(tiles.any(0))
    if not len(rows):
        return 0, 0, 0, 0
    side, margin = CELL * _TILE, 2 * _LARGE_ENOUGH
    return (
        max(0, int(columns[0]) * side - margin), max(0, int(rows[0]) * side - margin),
        min(image.shape[1], int(columns[-1] + 1) * side + margin),
        min(image.shape[0], int(rows[-1] + 1) * side + margin),
    )  # fmt: skip


def sizes_of(page: Gray, most_pixels: int = MOST_PIXELS) -> list[tuple[float, Gray]]:
    """Return the page in each size, with the pixels of the page per pixel of it; largest first."""
    image = Image.fromarray(page)
    longer = max(image.size)
    finest = 0.5 if longer <= _SMALL_SIDE else 1.0
    scale = max(finest, longer / LARGEST_SIDE, (page.size / most_pixels) ** 0.5)
    sizes: list[tuple[float, Gray]] = []
    while not sizes or longer / scale >= _LEAST_SIDE:
        size = max(1, round(image.width / scale)), max(1, round(image.height / scale))
        kind = Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.BILINEAR
        sizes.append((scale, np.asarray(image.resize(size, kind) if scale != 1 else image)))
        scale *= _STEP
    return sizes


def with_margin(page: Gray) -> Gray:
    """Return the page with a margin in the usual gray of its border."""
    return np.pad(page, MARGIN, constant_values=np.uint8(usual_border(page)))


def usual_border(page: Gray) -> int:
    """Return the median gray of a page's border, 0 to 255."""
    return int(np.median(np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])))


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
    digits = digits[(sizes >= _SMALLEST) & (sizes <= _LARGEST)]
    return together([digits, signs])
