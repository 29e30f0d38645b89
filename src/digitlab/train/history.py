"""What a run records while it learns: the points of its loss curve."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TrainPoint:
    """The loss of one training batch, taken before the batch was learnt from."""

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
class TestPoint:
    """The whole test set through the network, before training or after an epoch."""

    __test__ = False  # pytest collects classes named Test…; this is none of its own

    epoch: int
    """How many epochs were done; 0 before training."""
    examples: int
    """How many training images the network had seen."""
    loss: float
    """Mean negative log-likelihood over the test set, in nats."""
    correct: int
    total: int
    seconds: float
    """How long the run had been training and testing, over all its processes."""

    def line(self) -> str:
        """Return the line that the tutorial prints."""
        return result_line(self.loss, self.correct, self.total)


def result_line(loss: float, correct: int, total: int) -> str:
    """Return the line that the tutorial prints of a test.

    >>> result_line(0.0952, 9713, 10_000)
    'Test set: Avg. loss: 0.0952, Accuracy: 9713/10000 (97.13%)'
    """
    return f"Test set: Avg. loss: {loss:.4f}, Accuracy: {correct}/{total} ({correct / total:.2%})"


Point = TrainPoint | TestPoint
KINDS: dict[str, type[TrainPoint] | type[TestPoint]] = {"train": TrainPoint, "test": TestPoint}


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
