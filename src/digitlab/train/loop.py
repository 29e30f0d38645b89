"""The training loop. It can stop anywhere and continue with the same result."""

import math
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records.history import Point, TestPoint, TrainPoint
from digitlab.train.average import ExponentialMovingAverage
from digitlab.train.build import build_network, has_batch_norm
from digitlab.train.checkpoint import Checkpoint, Progress, Stateful, load_parts, tensors_of
from digitlab.train.device import RandomStates, computes_bfloat16
from digitlab.train.examples import Examples, Synthetic, check_batches, check_examples
from digitlab.train.graph import LearningStep
from digitlab.train.networks import FastNetwork, normalize
from digitlab.train.optimizer import learning_rate_at, make_optimizer
from digitlab.train.order import split_of
from digitlab.train.own_network import explained, is_own
from digitlab.train.page_examples import PageExamples
from digitlab.train.ranks import ALONE, Ranks
from digitlab.train.task import Scored, Task

_WHITENING_IMAGES = 2_000
"""How many images the fixed first convolution of `FastNetwork` is computed from."""


class DivergedError(DigitlabError):
    """A training whose loss is no longer a number; with several ranks, this happens on all."""


class Training:
    """A training in progress: the network, its optimizer, and how far they have come.

    Parameters
    ----------
    recipe
        All settings; `recipe.epochs` is where the training ends.
    dataset
        What the network is trained and tested on; kept on `device` as uint8.
    seed
        Decides the first weights, the order of the images, what dropout drops, and everything
        else that is random.
    device
        Where to compute.
    synthetic
        The synthetic images that the recipe asks for, if they were drawn before; drawn anew if
        None. They depend on recipe, dataset and seed only.
    extra
        Pictures of one's own that are learned, too.
    source
        See `digitlab.train.build.build_network`.
    processes
        How many other processes compose crops of pages; None for as many as there are free cores.
        The result does not depend on it.
    ranks
        The processes that train together. All of them create a `Training` with the same arguments,
        and take the same steps.

    Raises `DigitlabError` if the network cannot be built, or the recipe does not fit the dataset.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        seed: int,
        device: torch.device,
        synthetic: Synthetic | None = None,
        extra: Extra | None = None,
        source: Path | None = None,
        processes: int | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self._started = time.perf_counter()
        torch.manual_seed(seed)
        self.recipe = recipe
        self.seed = seed
        self.dataset_name = dataset.name
        self.classes = dataset.classes
        self.device = device
        self.ranks = ranks
        self.bfloat16 = recipe.precision == "bfloat16" and computes_bfloat16(device)
        self._mean, self._std = dataset.mean, dataset.std
        check_examples(recipe, dataset, extra)
        self.network = build_network(recipe, len(self.classes), source=source)
        if has_batch_norm(self.network):
            check_batches(recipe, dataset)
        if isinstance(self.network, FastNetwork):
            first = split_of(recipe, dataset)[0][:_WHITENING_IMAGES].numpy()
            images = torch.from_numpy(dataset.train_images[first])
            self.network.whiten(normalize(images, self._mean, self._std))
        self.network.to(device)
        self.examples: Task
        if recipe.reads_pages:
            self.examples = PageExamples(
                recipe, dataset, seed=seed, device=device, processes=processes, ranks=ranks
            )
        else:
            self.examples = Examples(
                recipe, dataset, seed=seed, device=device, synthetic=synthetic, extra=extra,
                ranks=ranks,
            )  # fmt: skip
        ranks.check_batches(len(self.examples), recipe.batch_size)
        self.optimizer = make_optimizer(self.network, recipe)
        self.average: ExponentialMovingAverage | None = None
        if recipe.average:
            self.average = ExponentialMovingAverage(self.network, recipe.average)
        self._step = LearningStep(
            self.network, self.optimizer, loss_of=self.examples.loss, bfloat16=self.bfloat16,
            # A recording would repeat the branches that a network of the user's own took once.
            records=device.type == "cuda" and not is_own(recipe.network) and ranks.count == 1,
            ranks=ranks,
        )  # fmt: skip

        self.epochs_done = 0
        self.batches_done = 0  # in the current epoch
        self.history: list[Point] = []
        self.test_answers: Any = None  # of the last test: see `Scored.answers_of`

    @property
    def steps_done(self) -> int:
        """How many steps have been taken since the run began."""
        return self.epochs_done * self._steps_per_epoch + self.batches_done

    @property
    def steps(self) -> int:
        """How many steps the whole run has."""
        return self.recipe.epochs * self._steps_per_epoch

    @property
    def examples_seen(self) -> int:
        """How many training images the network has seen since the run began, in all epochs."""
        in_epoch = min(self.batches_done * self.recipe.batch_size, len(self.examples))
        return self.epochs_done * len(self.examples) + in_epoch

    @property
    def _steps_per_epoch(self) -> int:
        return math.ceil(len(self.examples) / self.recipe.batch_size)

    @property
    def computed_in(self) -> str:
        """The number format of convolutions and linear layers: `float32` or `bfloat16`."""
        return "bfloat16" if self.bfloat16 else "float32"

    @property
    def network_in_use(self) -> nn.Module:
        """The network that is tested and exported: the average, if the recipe keeps one."""
        return self.network if self.average is None else self.average.network

    @property
    def seconds(self) -> float:
        """How long the run has been at work, in all its processes together."""
        return time.perf_counter() - self._started

    def run(self) -> Generator[Point | None]:
        """Train up to `recipe.epochs` epochs; test before the first epoch and after each.

        With held-out images, these are scored instead, and the test set is evaluated once, at the
        end. Without `recipe.test_each_epoch`, the test set is also evaluated only at the end.

        Yields after every step and every score: the point that was recorded, or None after a step
        that records none. At each yield the state is complete: `checkpoint()` may be called, and
        the training may be abandoned there.
        """
        with closing(self.examples):
            if not self.history:
                yield self._score_epoch()
            while self.epochs_done < self.recipe.epochs:
                yield from self._train_epoch()
                self.epochs_done += 1
                self.batches_done = 0
                yield self._score_epoch()
            if not isinstance(self.history[-1], TestPoint):
                yield self._test()

    def _train_epoch(self) -> Iterator[TrainPoint | None]:
        self.network.train()
        for images, labels in self.examples.batches(self.epochs_done + 1, self.batches_done):
            self.optimizer.learning_rate = learning_rate_at(
                self.recipe, self.steps_done, self.steps
            )
            is_last = self.batches_done == self._steps_per_epoch - 1
            own_numbers = self.ranks.random_numbers_of_its_own(self.seed, self.steps_done)
            with self._explained(), own_numbers:
                loss = self._step(images, labels, is_last=is_last)
            if self.average is not None:
                self.average.update(self.network, self.steps_done)
            point = None
            if self.batches_done % self.recipe.log_every == 0:
                point = self._record_loss(loss.item())
            self.batches_done += 1
            if is_last:  # so that a checkpoint of an epoch's end is never one that diverged
                self._check_finite(loss.item())
            yield point

    def _record_loss(self, loss: float) -> TrainPoint:
        self._check_finite(loss)
        point = TrainPoint(
            epoch=self.epochs_done + 1,
            examples_in_epoch=self.batches_done * self.recipe.batch_size,
            epoch_size=len(self.examples),
            examples=self.examples_seen,
            loss=loss,
            learning_rate=self.optimizer.learning_rate,
            seconds=self.seconds,
        )
        self.history.append(point)
        return point

    def _score_epoch(self) -> Point | None:
        if self.recipe.validation:
            return self._record_score(self.examples.held_out, self.answer_held_out())
        return self._test() if self.recipe.test_each_epoch else None

    def _test(self) -> Point:
        self.test_answers = self.answer_test_set()
        return self._record_score(self.examples.test_set, self.test_answers)

    def _record_score(self, scored: Scored, answers: Any) -> Point:
        point = scored.score(
            answers, epoch=self.epochs_done, examples=self.examples_seen, seconds=self.seconds
        )
        self._check_finite(point.loss)
        self.history.append(point)
        return point

    def answer_test_set(self) -> Any:
        """Return what the network answers to the test set: see `Scored.answers_of`."""
        with self._explained():
            return self.examples.test_set.answers_of(self.network_in_use, self.ranks)

    def answer_held_out(self) -> Any:
        """Return what the network answers to what is held out: see `Scored.answers_of`."""
        with self._explained():
            return self.examples.held_out.answers_of(self.network_in_use, self.ranks)

    def _explained(self) -> AbstractContextManager[None]:
        """Return what turns the errors of a network of the user's own into a sentence."""
        if not is_own(self.recipe.network):
            return nullcontext()
        return explained(f"{type(self.network).__name__} failed after {self.steps_done} steps")

    def _check_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss became {loss} at step {self.steps_done + 1}: training diverged; try a "
                f"learning rate below {self.recipe.learning_rate}"
            )

    def _parts(self) -> dict[str, Stateful]:
        """Return everything that has a state, by the beginning of its names in a checkpoint."""
        parts: dict[str, Stateful] = {
            "network": self.network,
            "velocity": self.optimizer,
            "random": RandomStates(self.device),
        }
        return parts if self.average is None else parts | {"average": self.average}

    def checkpoint(self) -> Checkpoint:
        """Return everything needed to continue in a new process and end with the same bits."""
        return Checkpoint(
            tensors=tensors_of(self._parts()),
            progress=Progress(
                recipe=self.recipe,
                dataset=self.dataset_name,
                classes=list(self.classes),
                mean=self._mean,
                std=self._std,
                seed=self.seed,
                device=self.device.type,
                threads=torch.get_num_threads(),
                epochs_done=self.epochs_done,
                batches_done=self.batches_done,
                seconds=self.seconds,
                history=list(self.history),
            ),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take over the state of another training, perhaps from another process.

        Raises `CheckpointError` if it is the state of a training with another recipe.
        """
        load_parts(self._parts(), checkpoint)
        self.epochs_done = checkpoint.progress.epochs_done
        self.batches_done = checkpoint.progress.batches_done
        self.history = list(checkpoint.progress.history)
        self._started -= checkpoint.progress.seconds
