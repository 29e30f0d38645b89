"""Every hyperparameter, explained once; and the recipes that have a name.

The command line's flags, its help, a run's record and the guide's table come from this file.
Importing it does not import PyTorch, so that `digitlab train --help` answers at once.
"""

import ast
import inspect
import math
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from digitlab.errors import DigitlabError


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a training does, but for the data and the random seed."""

    network: str = "tutorial"
    """Which network learns: `tutorial`, the tutorial's two convolutions and two linear layers
    with 21,840 parameters; `fast`, four convolutions, the first in strides of 2 and computed in
    place of learned, the others with batch norm, 38,170 parameters; `compact`, five convolutions
    with batch norm, 21,602 parameters, most of which serve at many places; or `best`, the same
    with more kernels, 131,322 parameters."""

    epochs: int = 3
    """How many times the network sees every training image, 1 or more. The tutorial begins with
    3, where most is learned, and continues to 8."""

    batch_size: int = 64
    """How many images make one step, 1 or more. The weights change once a step, by the mean
    gradient of its images: more images give a steadier gradient, but fewer steps an epoch.
    64 makes 938 steps of the 60,000 images."""

    test_batch_size: int = 1000
    """How many images are tested at once, 1 or more. It changes speed and memory, never the
    number right: testing learns nothing."""

    learning_rate: float = 0.01
    """How far a step goes against the gradient, above 0. Ten times as much makes the tutorial's
    network fall about, ten times less makes it learn slowly."""

    momentum: float = 0.9
    """How much of the last step's motion the next one keeps, from 0 to below 1. At 0.9 a step is
    the sum of all gradients so far, each weighing 0.9 times the one after it, so that what they
    agree on adds up to 10 times one gradient and what they disagree on cancels."""

    dropout: float = 0.5
    """The share of values set to 0 at random while training, from 0 to below 1: whole channels
    after the second convolution, single numbers before the last linear layer. What is left is
    scaled by 1 / (1 - share). No unit can rely on another being there, which keeps the network
    from learning the training images by heart. Testing drops nothing."""

    log_every: int = 10
    """A line is printed and a point of the loss curve recorded every so many steps, 1 or more."""

    train_images: int = 60_000
    """How many of the training images are used, counted from the first, 1 to 60,000. Fewer show
    how much a network owes to its data, and make a quick trial."""

    validation: int = 0
    """How many of the training images are held out, 0 to below `train_images`: a row of
    neighbors, the same whatever the seed, nearly all by hands of which nothing is learned. So
    settings may be chosen by them. With any held out, they are tested after every epoch and the
    test set only once, at the end."""

    schedule: str = "constant"
    """How the learning rate changes: `constant`; `one-cycle`, which rises in a straight line to
    `learning_rate` and then falls along a cosine to 0; or `triangle`, which rises the same way
    and falls in a straight line. Long steps first, to find the valley; short ones last, to come
    to rest in it."""

    warm_up: float = 0.0
    """The share of all steps over which the learning rate of a `one-cycle` or `triangle` rises,
    from 0 to below 1. Fresh weights give wild gradients: a first step of full length could throw
    them far off."""

    label_smoothing: float = 0.0
    """How much of each target goes in equal parts to all ten digits, from 0 to below 1: at 0.1
    the truth is to get probability 0.91 and every other digit 0.01. A network that need not be
    quite sure stops pushing at images that it reads already. Its confidence is then too low."""

    weight_decay: float = 0.0
    """How strongly each step pulls the weights of convolutions and linear layers towards 0, at
    least 0: so many times the weight is added to its gradient (with `muon`, a hidden convolution's
    weights are pulled directly instead, as strongly in the end). Biases and batch norm are left
    alone. A weight that the data does not insist on fades away."""

    muon: float = 0.0
    """How long the steps of the hidden convolutions (all but the first) are, as a multiple of
    `learning_rate`, at least 0. Above 0 the optimizer Muon makes them, about as long in every
    direction; at 0 momentum SGD makes them, as it does for all other weights."""

    average: float = 0.0
    """How much of the weights' running average each step keeps, from 0 (no average) to below 1.
    At 0.999 it is the mean of about the last 1,000 steps, which lies nearer to the middle of the
    valley than any one of them. The average is what is tested and used, batch norm's own
    numbers included."""

    augment: float = 0.0
    """How far every training image is changed at random before it is learned, 0 (not at all) to 2:
    turned, slanted, stretched, moved, bent, its strokes widened or narrowed. At 1 by as much as
    hands differ: the ranges stand in `augment.py`."""

    degraded: float = 0.0
    """The share of the images that are replaced by a degraded copy, 0 to 1: made small, blurred,
    black and white or of few grays, then restored as pictures are that the network is to read.
    Other people's digits come so."""

    outliers: float = 0.0
    """How many pictures of no digit are added to a batch, as a share of its size, 0 to 1:
    scribbles, strokes as of letters, parts of digits. Their target is the same probability for
    all ten digits, so that the network learns to be unsure."""

    plain_epochs: int = 0
    """How many epochs at the end show the training images as they are, 0 to below `epochs`:
    neither augmented nor degraded. Such images the network is to answer; the others were
    practice."""

    precision: str = "float32"
    """In what the network computes while it learns: `float32`, or `bfloat16`, numbers of 16 bits
    with the range of 32, for convolutions and linear layers, on devices that multiply them
    faster (elsewhere it is `float32` all the same). Weights, testing and use are `float32`."""

    test_each_epoch: bool = True
    """Whether the test set is answered before the first epoch and after every one, as the
    tutorial does, or but once, after the last. Who has not looked has chosen nothing by it; and
    it is quicker."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "test_batch_size", "log_every", "train_images"):
            self._check(name, getattr(self, name) >= 1, "at least 1")
        self._check("train_images", self.train_images <= 60_000, "at most 60,000")
        finite = math.isfinite(self.learning_rate)
        self._check("learning_rate", finite and self.learning_rate > 0, "a number above 0")
        for name in ("momentum", "dropout", "warm_up", "label_smoothing", "average"):
            self._check(name, 0 <= getattr(self, name) < 1, "at least 0 and below 1")
        for name, most in (("degraded", 1), ("outliers", 1), ("augment", 2)):
            self._check(name, 0 <= getattr(self, name) <= most, f"from 0 to {most}")
        for name in ("weight_decay", "muon"):
            value = getattr(self, name)
            self._check(name, math.isfinite(value) and value >= 0, "a number of at least 0")
        plain = 0 <= self.plain_epochs < self.epochs
        limit = f"from 0 to below epochs, {self.epochs}; with --plain-epochs 0 any number will do"
        self._check("plain_epochs", plain, limit)
        held_out = 0 <= self.validation < self.train_images
        self._check("validation", held_out, f"from 0 to below train_images, {self.train_images}")
        self._check("network", self.network in NETWORKS, f"one of {', '.join(NETWORKS)}")
        self._check("schedule", self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}")
        self._check("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}")

    def _check(self, name: str, holds: bool, limit: str) -> None:
        if not holds:
            raise DigitlabError(f"{name} is {getattr(self, name)!r}, but must be {limit}")

    def as_json(self) -> dict[str, Any]:
        """Return the fields by name, ready for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Recipe":
        """Return the recipe that `as_json` recorded, or raise `DigitlabError`."""
        try:
            return cls(**record)
        except TypeError as error:
            raise DigitlabError(f"not a recipe that this version knows ({error})") from error


