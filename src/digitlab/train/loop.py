"""Train, test, and be stopped and continued anywhere without a trace."""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records.history import (
    HeldOutPoint,
    Point,
    TestPoint,
    TrainPoint,
    from_record,
    to_record,
)
from digitlab.train.average import ExponentialMovingAverage
from digitlab.train.checkpoint import Checkpoint, named_below
from digitlab.train.device import computes_bfloat16, get_random_states, set_random_states
from digitlab.train.examples import Examples, epoch_order, train_batches
from digitlab.train.graph import LearningStep
from digitlab.train.networks import FastNetwork, answer, build_network, load_weights, normalize
from digitlab.train.optimizer import learning_rate_at, make_optimizer

WHITENED_BY = 2_000
"""How many images a first convolution that is not learned is computed from."""


class Training:
    """A training under way: the network, its optimizer, and how far they have come.

    Parameters
    ----------
    recipe
        All settings; `recipe.epochs` is where the training ends.
    dataset
        What is learned and tested; held on `device` as uint8 while the training lives.
    seed
        Decides the first weights, the order of the images, what dropout drops, and all else
        that is random.
    device
        Where the arithmetic is done.
    """

    def __init__(self, recipe: Recipe, dataset: Dataset, *, seed: int, device: torch.device):
        self._started = time.perf_counter()
        torch.manual_seed(seed)
        self.recipe = recipe
        self.seed = seed
        self.dataset_name = dataset.entry.name
        self.device = device
        self.bfloat16 = recipe.precision == "bfloat16" and computes_bfloat16(device)
        self._mean, self._std = dataset.entry.mean, dataset.entry.std
        self.examples = Examples(recipe, dataset, seed=seed, device=device)
        self._test_images = torch.from_numpy(dataset.test_images).to(device)
        self._test_labels = torch.from_numpy(dataset.test_labels).long()

        self.network = build_network(recipe)
        if isinstance(self.network, FastNetwork):
            first = self.examples.images[:WHITENED_BY].cpu()
            self.network.whiten(normalize(first, self._mean, self._std))
        self.network.to(device)
        self.optimizer = make_optimizer(self.network, recipe)
        self.average: ExponentialMovingAverage | None = None
        if recipe.average:
            self.average = ExponentialMovingAverage(self.network, recipe.average)
        self._learn = LearningStep(
            self.network, self.optimizer, label_smoothing=recipe.label_smoothing,
            bfloat16=self.bfloat16, records=device.type == "cuda",
        )  # fmt: skip

        self.epochs_done = 0
        self.batches_done = 0  # of the epoch under way
        self.history: list[Point] = []
        self.test_answers: NDArray[np.float32] | None = None  # of the last test, (10000, 10)

    @property
    def steps_done(self) -> int:
        """How many times the weights have changed since the run began."""
        return self.epochs_done * self._steps_per_epoch + self.batches_done

    @property
    def _steps_per_epoch(self) -> int:
        return math.ceil(len(self.examples) / self.recipe.batch_size)

    @property
    def network_in_use(self) -> nn.Module:
        """The network that is tested: the average, if the recipe keeps one."""
        return self.network if self.average is None else self.average.network

    @property
    def seconds(self) -> float:
        """How long the run has been at work, over all its processes."""
        return time.perf_counter() - self._started

    def run(self) -> Iterator[Point | None]:
        """Train up to `recipe.epochs` epochs and test after each, and once before the first.

        With images held out, it is they that are tested, and the test set once, at the end; as it
        is without `recipe.test_each_epoch`.

        Yields after every step and every test: the point that was recorded, or None after a step
        that records none. At each yield the state is whole: `checkpoint()` may be called, and
        the training may be left there for good.
        """
        score = self._score_epoch
        if not self.history:
            yield score()
        while self.epochs_done < self.recipe.epochs:
            yield from self._train_epoch()
            self.epochs_done += 1
            self.batches_done = 0
            yield score()
        if not isinstance(self.history[-1], TestPoint):
            yield self._test()

    def _score_epoch(self) -> Point | None:
        if self.recipe.validation:
            return self._score_held_out()
        return self._test() if self.recipe.test_each_epoch else None

    def _train_epoch(self) -> Iterator[TrainPoint | None]:
        epoch = self.epochs_done + 1
        order = epoch_order(len(self.examples), self.seed, epoch).to(self.device)
        batches = train_batches(
            self.examples.of_epoch(epoch),
            self.examples.labels,
            order,
            self.recipe.batch_size,
            first_batch=self.batches_done,
        )
        steps = self.recipe.epochs * self._steps_per_epoch
        self.network.train()
        for images, labels in batches:
            images, labels = self.examples.shown(images, labels, epoch)
            images = normalize(images, self._mean, self._std)
            self.optimizer.learning_rate = learning_rate_at(self.recipe, self.steps_done, steps)
            is_last = self.batches_done == self._steps_per_epoch - 1
            loss = self._learn(images, labels, is_last=is_last)
            if self.average is not None:
                self.average.update(self.network, self.steps_done)
            point = None
            if self.batches_done % self.recipe.log_every == 0:
                point = self._record_loss(loss.item())
            self.batches_done += 1
            yield point

    def _record_loss(self, loss: float) -> TrainPoint:
        self._check_finite(loss)
        epoch_size = len(self.examples)
        examples_in_epoch = self.batches_done * self.recipe.batch_size
        point = TrainPoint(
            epoch=self.epochs_done + 1,
            examples_in_epoch=examples_in_epoch,
            epoch_size=epoch_size,
            examples=self.epochs_done * epoch_size + examples_in_epoch,
            loss=loss,
        )
        self.history.append(point)
        return point

    def _test(self) -> TestPoint:
        answers = self.answer_test_set()
        self.test_answers = answers.numpy()
        point = TestPoint(**self._score(answers, self._test_labels))
        self.history.append(point)
        return point

    def _score_held_out(self) -> HeldOutPoint:
        answers = self.answer_held_out()
        point = HeldOutPoint(**self._score(answers, self.examples.held_out_labels))
        self.history.append(point)
        return point

    def _score(self, answers: Tensor, labels: Tensor) -> dict[str, Any]:
        """Return the fields of a `ScorePoint`."""
        loss = F.nll_loss(answers.double(), labels).item()
        self._check_finite(loss)
        return {
            "epoch": self.epochs_done,
            "examples": self.epochs_done * len(self.examples),
            "loss": loss,
            "correct": int((answers.argmax(dim=1) == labels).sum()),
            "total": len(labels),
            "seconds": self.seconds,
        }

    def answer_test_set(self) -> Tensor:
        """Return the log-probabilities, float32 (10000, 10) on the CPU, for the test images."""
        return self._answer(self._test_images)

    def answer_held_out(self) -> Tensor:
        """Return the same, float32 (held out, 10), for the training images that are held out."""
        return self._answer(self.examples.held_out_images)

    def _answer(self, images: Tensor) -> Tensor:
        return answer(
            self.network_in_use,
            images,
            mean=self._mean,
            std=self._std,
            batch_size=self.recipe.test_batch_size,
        ).cpu()

    def _check_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise DigitlabError(
                f"the loss became {loss} at step {self.steps_done + 1}: the weights have run away; "
                f"a learning rate below {self.recipe.learning_rate} may hold them"
            )

    def checkpoint(self) -> Checkpoint:
        """Return all that is needed to continue from here to the same bits in a new process."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {
            f"velocity.{name}": value for name, value in self.optimizer.state_dict().items()
        }
        if self.average is not None:
            tensors |= {
                f"average.{name}": value for name, value in self.average.state_dict().items()
            }
        tensors |= {
            f"random.{kind}": state for kind, state in get_random_states(self.device).items()
        }
        record = {
            "recipe": self.recipe.as_json(),
            "dataset": self.dataset_name,
            "seed": self.seed,
            "device": self.device.type,
            "threads": torch.get_num_threads(),
            "epochs_done": self.epochs_done,
            "batches_done": self.batches_done,
            "seconds": self.seconds,
            "history": [to_record(point) for point in self.history],
        }
        return Checkpoint(tensors=tensors, record=record)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take over the state of another training, which may have lived in another process.

        Raises
        ------
        DigitlabError
            If it is the state of another network.
        """
        tensors, record = checkpoint.tensors, checkpoint.record
        load_weights(self.network, named_below("network", tensors))
        self.optimizer.load_state_dict(named_below("velocity", tensors))
        if self.average is not None:
            self.average.load_state_dict(named_below("average", tensors))
        self.epochs_done = record["epochs_done"]
        self.batches_done = record["batches_done"]
        self.history = [from_record(point) for point in record["history"]]
        self._started -= record["seconds"]
        set_random_states(self.device, named_below("random", tensors))
