"""The exercises by chapter. Each is a module of its own, imported when it is asked for."""

from importlib import import_module

from digitlab.errors import DigitlabError
from digitlab.exercises.exercise import Exercise

MODULES = {
    1: "data",
    2: "network",
    3: "backward",
    4: "momentum",
    5: "testing",
    6: "curve",
    7: "saving",
    8: "preparing",
    9: "own_recipe",
    10: "numbers_on_a_line",
    11: "unsure",
    12: "shared_batch",
}
"""The module in this folder that defines `EXERCISE`, by the number of the chapter."""


def find_exercise(chapter: int) -> Exercise:
    """Return the exercise of a chapter; raise `DigitlabError` if there is none."""
    if chapter not in MODULES:
        raise DigitlabError(
            f"there is no exercise {chapter}; choose one from {min(MODULES)} to {max(MODULES)}"
        )
    exercise: Exercise = import_module(f"digitlab.exercises.{MODULES[chapter]}").EXERCISE
    return exercise
