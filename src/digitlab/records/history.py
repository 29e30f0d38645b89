"""What a run records while it trains: the points of its loss curve."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from digitlab.language import Language, Words

_Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Positive = Annotated[int, msgspec.Meta(ge=1, le=2**53)]

_TRAIN_LINE = Words(
    "Train Epoch: {epoch} [{examples}/{epoch_size} ({share:.0%})]\tLoss: {loss:.6f}",
    "训练第 {epoch} 轮 [{examples}/{epoch_size}（{share:.0%}）]\t损失：{loss:.6f}",
)
_RESULT_LINE = Words(
    "{of}: Avg. loss: {loss:.4f}, Accuracy: {correct}/{total} ({share:.2%})",
    "{of}：平均损失：{loss:.4f}，准确率：{correct}/{total}（{share:.2%}）",
)
_ONE_EPOCH, _EPOCHS = Words("{count} epoch", "{count} 轮"), Words("{count} epochs", "{count} 轮")
_TEST_SET = Words("Test set", "测试集")
_HELD_OUT = Words("Epoch {epoch}, held out", "第 {epoch} 轮，验证集")


class TrainPoint(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="train"):
    """The loss of one training batch, taken before the step."""

    epoch: _Positive
    """The current epoch, from 1."""
    examples_in_epoch: _Natural
    """Images seen in this epoch before this batch."""
    epoch_size: _Positive
    """Images per epoch."""
    examples: _Natural
    """Images seen in all epochs before this batch."""
    loss: float
    """Mean over the batch, in nats."""
    learning_rate: float
    """Of the step that this batch led to."""
    seconds: float
    """How long the run has been training and testing, in all its processes together."""

    def line(self, language: Language = "en") -> str:
        """Return the line that the tutorial prints."""
        return _TRAIN_LINE.text(
            language,
            epoch=self.epoch,
            examples=self.examples_in_epoch,
            epoch_size=self.epoch_size,
            share=self.examples_in_epoch / self.epoch_size,
            loss=self.loss,
        )


class ScorePoint(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """How the network does on images it is not trained on, before training or after an epoch."""

    epoch: _Natural
    """Epochs completed; 0 before training."""
    examples: _Natural
    """Training images seen so far."""
    loss: float
    """Mean negative log-likelihood over these images, in nats."""
    correct: _Natural
    total: _Positive
    classes_answered: _Natural
    """How many different classes the network answered with."""
    seconds: float
    """How long the run has been training and testing, in all its processes together."""

    def __post_init__(self) -> None:
        if self.correct > self.total:
            raise ValueError(f"{self.correct} of {self.total} correct answers are impossible")

    @property
    def accuracy(self) -> float:
        """The share of correct answers, 0 to 1."""
        return self.correct / self.total


class TestPoint(ScorePoint, frozen=True, kw_only=True, tag="test"):
    """A score on the whole test set."""

    __test__ = False  # pytest collects classes named Test…; this is not one of its own

    def line(self, language: Language = "en") -> str:
        """Return the line that the tutorial prints."""
        return result_line(self.loss, self.correct, self.total, language=language)


class HeldOutPoint(ScorePoint, frozen=True, kw_only=True, tag="held out"):
    """A score on the held-out training images."""

    def line(self, language: Language = "en") -> str:
        """Return the same line as for a test, with its own name."""
        of = _HELD_OUT.text(language, epoch=self.epoch)
        return result_line(self.loss, self.correct, self.total, of=of, language=language)


def epochs_in_words(count: int, language: Language = "en") -> str:
    """Return a number of epochs in words.

    >>> epochs_in_words(1), epochs_in_words(3), epochs_in_words(3, "zh")
    ('1 epoch', '3 epochs', '3 轮')
    """
    return (_ONE_EPOCH if count == 1 else _EPOCHS).text(language, count=count)


def result_line(
    loss: float,
    correct: int,
    total: int,
    *,
    of: str | None = None,
    language: Language = "en",
) -> str:
    """Return the line that the tutorial prints after a test.

    >>> result_line(0.0952, 9713, 10_000)
    'Test set: Avg. loss: 0.0952, Accuracy: 9713/10000 (97.13%)'
    """
    of = of or _TEST_SET.text(language)
    return _RESULT_LINE.text(
        language, of=of, loss=loss, correct=correct, total=total, share=correct / total
    )


Point = TrainPoint | TestPoint | HeldOutPoint


@dataclass(frozen=True, kw_only=True)
class LossCurve:
    """The points of the training loss as arrays of equal length."""

    epoch: NDArray[np.int64]
    examples: NDArray[np.int64]
    loss: NDArray[np.float64]
    learning_rate: NDArray[np.float64]
    seconds: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ScoreCurve:
    """The scores on one set of images as arrays of equal length."""

    epoch: NDArray[np.int64]
    examples: NDArray[np.int64]
    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    """0 to 1."""
    seconds: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """A run's history as arrays; `pandas.DataFrame(vars(curves.train))` makes a table."""

    train: LossCurve
    held_out: ScoreCurve
    test: ScoreCurve


def curves_of(points: Sequence[Point]) -> Curves:
    """Return a history as arrays."""
    train = [it for it in points if isinstance(it, TrainPoint)]
    return Curves(
        train=LossCurve(**_columns(train, LossCurve)),
        held_out=_scores([it for it in points if isinstance(it, HeldOutPoint)]),
        test=_scores([it for it in points if isinstance(it, TestPoint)]),
    )


def _scores(points: Sequence[ScorePoint]) -> ScoreCurve:
    return ScoreCurve(**_columns(points, ScoreCurve))


def _columns(points: Sequence[Point | ScorePoint], kind: type) -> dict[str, NDArray[Any]]:
    whole = ("epoch", "examples")
    return {
        it.name: np.array(
            [getattr(point, it.name) for point in points],
            dtype=np.int64 if it.name in whole else np.float64,
        )
        for it in fields(kind)
    }


def to_json_lines(points: Iterable[Point]) -> bytes:
    """Return one JSON object per line."""
    return b"".join(msgspec.json.encode(point) + b"\n" for point in points)


def from_json_lines(content: bytes) -> list[Point]:
    """Return the points that `to_json_lines` wrote; raise `ValueError` if one is damaged.

    A last line that was cut short is left out.

    >>> point = TestPoint(epoch=0, examples=0, loss=2.3, correct=1, total=10,
    ...                   classes_answered=1, seconds=0.5)
    >>> from_json_lines(to_json_lines([point])) == [point]
    True
    """
    decoder = msgspec.json.Decoder(Point)
    return [decoder.decode(line) for line in content.split(b"\n")[:-1]]
