"""The crops of a training, by their position in it: what the network sees and should answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.sheets.crops import CropMaker
from digitlab.sheets.targets import targets_of


@dataclass(frozen=True, kw_only=True)
class TrainingCrops:
    """All crops that a training sees, in their order."""

    maker: CropMaker
    seed: int
    per_epoch: int
    """How many crops make up an epoch."""

    def __call__(self, position: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return the crop at a position, from 0: its gray pixels, and its targets.

        uint8 (H, W), and float32 (channels, H / 4, W / 4): see `targets_of`.
        """
        epoch, index = divmod(position, self.per_epoch)
        crop = self.maker.crop(self.seed, epoch + 1, index)
        return crop.gray, targets_of(crop)
