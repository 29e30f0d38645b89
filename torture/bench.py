"""What all faults share: a folder to work in, a nursery, and how much to try."""

from dataclasses import dataclass
from pathlib import Path

from torture.nursery import Nursery
from torture.trainings import Trainings


@dataclass(frozen=True)
class Bench:
    """The place where faults are put into the program."""

    home: Path
    """A folder that is removed at the end."""
    nursery: Nursery
    trainings: Trainings
    short: bool
    """A few attempts of each kind, in seconds, instead of all of them, in minutes."""
