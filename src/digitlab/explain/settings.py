"""Every setting of a recipe: its value, meaning and range, and what changing it did, measured."""

import math
import statistics
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from digitlab.errors import DigitlabError
from digitlab.files import decode_json
from digitlab.language import Language
from digitlab.recipe import NETWORKS, PRECISIONS, RANGES, SCHEDULES, Range, Recipe
from digitlab.recipe_help import help_in

MEASURED = Path(__file__).parent / "measured.json"
"""Written by `python -m benchmarks.settings`."""

Change = Literal["double", "half", "other"]
Verdict = Literal["difference", "no difference", "one seed", "diverged", "base diverged"]

# Student's t: 95% of the distribution are within ± this, for 1, 2, … 30 degrees of freedom.
_T = (
    *(12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160),
    *(2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056),
    *(2.052, 2.048, 2.045, 2.042),
)


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a recipe changed, and the held-out accuracies with and without the change."""

    recipe: str
    setting: str
    value: int | float | bool | str
    """What the setting was changed to."""
    base: int | float | bool | str
    """The recipe's own value."""
    change: Change
    accuracies: list[float | None]
    """In percent, one per seed; null if the training diverged."""
    base_accuracies: list[float | None]
    epochs: int
    train_images: int
    """0 for all of them."""
    validation: int
    """How many images were held out, on which the accuracies were measured."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a change of a setting did to the accuracy on held-out images."""

    change: Change
    value: int | float | bool | str
    verdict: Verdict
    """`no difference`: chance alone may have made it (the 95% interval of Welch's t-test includes
    0). `one seed`: only one was measured, so there is no spread to judge it by. `diverged`: with
    the change, training diverged with every seed, or with all but one of several. `base diverged`:
    the same without the change, so there is nothing to compare with."""
    points: float | None
    """Difference of the mean accuracies, in percentage points; None if either diverged."""
    margin: float | None
    """Half of the 95% interval of `points`; None with one seed, or if either diverged."""
    seeds: int
    diverged: int
    """With how many seeds training diverged with the change."""
    epochs: int
    train_images: int
    """0 for all of them."""
    validation: int
    """On how many held-out images the accuracies were measured."""


@dataclass(frozen=True, kw_only=True)
class ExplainedSetting:
    """One setting of a recipe."""

    name: str
    value: Any
    meaning: str
    """What it is, in the language asked for."""
    reason: str
    """What a larger or smaller value does, and the recipes' values."""
    range: Range | None
    """None if it is not a number."""
    choices: tuple[str, ...]
    """The values, if it is one of several words."""
    effects: tuple[Effect, ...]
    """Those that were measured from the value that it has."""


def explain_settings(
    recipe: Recipe,
    recipe_name: str,
    language: Language = "en",
    measurements: list[Measurement] | None = None,
) -> list[ExplainedSetting]:
    """Return every setting of a recipe, in the order in which `Recipe` has them.

    `recipe_name` is the named recipe that it is or was changed from: what was measured with that
    recipe is reported for the settings whose values are still the recipe's own. `measurements` are
    by default those in the package.
    """
    if measurements is None:
        measurements = read_measurements()
    explained = []
    for name in (it.name for it in fields(Recipe)):
        value = getattr(recipe, name)
        meaning, reason = help_in(language)[name]
        explained.append(
            ExplainedSetting(
                name=name,
                value=value,
                meaning=meaning,
                reason=reason,
                range=RANGES.get(name),
                choices={
                    "schedule": SCHEDULES, "precision": PRECISIONS, "network": NETWORKS
                }.get(name, ()),
                effects=tuple(
                    effect_of(it)
                    for it in measurements
                    if (it.recipe, it.setting, it.base) == (recipe_name, name, value)
                ),
            )
        )  # fmt: skip
    return explained


@cache
def _measured(path: Path) -> list[Measurement]:
    try:
        return decode_json(path.read_bytes(), list[Measurement], str(path))
    except OSError as error:
        raise DigitlabError(f"{path} cannot be read ({error.strerror})") from error


def read_measurements(path: Path = MEASURED) -> list[Measurement]:
    """Return the measurements in a file; raise `DigitlabError` if it is damaged."""
    return list(_measured(path))


def effect_of(measurement: Measurement) -> Effect:
    """Return what a change did, and whether it is more than chance.

    Seeds with which training diverged are left out of the means; if fewer than two of several
    seeds are left, on either side, the accuracies are not compared.

    The 95% interval of the difference is Welch's, which allows the two groups to have different
    spreads: B. L. Welch, "The generalization of 'Student's' problem when several different
    population variances are involved", Biometrika 34 (1947).
    """
    changed = [it for it in measurement.accuracies if it is not None]
    base = [it for it in measurement.base_accuracies if it is not None]
    seeds = len(measurement.accuracies)
    points = margin = None
    verdict: Verdict
    if len(changed) < min(2, seeds):
        verdict = "diverged"
    elif len(base) < min(2, len(measurement.base_accuracies)):
        verdict = "base diverged"
    else:
        points = statistics.fmean(changed) - statistics.fmean(base)
        margin = _margin(changed, base)
        if margin is None:
            verdict = "one seed"
        else:
            verdict = "no difference" if abs(points) <= margin else "difference"
    return Effect(
        change=measurement.change,
        value=measurement.value,
        verdict=verdict,
        points=points,
        margin=margin,
        seeds=seeds,
        diverged=seeds - len(changed),
        epochs=measurement.epochs,
        train_images=measurement.train_images,
        validation=measurement.validation,
    )


def _margin(one: list[float], other: list[float]) -> float | None:
    """Return half of the 95% interval of the difference of two means."""
    if min(len(one), len(other)) < 2:
        return None
    parts = [statistics.variance(it) / len(it) for it in (one, other)]
    if sum(parts) == 0:
        return 0.0
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(it) - 1) for part, it in zip(parts, (one, other), strict=True)
    )
    return _T[min(max(int(freedom), 1), len(_T)) - 1] * math.sqrt(sum(parts))
