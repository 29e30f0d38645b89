"""Random changes to training images: rotate, slant, stretch, shift, bend, change the stroke width.

All random numbers come from PyTorch's global generator, whose state a checkpoint saves. The code
uses plain sums and products because on a CPU `affine_grid` and `max_pool2d` take ten times as long
for images with one channel.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# The ranges at strength 1. All except BEND are limits of a uniform distribution around 0.
ROTATION = math.radians(12)
SLANT = 0.22  # how far the top leans over, as a share of the height
SCALE = 0.10  # of the natural logarithm of the size, and of the ratio of width to height
SHIFT = 0.09  # in half image sides: 1.3 pixels
BEND = 0.045  # standard deviation of the elastic displacement, in half image sides: 0.6 pixels
_WIDEN, _NARROW = 0.7, 0.45  # how far towards strokes 1 pixel wider, or narrower, on each side

_SIDE = 28  # pixels
ALL = slice(None)

_BEND_GRID = 5  # points along a side with a random displacement; a smooth curve joins them


def augmented(images: Tensor, strength: float, part: slice = ALL) -> Tensor:
    """Return the images, each randomly changed in its own way.

    Parameters
    ----------
    images
        uint8 (N, 28, 28), 0 = paper to 255 = ink.
    strength
        Scales the ranges above: 0 moves nothing, 2 doubles them.
    part
        Which of the images to return. Random numbers are drawn for all of them, so that each is
        changed in the same way, whoever needs the others.

    Returns
    -------
    Tensor
        uint8 (N, 28, 28), or of the part only. The brightest pixel of an image with ink is about
        255.
    """
    draws = 2 * torch.rand(len(images), 1, 1, device=images.device) - 1
    ink = images[part].to(torch.float32)
    ink = _change_stroke_width(ink, strength, draws[part]).unsqueeze(1)  # (N, 1, 28, 28)
    grid = sampling_grid(len(images), strength, images.device, part)  # (N, 28, 28, 2)
    moved = F.grid_sample(ink, grid, align_corners=False)  # outside the image is paper
    return moved.squeeze(1).round_().to(torch.uint8)


def sampling_grid(images: int, strength: float, device: torch.device, part: slice = ALL) -> Tensor:
    """Return where to sample the old image for each pixel of the new one: float32 (N, 28, 28, 2).

    The last axis is x, y; -1 and 1 are the image borders, as `F.grid_sample` expects. The grid is
    a random affine map around the image center plus a random elastic displacement. See `augmented`
    for `part`.
    """
    draws = strength * (2 * torch.rand(6, images, 1, 1, device=device)[:, part] - 1)
    angle, slant = ROTATION * draws[0], SLANT * draws[1]  # each (N, 1, 1)
    width = torch.exp(SCALE * (draws[2] + draws[3] / 2))
    height = torch.exp(SCALE * (draws[2] - draws[3] / 2))
    cos, sin = torch.cos(angle), torch.sin(angle)
    centers = (torch.arange(_SIDE, device=device) + 0.5) * (2 / _SIDE) - 1  # of the pixels
    x, y = centers, centers.unsqueeze(1)  # (28,) and (28, 1): a row and a column
    grid = elastic_displacement(images, strength, device, part)
    grid[..., 0] += width * cos * x + width * (slant * cos - sin) * y + SHIFT * draws[4]
    grid[..., 1] += height * sin * x + height * (slant * sin + cos) * y + SHIFT * draws[5]
    return grid


def elastic_displacement(
    images: int, strength: float, device: torch.device, part: slice = ALL
) -> Tensor:
    """Return a smooth random displacement of every pixel: float32 (N, 28, 28, 2), mean 0.

    Source: P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks
    applied to visual document analysis" (ICDAR 2003). They blur a displacement per pixel; here
    displacements on a coarse grid are interpolated.
    """
    coarse = torch.randn(images, 2, _BEND_GRID, _BEND_GRID, device=device)[part]
    coarse = strength * BEND * coarse
    # (5, 28): how much each grid point counts at each pixel of a line (bicubic interpolation).
    weights = F.interpolate(
        torch.eye(_BEND_GRID, device=device)[None, None],
        size=(_BEND_GRID, _SIDE),
        mode="bicubic",
        align_corners=True,
    )[0, 0]
    return (weights.T @ coarse @ weights).permute(0, 2, 3, 1)


def _change_stroke_width(ink: Tensor, strength: float, draws: Tensor) -> Tensor:
    """Return the images with wider or narrower strokes, scaled to a maximum of 255: (N, 28, 28).

    `draws` are from -1, narrowest, to 1, widest: (N, 1, 1).
    """
    target = torch.where(draws > 0, dilated(ink), 255 - dilated(255 - ink))
    share = strength * torch.where(draws > 0, _WIDEN * draws, -_NARROW * draws)
    changed = torch.lerp(ink, target, share.clamp(max=1))
    return changed * (255 / changed.amax(dim=(1, 2), keepdim=True).clamp(min=1))


def dilated(ink: Tensor) -> Tensor:
    """Return the maximum of the 3x3 pixels around each pixel: (N, 28, 28)."""
    padded = F.pad(ink, (1, 1, 1, 1))
    rows = torch.maximum(torch.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return torch.maximum(torch.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])
