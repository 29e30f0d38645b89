"""How deep each pixel of a picture is below its paper, in 256 levels, and their statistics."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digitlab.pictures.raster import enlarged, median

Depths = NDArray[np.float64]  # 256
Counts = NDArray[np.int64]  # 256

LIGHT_FLOOR = 32.0  # gray levels: keeps the contrast of ink on black paper finite
_NOISE_ROWS = 64  # rows from which the noise is estimated


@dataclass(frozen=True, eq=False, slots=True)
class Levels:
    """A picture in which darker ink has higher levels, whatever the paper and the light.

    What must be known of its pixels is computed from the counts of the 256 levels, which takes a
    tenth of the time.
    """

    pixels: NDArray[np.uint8]
    """Height x width; 255 is the deepest ink."""
    depths: Depths
    """How much darker than the paper each level is, or lighter, as a share of the paper's gray."""
    counts: Counts
    """How many pixels have each level."""
    up_to: Counts
    """How many pixels have each level or a lower one."""

    @property
    def is_clean(self) -> bool:
        """Return whether most of the paper has one level, as in a paint program's picture."""
        return 4 * int(self.counts.max()) > 3 * self.pixels.size

    def noise(self) -> float:
        """Return the standard deviation of the noise."""
        step = float(self.depths[1] - self.depths[0])
        return 0.0 if self.is_clean else noise_of(self.pixels) * step

    def first_above(self, depth: float) -> int:
        """Return the first level that is deeper; 256 if none is."""
        return int(self.depths.searchsorted(depth, side="right"))

    def peak(self) -> float:
        """Return how deep the ink is: the mean of the deepest 0.2%, of at least 3 pixels."""
        size = self.pixels.size
        count = min(size, max(3, size // 500))
        level = int(self.up_to.searchsorted(size - count, side="right"))  # some of its pixels count
        deeper = self.counts[level + 1 :]
        left = count - (size - int(self.up_to[level]))
        total = float(deeper @ self.depths[level + 1 :]) + left * float(self.depths[level])
        return total / count

    def mean_from(self, level: int) -> float:
        """Return the mean depth of the pixels with this level or a deeper one."""
        counts = self.counts[level:]
        return float(counts @ self.depths[level:]) / max(1, int(counts.sum()))

    def median_below(self, level: int) -> float:
        """Return the median depth of the pixels with lower levels; 0 if there are none."""
        total = int(self.up_to[level - 1]) if level else 0
        if not total:
            return 0.0
        one, other = self.up_to.searchsorted([(total - 1) // 2, total // 2], side="right")
        return float(self.depths[one] + self.depths[other]) / 2

    def mapped(self, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the pixels with each level replaced by its entry in a table of 256."""
        return table.take(self.pixels)

    def blurred(self, radius: float) -> "Levels":
        """Average noise away with a Gaussian. The levels in use are spread over all 256 first."""
        used = np.flatnonzero(self.counts)
        low, high = int(used[0]), int(used[-1])
        spread = np.clip((np.arange(256) - low) * (255 / max(1, high - low)), 0, 255)
        image = Image.fromarray(self.mapped(spread.astype(np.uint8)))
        soft = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)))
        return counted(soft, np.linspace(self.depths[low], self.depths[high], 256))


def noise_of(depth: NDArray[np.generic]) -> float:
    """Estimate the standard deviation of the noise from second differences, of some of the rows.

    Strokes and slopes hardly change it: Immerkaer's mask (CVIU 64, 1996) is 0 on a slope, and the
    median ignores the edges of strokes.
    """
    if min(depth.shape) < 20:
        return 0.0
    kind = np.int16 if depth.dtype == np.uint8 else np.float32
    signed: NDArray[Any] = depth.astype(kind, copy=False)
    every = max(1, len(depth) // _NOISE_ROWS)
    d = signed[:-2:every] - 2 * signed[1:-1:every] + signed[2::every]
    d = d[:, :-2] - 2 * d[:, 1:-1] + d[:, 2:]
    return float(median(np.abs(d, out=d)) * 1.4826 / 6)


def counted(pixels: NDArray[np.uint8], depths: Depths) -> Levels:
    """Return levels with their counts."""
    counts = np.bincount(pixels.ravel(), minlength=256)
    return Levels(pixels, depths, counts, counts.cumsum())


def levels_below(
    paper: NDArray[np.float32] | float, gray: NDArray[np.uint8], *, light_ink: bool
) -> Levels:
    """Compare a picture with its paper, whose gray is one number or a map of any size.

    With light ink both are inverted: ink is always darker than paper. But on black paper it is
    compared with the paper's own gray.
    """
    if isinstance(paper, float):
        shade = (255 - paper + LIGHT_FLOOR) if light_ink else paper + 1
        return counted(~gray, (np.arange(256.0) + (paper - 255)) / shade)
    bare = enlarged(paper, gray.shape)
    depth = (bare - gray) / (255 + np.float32(LIGHT_FLOOR) - bare if light_ink else bare + 1)
    high = max(float(depth.max()), 1e-3)
    low = max(float(depth.min()), -high)
    pixels = np.clip((depth - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
    return counted(pixels, np.linspace(low, high, 256))
