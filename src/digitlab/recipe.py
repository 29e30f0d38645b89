"""Every hyperparameter, explained once.

The flags of `digitlab train`, their help, settings files, a run's record and the guide's table all
come from this file. Importing it does not import PyTorch, so `digitlab train --help` is fast.

The docstring under each field has two paragraphs. The first is the flag's help: what the setting
is, and its range. The second explains what a larger or smaller value does, and the recipes' values.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from digitlab.errors import DigitlabError

Schedule = Literal["constant", "one-cycle", "triangle"]
"""The schedules that `digitlab.train.optimizer.learning_rate_at` can follow."""

Precision = Literal["float32", "bfloat16"]

CLASSIFIERS = ("tutorial", "fast", "compact", "best")
"""The networks that name what is in an image of 28x28 pixels: see `digitlab.train.networks`."""

PAGE = "page"
"""The network that finds digits and signs on a page: see `digitlab.train.page_network`."""

NETWORKS = (*CLASSIFIERS, PAGE)
"""The networks that come with the package."""

DETECTING = ("compact", "best")
"""The networks that can have a second output: whether a picture shows a digit at all."""

OWN_NETWORK = re.compile(r".+:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
"""Any other network: a file or module, a colon, and the name of the class in it."""

SCHEDULES: tuple[str, ...] = get_args(Schedule)
PRECISIONS: tuple[str, ...] = get_args(Precision)


@dataclass(frozen=True, kw_only=True)
class Range:
    """The numbers that a setting can be; NaN is in no range."""

    least: float
    most: float
    includes_least: bool = True
    includes_most: bool = True
    in_words: str
    """As in "must be at least 1"."""

    def __contains__(self, value: float) -> bool:
        above = self.least <= value if self.includes_least else self.least < value
        return above and (value <= self.most if self.includes_most else value < self.most)


_COUNT = Range(least=1, most=2**31 - 1, in_words="at least 1 and below 2^31")
_COUNT_OR_NONE = Range(least=0, most=2**31 - 1, in_words="at least 0 and below 2^31")
_SHARE = Range(least=0, most=1, in_words="from 0 to 1")
_SHARE_BELOW_ALL = Range(least=0, most=1, includes_most=False, in_words="at least 0 and below 1")
_STRENGTH = Range(least=0, most=1e30, in_words="at least 0 and at most 1e30")  # float32: 3e38

RANGES = {
    **dict.fromkeys(("epochs", "log_every", "batch_size", "test_batch_size"), _COUNT),
    **dict.fromkeys(("train_images", "validation", "plain_epochs", "crops"), _COUNT_OR_NONE),
    "learning_rate": Range(
        least=0, most=1e30, includes_least=False, in_words="above 0 and at most 1e30"
    ),
    **dict.fromkeys(
        ("momentum", "dropout", "warm_up", "label_smoothing", "average"), _SHARE_BELOW_ALL
    ),
    **dict.fromkeys(("degraded", "outliers", "extra_share"), _SHARE),
    "augment": Range(least=0, most=2, in_words="from 0 to 2"),
    **dict.fromkeys(("weight_decay", "muon", "clip", "digit_loss"), _STRENGTH),
}
"""The range of every setting that is a number, whatever the other settings are."""

_FOR_CLASSIFIERS = (
    *("dropout", "label_smoothing", "augment", "degraded", "outliers", "digit_loss"),
    "plain_epochs",
)
"""What the network `page` has no use for: its crops are varied and damaged when composed."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that determines a training run except the data and the seed.

    Raises `DigitlabError` if a value is out of its range.
    """

    network: str = "tutorial"
    """Which network to train: `tutorial` (two convolutions and two linear layers), `fast` (four
    convolutions), `compact` (five), `best` (five with more channels), `page` (finds digits on
    pages), or your own: `my_net.py:MyNet` or `package.module:MyNet`.

    The networks have 21,840, 38,170, 21,602, 131,322 and 741,165 parameters. All but `tutorial` use
    batch norm, which lets them take larger steps. The first convolution of `fast` moves 2 pixels at
    a time and is computed from the training images instead of learned. `compact` and `best` keep
    nearly all their parameters in convolutions, where each is used at many places of the image. A
    network of your own is any PyTorch module that takes such images and returns a score for each
    class."""

    epochs: int = 3
    """How many times the network sees every training image; at least 1.

    The tutorial starts with 3 epochs, in which most of the learning happens, and then continues to
    8. With `augment` no image looks the same twice, so `compact` and `best` can train for 40 and 25
    epochs without memorizing the images."""

    batch_size: int = 64
    """How many images make up one training step; at least 1.

    Each step changes the weights once, by the mean gradient of its batch. A larger batch gives a
    less noisy gradient but fewer steps per epoch: 60,000 images make 938 steps of 64, the
    tutorial's value. `fast` uses 512, because a few large steps keep the processor busier than many
    small ones."""

    test_batch_size: int = 1000
    """How many images are tested at once; at least 1.

    This affects speed and memory, never the accuracy, because nothing is learned during a test.
    1000 is the tutorial's value."""

    learning_rate: float = 0.01
    """How far one step moves the weights, as a multiple of the gradient; above 0.

    If it is too large, training diverges; if it is too small, learning takes many more epochs. 0.01
    is the tutorial's value: after one epoch its network has 97% accuracy, at 0.001 only 91%, and
    at 0.1 it is still guessing (11%). Networks with batch norm can take larger steps. With a
    `schedule` other than `constant`, this is the highest rate."""

    momentum: float = 0.9
    """How much of the previous step's motion the next step keeps; from 0 to below 1.

    At 0.9 a step is the sum of all gradients so far, each weighted 0.9 times as much as the one
    after it. Where the gradients agree they add up to 10 times a single gradient; where they
    disagree they cancel out. 0.9 is the tutorial's value and the usual one; `fast`, with a single
    epoch, read slightly more held-out images correctly with 0.8."""

    dropout: float = 0.5
    """Share of values that are set to 0 at random during training; from 0 to below 1.

    No unit can rely on another one being there, which keeps the network from memorizing the
    training images. The tutorial's network drops whole channels after its second convolution and
    single values before its last linear layer; the others drop single values before their last
    layer. The values that stay are divided by (1 - dropout), so that their expected sum is the
    same. Tests drop nothing. 0.5 is the tutorial's value; the other recipes use 0, because with
    batch norm dropout made no measurable difference."""

    log_every: int = 10
    """Print the loss, and add a point to the loss curve, every so many steps; at least 1.

    10 is the tutorial's value. `compact` and `best` have many thousands of steps and log every 100;
    `fast` has only 118 and logs every 5."""

    train_images: int = 0
    """How many training images to use, counted from the first; 0 for all of them.

    Use fewer for a quick trial, or to see how much the accuracy depends on the amount of data.
    `page` writes them onto its pages."""

    crops: int = 0
    """How many crops of composed pages make up one epoch of the network `page`; at least 1 for
    `page`, and 0 for all other networks.

    A crop has 192x192 pixels, on which training digits are written among signs, letters, lines and
    stains. Each crop is seen only once, so an epoch is simply the time between two scores, and more
    epochs mean more different crops. Composing a crop takes about as long as learning from it, so
    other processes do that at the same time."""

    validation: int = 0
    """How many training images to hold out for validation; from 0 to below the number used.

    The network does not learn from the held-out images, so you can choose settings by the accuracy
    on them and leave the test set alone. They are tested after every epoch, and the test set only
    once, at the end. They are consecutive images, the same ones for every seed. MNIST is sorted by
    writer, so almost all of them are by writers not seen in training, as in the test set. `page`
    holds out 5,000 digits and is scored on pages with these; the other recipes hold out none. A
    model for real use should hold some out (the shipped model: 5,000), because its probabilities
    are calibrated on them."""

    schedule: Schedule = "constant"
    """How the learning rate changes: it stays `constant`, or it rises to `learning_rate` and then
    falls to 0, along half a cosine (`one-cycle`) or in a straight line (`triangle`).

    Long steps first explore the loss landscape; short steps at the end settle into a minimum. The
    tutorial's rate is constant, so its runs can be continued for any number of epochs; the other
    schedules must know their last epoch in advance."""

    warm_up: float = 0.0
    """Share of all steps in which the rate of `one-cycle` or `triangle` rises; from 0 to below 1.

    The random weights at the start give large, erratic gradients, and full-length steps could make
    training diverge. A constant rate has no warm-up."""

    label_smoothing: float = 0.0
    """Share of each target that is spread evenly over all classes; from 0 to below 1.

    At 0.1 the target of the true digit is 0.91 and that of every other digit is 0.01. A network
    that does not have to be completely certain spends less effort on images it already reads
    correctly. Its probabilities are then too low, so only `fast`, which is made for speed, uses
    it."""

    weight_decay: float = 0.0
    """How strongly each step pulls the weights towards 0; at least 0.

    This multiple of each weight is added to its gradient, so weights that the data does not support
    shrink and the network overfits less. It applies to convolutions and linear layers, not to
    biases and batch norm. With `muon`, the weights of hidden convolutions are shrunk directly
    instead, about as strongly in the long run. The tutorial has none; 0.0005 is a common value for
    convolutional networks."""

    muon: float = 0.0
    """Learning rate of the Muon optimizer for hidden convolutions (all but the first), as a
    multiple of `learning_rate`; at least 0, and 0 turns Muon off.

    Without Muon, momentum SGD updates all weights, and its steps are long in few directions and
    short in most others. Muon's steps are about equally long in every direction. With it, `best`
    misread 12 to 20% fewer augmented held-out images."""

    clip: float = 0.0
    """Greatest length of the gradient of all weights together (gradient clipping); at least 0, and
    0 for any length.

    A longer gradient is shortened before the step and keeps its direction, so that a single unusual
    batch cannot throw the weights far off. Batches of single digits are much alike, and only `page`
    clips, at 5: one of its crops is full of digits, the next one is empty."""

    average: float = 0.0
    """Decay of the exponential moving average (EMA) of the weights; from 0 (no average) to below 1.

    After every step the average keeps this share of itself and takes the rest from the current
    weights. At 0.999 it covers about the last 1,000 steps (at first fewer, so that the random
    initial weights are soon forgotten). Single steps overshoot in varying directions; their average
    is closer to the minimum. The averaged network, batch norm's statistics included, is the one
    that is tested and exported. `fast` has too few steps to average over."""

    augment: float = 0.0
    """How strongly each training image is changed at random; from 0 (not at all) to 2.

    Images are rotated, slanted, scaled, shifted and bent, and their strokes made thicker or
    thinner, differently each time. The digit stays the same, so the network cannot memorize single
    images and learns to read more kinds of handwriting. At 1 the changes are about as large as the
    differences between writers: up to 12 degrees of rotation and 1.3 pixels of shift, for
    example."""

    degraded: float = 0.0
    """Share of the training images that are replaced by a degraded copy; from 0 to 1.

    A degraded copy was made small, blurred, or reduced to black and white or a few gray levels, and
    then restored by the preprocessing that real pictures go through. Digits from forms, scanners
    and paint programs look like this. A quarter of the copies show the same digit drawn with a pen
    or printed, in forms that are rare in MNIST: a 1 with a flag, a 7 with a bar, an open 4, a
    curled 9. Only `best`, which is meant for real pictures, uses them. For MNIST only."""

    outliers: float = 0.0
    """Pictures without a digit that are added to each batch, as a share of its size; from 0 to 1.

    The pictures are letters, symbols, scribbles, pieces of photographs, and digits that were
    turned, cut up or put side by side. Without `digit_loss`, their target is probability 0.1 for
    every digit, which teaches the network to be unsure when there is no digit (outlier exposure);
    then more than 0.02 gained little and raised the loss. With it, `best` uses 0.15, and adds none
    in its `plain_epochs`. For MNIST only."""

    digit_loss: float = 0.0
    """Weight of the loss of a second output: the probability that a picture shows a digit at all;
    at least 0, and 0 for no such output.

    "Which digit" and "is it one" are two questions, and ten classes answer only the first. The
    second output learns from the digits and from the pictures without one (`outliers`), with binary
    cross-entropy, which is multiplied by this weight and added to the loss. Only `compact` and
    `best` have it, and only if `outliers` is above 0. `best` uses 1. Ten classes alone were sure
    about 18% of letters and 24% of symbols."""

    extra_share: float = 0.05
    """Pictures of your own (`--extra`) that are added to each batch, as a share of its size; from 0
    to 1. Has no effect without `--extra`.

    They are drawn at random from your pictures, so 50 of them count as much as 5,000: at 0.05 about
    one image in 21 is yours. Each is changed a little every time, as with `augment` (at 1 where the
    recipe does not augment), because a picture that is shown a hundred times would be memorized. In
    trials with four unusual hands, 0.02 was almost as good and cost the same on everybody else's
    digits, about 0.07 points of the held-out images."""

    plain_epochs: int = 0
    """How many epochs at the end use the training images as they are; from 0 to below `epochs`.

    In these epochs nothing is augmented or degraded. The network keeps what it learned before, and
    its probabilities adapt to images like those it will be tested on: in a trial, two plain epochs
    at the end lowered the loss on held-out images from 0.0177 to 0.0145. Has no effect if `augment`
    and `degraded` are 0."""

    precision: Precision = "float32"
    """Number format of convolutions and linear layers in training; `bfloat16` is faster where the
    processor supports it.

    `bfloat16` has 16 bits: the range of `float32` with only two to three significant digits, which
    is enough for products that are summed by the thousand. Processors that support it multiply
    about twice as many numbers at once; on others `float32` is used instead. The weights
    themselves, tests and exported models are always `float32`."""

    test_each_epoch: bool = True
    """Evaluate the test set before the first epoch and after every epoch; otherwise only once, at
    the end.

    The tutorial tests after every epoch. The other recipes test once: it is faster, and a test set
    you have not looked at cannot have influenced your choices. With `validation` above 0 the test
    set is always used only once."""

    @property
    def reads_pages(self) -> bool:
        """Whether the network finds digits on a page; all others classify images."""
        return self.network == PAGE

    def __post_init__(self) -> None:
        for name, allowed in RANGES.items():
            self._check(name, getattr(self, name) in allowed, allowed.in_words)
        limits = [("plain_epochs", "epochs")]
        if self.train_images:
            limits.append(("validation", "train_images"))
        for name, total in limits:
            below = getattr(self, total)
            limit = f"at least 0 and below {total} ({below:,})"
            self._check(name, 0 <= getattr(self, name) < below, limit)
        for name, choices in (("schedule", SCHEDULES), ("precision", PRECISIONS)):
            self._check(name, getattr(self, name) in choices, f"one of {', '.join(choices)}")
        is_network = self.network in NETWORKS or OWN_NETWORK.fullmatch(self.network)
        names = ", ".join(NETWORKS)
        self._check("network", bool(is_network), f"one of {names}, or like my_net.py:MyNet")
        if self.reads_pages:
            self._check("crops", self.crops > 0, f"at least 1 for the network {PAGE}")
            for name in _FOR_CLASSIFIERS:
                self._check(name, not getattr(self, name), f"0 for the network {PAGE}")
        else:
            self._check("crops", self.crops == 0, f"0 for every network except {PAGE}")

    @property
    def detects_digits(self) -> bool:
        """Whether the network has a second output: the probability that it is a digit at all."""
        return self.network in DETECTING and self.outliers > 0 and self.digit_loss > 0

    def _check(self, name: str, holds: bool, limit: str) -> None:
        if not holds:
            raise DigitlabError(f"{name} is {getattr(self, name)!r}, but must be {limit}")


@cache
def field_help() -> dict[str, tuple[str, str]]:
    """Return the two paragraphs under each field: what it is, and why it has its values.

    >>> field_help()["epochs"][0]
    'How many times the network sees every training image; at least 1.'
    """
    from docstring_parser import parse_from_object  # here, because only the help needs it

    paragraphs = {
        setting.arg_name: (setting.description or "").split("\n\n")
        for setting in parse_from_object(Recipe).params
    }
    return {
        name: (" ".join(what.split()), " ".join(why.split()))
        for name, (what, why) in paragraphs.items()
    }
