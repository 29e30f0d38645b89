"""Scoring the page network: which of the digits on crops it finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from digitlab.records.history import HeldOutPoint, TestPoint
from digitlab.sheets.crops import CropMaker
from digitlab.sheets.found import MISSING, Found, found_in, peaks_of
from digitlab.sheets.targets import Crop, targets_of
from digitlab.train.page_loss import page_loss
from digitlab.train.page_network import page_outputs


@dataclass(frozen=True, kw_only=True)
class PageAnswers:
    """What a network answered to crops."""

    loss: float
    """Of all crops together: see `page_loss`."""
    found: list[Found]
    """For each crop."""


@dataclass(frozen=True, kw_only=True)
class ScoredCrops:
    """Crops of held-out or test digits, always the same, that a network is scored on."""

    kind: type[TestPoint | HeldOutPoint]
    """The kind of point that a score is recorded as."""
    maker: CropMaker
    count: int
    """How many crops there are."""
    seed: int
    batch_size: int
    device: torch.device

    @cached_property
    def crops(self) -> list[Crop]:
        """The crops, composed when they are first needed."""
        return [self.maker.crop(self.seed, 0, index) for index in range(self.count)]

    @torch.inference_mode()
    def answers_of(self, network: nn.Module) -> PageAnswers:
        """Return what the network finds. It is put into evaluation mode."""
        network.eval()
        raw = torch.cat([network(pages).cpu() for pages in self._batches()])
        targets = torch.from_numpy(np.stack([targets_of(crop) for crop in self.crops]))
        maps = [part.numpy() for part in page_outputs(raw)]
        return PageAnswers(
            loss=page_loss(raw, targets).item(),
            found=[
                found_in(crop, peaks_of(*(part[place] for part in maps)))
                for place, crop in enumerate(self.crops)
            ],
        )

    def _batches(self) -> Iterator[Tensor]:
        for start in range(0, self.count, self.batch_size):
            grays = [crop.gray for crop in self.crops[start : start + self.batch_size]]
            yield torch.from_numpy(np.stack(grays)).to(self.device)

    def score(
        self, answers: PageAnswers, *, epoch: int, examples: int, seconds: float
    ) -> TestPoint | HeldOutPoint:
        """Return the point that records how many digits are found and read correctly, and when."""
        truths = np.concatenate([it.truths for it in answers.found])
        read = np.concatenate([it.answers for it in answers.found])
        return self.kind(
            epoch=epoch,
            examples=examples,
            loss=answers.loss,
            correct=int((truths == read).sum()),
            total=len(truths),
            classes_answered=len(np.unique(read[read != MISSING])),
            seconds=seconds,
        )
