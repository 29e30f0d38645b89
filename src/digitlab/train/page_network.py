"""The page network: it finds digits and signs on a page of any size.

Fully convolutional, like the detectors for people and cars, only smaller: every cell of 4 x 4
pixels says whether the middle of a digit or of a sign is there, which one it is, and how far its
box reaches. Cells of 8 and 16 pixels see more of the surroundings and pass on what they see (T.-Y.
Lin et al., "Feature pyramid networks", CVPR 2017).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.sheets.classes import CLASSES
from digitlab.sheets.targets import CELL

_WINDOW = 9  # cells: the surroundings whose mean and spread each cell is compared with
_FLOOR = 0.03  # of the range from black to white: the least spread, so that noise stays small
_RAREST = -4.6  # a new network's logit of a center: 1 cell in 100


class Block(nn.Module):
    """Two convolutions whose result is added to their input (K. He et al., CVPR 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the input's shape (N, channels, h, w)."""
        change = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(change)))


def entry(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution to another number of channels, at every `stride`-th cell."""
    conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class PageNetwork(nn.Module):
    """Finds the digits and signs that are 12 to 54 pixels high.

    Parameters
    ----------
    channels
        How many numbers describe a cell of 4, 8 and 16 pixels, and a cell at the end.
    """

    def __init__(self, channels: tuple[int, int, int, int] = (32, 64, 112, 48)) -> None:
        super().__init__()
        fine, middle, coarse, head = channels
        self.fine = nn.Sequential(entry(CELL * CELL, fine), Block(fine))
        self.middle = nn.Sequential(entry(fine, middle, 2), Block(middle), Block(middle))
        self.coarse = nn.Sequential(entry(middle, coarse, 2), Block(coarse), Block(coarse))
        self.coarse_to_middle = nn.Conv2d(coarse, middle, 1)
        self.middle_to_head = nn.Conv2d(middle, head, 1)
        self.fine_to_head = nn.Conv2d(fine, head, 1)
        self.head = entry(head, head)
        self.answer = nn.Conv2d(head, 2 + len(CLASSES) + 4, 1)
        assert self.answer.bias is not None
        with torch.no_grad():
            self.answer.weight.mul_(0.1)
            self.answer.bias.zero_()
            self.answer.bias[:2] = _RAREST
            self.answer.bias[-4:] = 2.0  # cells: half a usual digit

    def forward(self, pages: Tensor) -> Tensor:
        """Return the raw answers of all cells.

        Takes gray pages, uint8 or float 0 to 255, (N, H, W), with H and W multiples of 16. Returns
        float32 (N, 29, H / 4, W / 4): two scores (logits) for the middle of a digit and of a sign,
        23 scores of the classes, and the distances, in cells, to the left, top, right and bottom
        side of the box.
        """
        fine = self.fine(normalized(pages))  # (N, 32, H / 4, W / 4)
        middle = self.middle(fine)  # (N, 64, H / 8, W / 8)
        coarse = self.coarse(middle)  # (N, 112, H / 16, W / 16)
        middle = F.relu(middle + twice(self.coarse_to_middle(coarse)))
        together = F.relu(self.fine_to_head(fine) + twice(self.middle_to_head(middle)))
        answers = self.answer(self.head(together))  # (N, 29, H / 4, W / 4)
        scores, sides = answers[:, :-4], answers[:, -4:]
        return torch.cat([scores, F.softplus(sides)], dim=1)


def normalized(pages: Tensor) -> Tensor:
    """Return each pixel's difference from its surroundings in units of their spread.

    (N, H, W) become (N, 16, H / 4, W / 4): the 16 pixels of a cell are its channels. So shadows,
    pale pencils and gray paper look like black ink on white.
    """
    levels = pages.unsqueeze(1) / 255  # (N, 1, H, W)
    mean = surroundings(F.avg_pool2d(levels, CELL))
    square = surroundings(F.avg_pool2d(levels * levels, CELL))
    spread = torch.sqrt((square - mean * mean).clamp(min=0) + _FLOOR**2)
    return (F.pixel_unshuffle(levels, CELL) - mean) / spread


def surroundings(cells: Tensor) -> Tensor:
    """Return the mean of the cells around each cell; at the border, of those that exist."""
    return F.avg_pool2d(cells, _WINDOW, stride=1, padding=_WINDOW // 2, count_include_pad=False)


def twice(cells: Tensor) -> Tensor:
    """Return each cell as 2 x 2 cells."""
    return F.interpolate(cells, scale_factor=2.0, mode="nearest")


def page_outputs(raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Turn the raw answers into what an exported model gives.

    Returns the probabilities of a digit's and of a sign's middle (N, 2, h, w), the
    log-probabilities of the classes (N, 23, h, w), and the distances from the middle of the cell to
    the sides of the box in pixels (N, 4, h, w).
    """
    centers, classes, sides = raw.split([2, len(CLASSES), 4], dim=1)
    return torch.sigmoid(centers), F.log_softmax(classes, dim=1), sides * CELL
