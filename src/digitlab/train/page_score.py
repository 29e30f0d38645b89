"""Scoring the page network: which of the digits on crops it finds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.records.history import HeldOutPoint, TestPoint
from digitlab.records.page_report import PageReport, make_page_report
from digitlab.records.page_samples import Sample
from digitlab.records.report import HeldOut
from digitlab.sheets.crops import CropMaker
from digitlab.sheets.found import MISSING, Found, found_in, peaks_of
from digitlab.sheets.targets import Crop, targets_of
from digitlab.train.order import split_of
from digitlab.train.page_loss import page_loss
from digitlab.train.page_network import page_outputs
from digitlab.train.ranks import ALONE, Ranks

_SEED = 1998  # not the run's: every seed is scored on the same crops, so runs are comparable
_HELD_OUT_CROPS, _TEST_CROPS = 256, 1024  # about 7 digits each


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
    batch_size: int
    device: torch.device

    @classmethod
    def test_set(cls, recipe: Recipe, dataset: Dataset, device: torch.device) -> "ScoredCrops":
        """Return crops of a dataset's test images."""
        return cls(
            kind=TestPoint,
            maker=CropMaker(dataset.test_images, dataset.test_labels),
            count=_TEST_CROPS,
            batch_size=recipe.test_batch_size,
            device=device,
        )

    @classmethod
    def held_out(cls, recipe: Recipe, dataset: Dataset, device: torch.device) -> "ScoredCrops":
        """Return crops of the training images that are held out."""
        _, held_out = (part.numpy() for part in split_of(recipe, dataset))
        return cls(
            kind=HeldOutPoint,
            maker=CropMaker(dataset.train_images[held_out], dataset.train_labels[held_out]),
            count=_HELD_OUT_CROPS,
            batch_size=recipe.test_batch_size,
            device=device,
        )

    @cached_property
    def crops(self) -> list[Crop]:
        """The crops, composed when they are first needed."""
        return [self.maker.crop(_SEED, 0, index) for index in range(self.count)]

    @torch.inference_mode()
    def answers_of(self, network: nn.Module, ranks: Ranks = ALONE) -> PageAnswers:
        """Return what the network finds. It is put into evaluation mode."""
        network.eval()
        crops = self.crops[ranks.part(self.count)]
        raw = torch.cat([network(pages).cpu() for pages in self._batches(crops)])
        raw = ranks.all_gather(raw, self.count)
        targets = torch.from_numpy(np.stack([targets_of(crop) for crop in self.crops]))
        maps = [part.numpy() for part in page_outputs(raw)]
        return PageAnswers(
            loss=page_loss(raw, targets).item(),
            found=[
                found_in(crop, peaks_of(*(part[place] for part in maps)))
                for place, crop in enumerate(self.crops)
            ],
        )

    def _batches(self, crops: list[Crop]) -> Iterator[Tensor]:
        for start in range(0, len(crops), self.batch_size):
            grays = [crop.gray for crop in crops[start : start + self.batch_size]]
            yield torch.from_numpy(np.stack(grays)).to(self.device)

    def samples(self, network: nn.Module, count: int) -> list[Sample]:
        """Return the first crops, with what the network finds on them."""
        few = replace(self, count=min(count, self.count))
        return [
            Sample(
                gray=crop.gray,
                truths=it.truths,
                truth_boxes=it.boxes,
                is_found=it.answers != MISSING,
                answers=it.peaks.digits,
                answer_boxes=it.peaks.boxes,
                is_right=it.is_right,
            )
            for crop, it in zip(few.crops, few.answers_of(network).found, strict=True)
        ]

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


def page_report_of(
    answers: PageAnswers,
    dataset: Dataset,
    *,
    model: str,
    epochs: int | None,
    held_out: HeldOut | None = None,
) -> PageReport:
    """Return the report on what a page network answered to crops of a dataset's test images."""
    return make_page_report(
        np.concatenate([it.truths for it in answers.found]),
        np.concatenate([it.answers for it in answers.found]),
        invented=sum(it.invented for it in answers.found),
        crops=len(answers.found),
        loss=answers.loss,
        classes=dataset.classes,
        dataset=dataset.name,
        model=model,
        epochs=epochs,
        held_out=held_out,
    )
