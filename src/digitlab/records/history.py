"""What a run records while it trains: the points of its loss curve."""

from collections.abc import Iterable

import msgspec


class TrainPoint(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="train"):
    """The loss of one training batch, taken before the step."""

    epoch: int
    """The current epoch, from 1."""
    examples_in_epoch: int
    """Images seen in this epoch before this batch."""
    epoch_size: int
    """Images per epoch."""
    examples: int
    """Images seen in all epochs before this batch."""
    loss: float
    """Mean over the batch, in nats."""
    learning_rate: float
    """Of the step that this batch led to."""
    seconds: float
    """How long the run has been training and testing, in all its processes together."""

    def line(self) -> str:
        """Return the line that the tutorial prints."""
        share = self.examples_in_epoch / self.epoch_size
        return (
            f"Train Epoch: {self.epoch} [{self.examples_in_epoch}/{self.epoch_size} "
            f"({share:.0%})]\tLoss: {self.loss:.6f}"
        )


class ScorePoint(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """How the network does on images it is not trained on, before training or after an epoch."""

    epoch: int
    """Epochs completed; 0 before training."""
    examples: int
    """Training images seen so far."""
    loss: float
    """Mean negative log-likelihood over these images, in nats."""
    correct: int
    total: int
    seconds: float
    """How long the run has been training and testing, in all its processes together."""


class TestPoint(ScorePoint, frozen=True, kw_only=True, tag="test"):
    """A score on the whole test set."""

    __test__ = False  # pytest collects classes named Test…; this is not one of its own

    def line(self) -> str:
        """Return the line that the tutorial prints."""
        return result_line(self.loss, self.correct, self.total)


class HeldOutPoint(ScorePoint, frozen=True, kw_only=True, tag="held out"):
    """A score on the held-out training images."""

    def line(self) -> str:
        """Return the same line as for a test, with its own name."""
        return result_line(self.loss, self.correct, self.total, of=f"Epoch {self.epoch}, held out")


def epochs_in_words(count: int) -> str:
    """Return a number of epochs in words.

    >>> epochs_in_words(1), epochs_in_words(3)
    ('1 epoch', '3 epochs')
    """
    return f"{count} epoch" if count == 1 else f"{count} epochs"


def result_line(loss: float, correct: int, total: int, of: str = "Test set") -> str:
    """Return the line that the tutorial prints after a test.

    >>> result_line(0.0952, 9713, 10_000)
    'Test set: Avg. loss: 0.0952, Accuracy: 9713/10000 (97.13%)'
    """
    return f"{of}: Avg. loss: {loss:.4f}, Accuracy: {correct}/{total} ({correct / total:.2%})"


Point = TrainPoint | TestPoint | HeldOutPoint


def to_json_lines(points: Iterable[Point]) -> bytes:
    """Return one JSON object per line."""
    return b"".join(msgspec.json.encode(point) + b"\n" for point in points)


def from_json_lines(content: bytes) -> list[Point]:
    """Return the points that `to_json_lines` wrote; raise `ValueError` if one is damaged.

    A last line that was cut short is left out.

    >>> point = TestPoint(epoch=0, examples=0, loss=2.3, correct=1, total=10, seconds=0.5)
    >>> from_json_lines(to_json_lines([point])) == [point]
    True
    """
    decoder = msgspec.json.Decoder(Point)
    return [decoder.decode(line) for line in content.split(b"\n")[:-1]]
