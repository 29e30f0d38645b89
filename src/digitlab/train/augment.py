"""The same digit by another hand: training images turned, slanted, bent, with other pens.

All numbers are drawn from PyTorch's own generator, whose state a checkpoint keeps. Plain sums and
products stand here in place of `affine_grid` and `max_pool2d`, which on a CPU take ten times as
long for images of one channel.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 28  # pixels
TURN = math.radians(12)  # either way
SLANT = 0.22  # how far the top may lean over, as a share of the height, either way
SCALE = 0.10  # how much larger or smaller, and again how much wider than high
SHIFT = 0.09  # of half a side: 1.3 pixels
BEND = 0.045  # deviation of the bending, of half a side: 0.6 pixels
BENDS = 5  # places along a side that are pushed about; the rest follows smoothly
WIDEN, NARROW = 0.7, 0.45  # how far towards strokes one pixel wider, or narrower, on each side


def augmented(images: Tensor, strength: float) -> Tensor:
    """Return the images, each changed at random by its own numbers.

    Parameters
    ----------
    images
        uint8 (N, 28, 28), 0 = paper to 255 = ink.
    strength
        0 changes nothing; at 1 the ranges are the constants above, at 2 twice as wide.

    Returns
    -------
    Tensor
        uint8 (N, 28, 28).
    """
    ink = with_other_pens(images.to(torch.float32), strength).unsqueeze(1)  # (N, 1, 28, 28)
    where = places(len(images), strength, images.device)  # (N, 28, 28, 2)
    moved = F.grid_sample(ink, where, align_corners=False)  # beyond the border is paper
    return moved.squeeze(1).round_().to(torch.uint8)


def places(images: int, strength: float, device: torch.device) -> Tensor:
    """Return where each pixel of each new image lies in the old one: float32 (N, 28, 28, 2).

    x, then y; -1 and 1 are the borders. An affine change about the middle, then a bending.
    """
    draws = strength * (2 * torch.rand(6, images, 1, 1, device=device) - 1)  # each (N, 1, 1)
    turn, slant = TURN * draws[0], SLANT * draws[1]
    wide = torch.exp(SCALE * (draws[2] + draws[3] / 2))
    high = torch.exp(SCALE * (draws[2] - draws[3] / 2))
    cos, sin = torch.cos(turn), torch.sin(turn)
    middles = (torch.arange(SIDE, device=device) + 0.5) * (2 / SIDE) - 1  # of the pixels
    x, y = middles, middles.unsqueeze(1)  # (28,) and (28, 1): a row and a column
    where = bending(images, strength, device)
    where[..., 0] += wide * cos * x + wide * (slant * cos - sin) * y + SHIFT * draws[4]
    where[..., 1] += high * sin * x + high * (slant * sin + cos) * y + SHIFT * draws[5]
    return where


def bending(images: int, strength: float, device: torch.device) -> Tensor:
    """Return by how much each place is pushed: float32 (N, 28, 28, 2), smooth, mean 0.

    Source: the elastic distortions of P. Simard, D. Steinkraus, J. Platt, "Best practices for
    convolutional neural networks applied to visual document analysis" (ICDAR 2003).
    """
    pushes = strength * BEND * torch.randn(images, 2, BENDS, BENDS, device=device)
    # How much of each push each pixel of a line feels: cubic curves, (BENDS, 28).
    curves = F.interpolate(
        torch.eye(BENDS, device=device)[None, None],
        size=(BENDS, SIDE),
        mode="bicubic",
        align_corners=True,
    )[0, 0]
    return (curves.T @ pushes @ curves).permute(0, 2, 3, 1)


def with_other_pens(ink: Tensor, strength: float) -> Tensor:
    """Return the images with wider or narrower strokes, as bright as before: (N, 28, 28)."""
    draws = 2 * torch.rand(len(ink), 1, 1, device=ink.device) - 1
    towards = torch.where(draws > 0, widened(ink), 255 - widened(255 - ink))
    share = strength * torch.where(draws > 0, WIDEN * draws, -NARROW * draws)
    drawn = torch.lerp(ink, towards, share.clamp(max=1))
    return drawn * (255 / drawn.amax(dim=(1, 2), keepdim=True).clamp(min=1))


def widened(ink: Tensor) -> Tensor:
    """Return the largest of the 3 x 3 pixels around each: (N, 28, 28)."""
    around = F.pad(ink, (1, 1, 1, 1))
    rows = torch.maximum(torch.maximum(around[:, :-2], around[:, 1:-1]), around[:, 2:])
    return torch.maximum(torch.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])