NETWORKS = ("tutorial", "fast", "compact", "best")
"""The names that `digitlab.train.networks.build_network` knows."""

SCHEDULES = ("constant", "one-cycle", "triangle")
"""The names that `digitlab.train.optimizer.learning_rate_at` knows."""

PRECISIONS = ("float32", "bfloat16")

RECIPES = {
    # The tutorial's own settings. Claim: at least 97.8 % after 3 epochs and 98.3 % after 8.
    "tutorial": Recipe(),
    # One epoch, for those who wait. Claim: at least 99.0 % (10 seeds: 99.19), 25 times as fast as
    # the tutorial's script with its 8 epochs (33).
    "fast": Recipe(
        network="fast",
        epochs=1,
        batch_size=512,
        learning_rate=1.0,
        momentum=0.8,
        dropout=0.0,
        log_every=5,
        schedule="triangle",
        warm_up=0.3,
        weight_decay=0.0005,
        muon=0.2,
        label_smoothing=0.05,
        precision="bfloat16",
        test_each_epoch=False,
    ),
    # No more parameters than the tutorial's network. Claim: at least 99.6 % (5 seeds: 99.61).
    "compact": Recipe(
        network="compact",
        epochs=40,
        batch_size=128,
        learning_rate=0.1,
        dropout=0.0,
        log_every=100,
        schedule="one-cycle",
        warm_up=0.15,
        weight_decay=0.0005,
        average=0.999,
        augment=1.0,
        plain_epochs=2,
        precision="bfloat16",
        test_each_epoch=False,
    ),
    # One network of less than 1 MB, for other people's digits too. Claim: at least 99.6 % (5 seeds:
    # 99.64), 98.3 % of the test set at 8x8, 99.7 % of benchmarks/handmade.py; of its pictures of no
    # digit 95 % are not answered.
    "best": Recipe(
        network="best",
        epochs=25,
        batch_size=128,
        learning_rate=0.1,
        dropout=0.0,
        log_every=100,
        schedule="one-cycle",
        warm_up=0.15,
        weight_decay=0.0005,
        muon=0.5,
        average=0.999,
        augment=1.0,
        degraded=0.3,
        outliers=0.02,
        plain_epochs=2,
        precision="bfloat16",
        test_each_epoch=False,
    ),
}


def find_recipe(name: str) -> Recipe:
    """Return the named recipe.

    Raises
    ------
    DigitlabError
        If there is none of that name; the message names those that there are.

    >>> find_recipe("tutorial").batch_size
    64
    """
    if name not in RECIPES:
        raise DigitlabError(f"there is no recipe {name!r}; choose one of {', '.join(RECIPES)}")
    return RECIPES[name]


@cache
def field_help() -> dict[str, str]:
    """Return each field's explanation: the docstring under it, on one line.

    >>> field_help()["test_batch_size"].split(",")[0]
    'How many images are tested at once'
    """
    (definition,) = ast.parse(inspect.getsource(Recipe)).body
    assert isinstance(definition, ast.ClassDef)
    explanations: dict[str, str] = {}
    for statement, following in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            explanations[statement.target.id] = " ".join(str(following.value.value).split())
    return explanations
