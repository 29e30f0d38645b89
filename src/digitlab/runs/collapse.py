"""Notice a training that has collapsed: it no longer learns, and would waste the remaining time."""

import math
import statistics
from collections.abc import Sequence

from digitlab.recipe import Recipe
from digitlab.records.history import Point, ScorePoint, TrainPoint, epochs_in_words

_LEAST_STEPS = 100  # before that, a network may not have learned anything yet
_STEPS_TO_SEE = 1_000  # before that, a network for pages may not have found a digit yet
_CHANCE = 0.99  # a loss above this share of what guessing gives counts as guessing

_ABSURD = 10  # times the loss of guessing: the weights have exploded
_LEAST_TESTED = 30  # images, for one class to be suspicious
# With momentum, a step is up to 1 / (1 - momentum) times as long as the learning rate says. Without
# batch norm, which allows any length, SGD learns with this product from about 0.01 to 0.5.
_HIGH, _LOW = 0.5, 0.002


def find_collapse(history: Sequence[Point], recipe: Recipe, classes: int) -> str | None:
    """Return a sentence about a training that has collapsed by the end of its last epoch, or None.

    It has collapsed if the loss on other images is absurd; or if, after 100 steps or more, the
    network gives every image the same answer, or the training loss of the epoch's second half is
    what guessing gives: ln `classes`. A network for pages has collapsed if it finds no digit then.
    """
    losses = [it for it in history if isinstance(it, TrainPoint)]
    if not losses:
        return None
    epoch = losses[-1].epoch
    scores = [it for it in history if isinstance(it, ScorePoint) and it.epoch == epoch]
    second_half = [
        it.loss for it in losses if it.epoch == epoch and 2 * it.examples_in_epoch >= it.epoch_size
    ]
    loss = statistics.fmean(second_half) if second_half else losses[-1].loss
    guessing = math.log(classes)
    score = scores[-1] if scores else None
    if recipe.reads_pages:
        return _find_blindness(losses[-1], score, recipe)
    if score and score.loss > _ABSURD * guessing:
        what = f"the loss on {score.total:,} other images is {score.loss:,.0f}"
    elif losses[-1].examples < _LEAST_STEPS * recipe.batch_size:
        return None
    elif score and _is_constant(score):
        what = f"the network gives all {score.total:,} images the same answer"
    elif loss >= _CHANCE * guessing:
        what = f"the training loss is {loss:.2f}, and guessing gives {guessing:.2f}"
    else:
        return None
    return (
        f"training has collapsed: after {epochs_in_words(epoch)}, {what}; {_likely_cause(recipe)}"
    )


def _find_blindness(last: TrainPoint, score: ScorePoint | None, recipe: Recipe) -> str | None:
    """Return a sentence about a network for pages that finds nothing, or None."""
    if not score or score.correct or last.examples < _STEPS_TO_SEE * recipe.batch_size:
        return None
    return (
        f"training has collapsed: after {epochs_in_words(score.epoch)}, the network finds none of "
        f"{score.total:,} digits; try a learning rate below {recipe.learning_rate:g}"
    )


def _is_constant(score: ScorePoint) -> bool:
    """Return whether one answer for everything is a fault, and not simply right."""
    return score.classes_answered == 1 and score.total >= _LEAST_TESTED and score.accuracy < 0.9


def _likely_cause(recipe: Recipe) -> str:
    rate = recipe.learning_rate
    has_other_steps = recipe.muon > 0 or recipe.network in ("fast", "compact", "best")
    reach = rate / (1 - recipe.momentum)
    if reach > _HIGH and not has_other_steps:
        return f"the learning rate is probably too high: try --learning-rate {rate / 10:g}"
    if reach < _LOW:
        return f"the learning rate is probably too low: try --learning-rate {rate * 10:g}"
    return (
        "likely causes are labels that do not belong to the images, an error in the network, or a "
        f"learning rate ({rate:g}) that does not suit it"
    )
