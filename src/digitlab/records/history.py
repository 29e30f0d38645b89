"""What a run records while it learns: the points of its loss curve."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TrainPoint:
    """The loss of one training batch, taken before the batch was learned from."""

    epoch: int
    """The epoch under way, from 1."""
    examples_in_epoch: int
    """How many images this epoch had shown before this batch."""
    epoch_size: int
    """How many images an epoch shows in all."""
    examples: int
    """How many images the network had seen before this batch, in all epochs together."""
    loss: float
    """Mean negative log-likelihood of the batch, in nats."""

    def line(self) -> str:
        """Return the line that the tutorial prints."""
        share = self.examples_in_epoch / self.epoch_size
        return (
            f"Train Epoch: {self.epoch} [{self.examples_in_epoch}/{self.epoch_size} "
            f"({share:.0%})]\tLoss: {self.loss:.6f}"
        )


@dataclass(frozen=True, kw_only=True)
class ScorePoint:
    """Images that are not learned through the network, before training or after an epoch."""

    epoch: int
    """How many epochs were done; 0 before training."""
    examples: int
    """How many training images the network had seen."""
    loss: float
    """Mean negative log-likelihood over these images, in nats."""
    correct: int
    total: int
    seconds: float
    """How long the run had been training and testing, over all its processes."""


@dataclass(frozen=True, kw_only=True)
class TestPoint(ScorePoint):
    """The whole test set through the network."""

    __test__ = False  # pytest collects classes named Test…; this is none of its own

    def line(self) -> str:
        """Return the line that the tutorial prints."""
        return result_line(self.loss, self.correct, self.total)


@dataclass(frozen=True, kw_only=True)
class HeldOutPoint(ScorePoint):
    """The training images that are held out through the network."""

    def line(self) -> str:
        """Return the same line as of a test, under its own name."""
        return result_line(self.loss, self.correct, self.total, of=f"Epoch {self.epoch}, held out")


def result_line(loss: float, correct: int, total: int, of: str = "Test set") -> str:
    """Return the line that the tutorial prints of a test.

    >>> result_line(0.0952, 9713, 10_000)
    'Test set: Avg. loss: 0.0952, Accuracy: 9713/10000 (97.13%)'
    """
    return f"{of}: Avg. loss: {loss:.4f}, Accuracy: {correct}/{total} ({correct / total:.2%})"


Point = TrainPoint | TestPoint | HeldOutPoint
KINDS: dict[str, type[Point]] = {
    "train": TrainPoint,
    "test": TestPoint,
    "held out": HeldOutPoint,
}


def to_record(point: Point) -> dict[str, Any]:
    """Return the point as it stands in `history.jsonl` and in a checkpoint."""
    (kind,) = (name for name, of_kind in KINDS.items() if isinstance(point, of_kind))
    return {"kind": kind, **asdict(point)}


def from_record(record: dict[str, Any]) -> Point:
    """Return the point that `to_record` recorded.

    >>> point = TestPoint(epoch=0, examples=0, loss=2.3, correct=1, total=10, seconds=0.5)
    >>> from_record(to_record(point)) == point
    True
    """
    values = dict(record)
    return KINDS[values.pop("kind")](**values)


def to_json_lines(points: Iterable[Point]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps(to_record(point)) + "\n" for point in points)


def from_json_lines(text: str) -> list[Point]:
    """Return the points of `to_json_lines`; a last line that was cut short is left out."""
    whole_lines = text[: text.rfind("\n") + 1].splitlines()
    return [from_record(json.loads(line)) for line in whole_lines]
