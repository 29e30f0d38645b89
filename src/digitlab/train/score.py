"""Scoring: a network's answers to images, and how good they are."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.records.history import HeldOutPoint, TestPoint
from digitlab.train.networks import answer
from digitlab.train.ranks import ALONE, Ranks


@dataclass(frozen=True, kw_only=True)
class ScoredImages:
    """The test images or the held-out images: what a network is scored on."""

    kind: type[TestPoint | HeldOutPoint]
    """The kind of point that a score is recorded as."""
    images: Tensor
    """uint8 (N, 28, 28), where the network computes."""
    labels: Tensor
    """int64 (N,), on the CPU."""
    classes: int
    """How many classes there are."""
    mean: float
    std: float
    """Mean and standard deviation with which the images are normalized."""
    batch_size: int

    @classmethod
    def test_set(cls, recipe: Recipe, dataset: Dataset, device: torch.device) -> "ScoredImages":
        """Return the dataset's test set, with the images copied to the device."""
        images = torch.from_numpy(dataset.test_images).to(device)
        labels = torch.from_numpy(dataset.test_labels).long()
        return cls(kind=TestPoint, images=images, labels=labels, **_shared(recipe, dataset))

    @classmethod
    def held_out(
        cls, recipe: Recipe, dataset: Dataset, images: Tensor, labels: Tensor
    ) -> "ScoredImages":
        """Return the training images that are held out."""
        return cls(kind=HeldOutPoint, images=images, labels=labels, **_shared(recipe, dataset))

    def answers_of(self, network: nn.Module, ranks: Ranks = ALONE) -> Tensor:
        """Return the network's log-probabilities: float32 (N, classes), on the CPU."""
        images = self.images[ranks.part(len(self.images))]
        if len(images):
            answers = answer(
                network, images, mean=self.mean, std=self.std, batch_size=self.batch_size
            )
        else:  # a network may not take an empty batch
            answers = torch.empty(0, self.classes, device=images.device)
        return ranks.all_gather(answers, len(self.images)).cpu()

    def score(
        self, answers: Tensor, *, epoch: int, examples: int, seconds: float
    ) -> TestPoint | HeldOutPoint:
        """Return the point that records how good these log-probabilities are, and when."""
        best = answers.argmax(dim=1)
        return self.kind(
            epoch=epoch,
            examples=examples,
            loss=F.nll_loss(answers.double(), self.labels).item(),
            correct=int((best == self.labels).sum()),
            classes_answered=len(best.unique()),
            total=len(self.labels),
            seconds=seconds,
        )


def _shared(recipe: Recipe, dataset: Dataset) -> dict[str, Any]:
    """Return the fields that both kinds of images share."""
    return {
        "classes": len(dataset.classes),
        "mean": dataset.mean,
        "std": dataset.std,
        "batch_size": recipe.test_batch_size,
    }
