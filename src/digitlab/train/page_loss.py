"""How wrong the page network's answers are: one number for middles, classes and boxes together."""

import torch
import torch.nn.functional as F
from torch import Tensor

from digitlab.sheets.classes import CLASSES
from digitlab.sheets.targets import CENTERS, CLASS, IGNORED, SIDES, WEIGHT

_SMOOTHING = 0.02  # share of a class's target that is spread over all classes
_BOX_WEIGHT = 1.0


def page_loss(raw: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of a batch: one number, per digit or sign that is asked for.

    It has three parts. For the middles, the focal loss of CenterNet, which counts the many easy
    cells of bare paper little (T.-Y. Lin et al., ICCV 2017; X. Zhou et al., 2019). For the
    classes, the cross-entropy in the cells near a middle. For the boxes, one minus their overlap
    with the true ones (generalized by the box around both: H. Rezatofighi et al., CVPR 2019).

    Parameters
    ----------
    raw
        `PageNetwork`'s answers, float32 (N, 29, h, w).
    targets
        `digitlab.sheets.targets.targets_of`, float32 (N, 9, h, w).
    """
    centers, classes, sides = raw.split([2, len(CLASSES), 4], dim=1)
    asked = 1 - targets[:, IGNORED : IGNORED + 1]  # (N, 1, h, w)
    wanted = targets[:, CENTERS]  # (N, 2, h, w)
    weights = targets[:, WEIGHT]  # (N, h, w)
    middles = (wanted == 1).sum().clamp(min=1)
    return (
        _focal_loss(centers, wanted, asked) / middles
        + (_class_loss(classes, targets[:, CLASS].long()) * weights).sum()
        / weights.sum().clamp(min=1)
        + _BOX_WEIGHT
        * (_box_loss(sides, targets[:, SIDES]) * weights).sum()
        / weights.sum().clamp(min=1)
    )


def _focal_loss(scores: Tensor, wanted: Tensor, asked: Tensor) -> Tensor:
    """Return the focal loss of all cells together."""
    probability = torch.sigmoid(scores).clamp(1e-4, 1 - 1e-4)
    at_middles = (wanted == 1) * (1 - probability) ** 2 * torch.log(probability)
    elsewhere = (wanted < 1) * (1 - wanted) ** 4 * probability**2 * torch.log(1 - probability)
    return -((at_middles + elsewhere) * asked).sum()


def _class_loss(scores: Tensor, classes: Tensor) -> Tensor:
    """Return the cross-entropy of each cell, (N, h, w)."""
    return F.cross_entropy(scores, classes, reduction="none", label_smoothing=_SMOOTHING)


def _box_loss(sides: Tensor, wanted: Tensor) -> Tensor:
    """Return one minus the generalized overlap of each cell's box with the true one, (N, h, w).

    Both are distances from the middle of the same cell to left, top, right and bottom (N, 4, h, w).
    """
    smaller, larger = torch.minimum(sides, wanted), torch.maximum(sides, wanted)
    common = (smaller[:, 0] + smaller[:, 2]).clamp(min=0) * (smaller[:, 1] + smaller[:, 3]).clamp(
        min=0
    )
    around = (larger[:, 0] + larger[:, 2]) * (larger[:, 1] + larger[:, 3])
    area = (sides[:, 0] + sides[:, 2]) * (sides[:, 1] + sides[:, 3])
    true_area = (wanted[:, 0] + wanted[:, 2]) * (wanted[:, 1] + wanted[:, 3])
    union = area + true_area - common
    overlap = common / union.clamp(min=1e-6)
    return 1 - overlap + (around - union) / around.clamp(min=1e-6)
