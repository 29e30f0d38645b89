"""How good are the answers? Counts, intervals and tables, from log-probabilities and labels."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray


def wilson_interval(correct: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Return a confidence interval for the true accuracy, as two numbers from 0 to 1.

    A test of 10,000 images is a sample: another 10,000 would give a slightly different accuracy.
    In 95 of 100 such tests, Wilson's interval with z = 1.96 contains the true accuracy. It also
    works close to 0 and 1, where the simpler normal approximation fails. Raises ValueError unless
    0 <= correct <= total and total > 0.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22 (1927).

    >>> low, high = wilson_interval(9847, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.9821, 0.9869)
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(f"{correct} correct answers out of {total} are impossible")
    share = correct / total
    center = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (center - half) / scale), min(1.0, (center + half) / scale)


def confusion_matrix(
    truths: NDArray[np.integer], answers: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Count how often each class was given each answer: row = true class, column = answer.

    `truths` and `answers` have shape (N,) and values from 0 to classes - 1. The result has
    shape (classes, classes), and its sum is N.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), classes=2)
    array([[1, 0],
           [1, 1]])
    """
    pairs = truths.astype(np.int64) * classes + answers.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one class."""

    name: str
    """The class's name; for MNIST the digit."""
    total: int
    """How many images belong to this class."""
    correct: int
    """How many of them were answered with this class."""
    accuracy: float
    """`correct / total`, also called recall; 0 if `total` is 0."""
    precision: float
    """The share of the answers with this class that are correct; 0 if there are none."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One wrong answer."""

    index: int
    """The image's position in its set, from 0."""
    truth: int
    """The class in its label."""
    answer: int
    """The class that the network considered most likely."""
    probability: float
    """The probability, 0 to 1, of the wrong answer."""
    truth_probability: float
    """The probability, 0 to 1, of the class in the label."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The result of comparing a network's answers with the labels."""

    correct: int
    total: int
    accuracy: float
    """`correct / total`, 0 to 1."""
    interval: tuple[float, float]
    """Wilson's 95% interval of the accuracy."""
    loss: float
    """Mean negative log-likelihood, in nats: -log of the probability given to the label."""
    per_class: list[ClassScore]
    confusion: list[list[int]]
    """Counts, `confusion[truth][answer]`."""
    mistakes: list[Mistake]
    """Every wrong answer, the least probability on the true label first."""

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.total or self.total == 0:
            raise ValueError(f"{self.correct} of {self.total} correct answers are impossible")
        classes = len(self.per_class)
        if classes < 1 or [len(row) for row in self.confusion] != [classes] * classes:
            raise ValueError(f"confusion must have {classes} rows and columns")
        counts = [count for row in self.confusion for count in row]
        if min(counts) < 0 or sum(counts) != self.total:
            raise ValueError(f"confusion must have counts whose sum is {self.total}")
        if self.correct != sum(self.confusion[it][it] for it in range(classes)):
            raise ValueError(f"confusion must have {self.correct} correct answers")
        for it in self.mistakes:
            if not (0 <= it.index < self.total and {it.truth, it.answer} <= {*range(classes)}):
                raise ValueError(f"{it} is impossible")


def evaluate(
    log_probabilities: NDArray[np.float32],
    labels: NDArray[np.integer],
    class_names: tuple[str, ...],
) -> Evaluation:
    """Compare answers, natural logarithms of N x classes probabilities, with N labels.

    N is at least 1, and the labels are from 0 to classes - 1. Raises ValueError if the shapes do
    not match, there is not one name per class, or a log-probability is NaN.
    """
    total, classes = log_probabilities.shape
    if labels.shape != (total,) or classes != len(class_names):
        raise ValueError(
            f"answers of shape {log_probabilities.shape} do not fit labels of shape "
            f"{labels.shape} and {len(class_names)} class names"
        )
    if np.isnan(log_probabilities).any():
        raise ValueError("some log-probabilities are NaN")
    answers = log_probabilities.argmax(axis=1)
    label_scores = log_probabilities[np.arange(total), labels].astype(np.float64)  # N
    confusion = confusion_matrix(labels, answers, classes)
    correct = int(np.trace(confusion))
    wrong = np.flatnonzero(answers != labels)
    mistakes = [
        Mistake(
            index=int(index),
            truth=int(labels[index]),
            answer=int(answers[index]),
            probability=float(np.exp(log_probabilities[index, answers[index]])),
            truth_probability=float(np.exp(label_scores[index])),
        )
        for index in wrong[np.argsort(label_scores[wrong], kind="stable")]
    ]
    return Evaluation(
        correct=correct,
        total=total,
        accuracy=correct / total,
        interval=wilson_interval(correct, total),
        loss=float(-label_scores.mean()),
        per_class=_class_scores(confusion, class_names),
        confusion=confusion.tolist(),
        mistakes=mistakes,
    )


def _class_scores(confusion: NDArray[np.int64], class_names: tuple[str, ...]) -> list[ClassScore]:
    counts = np.stack([confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)], axis=1)
    return [
        ClassScore(
            name=name,
            total=total,
            correct=correct,
            accuracy=correct / total if total else 0.0,
            precision=correct / answered if answered else 0.0,
        )
        for name, (correct, total, answered) in zip(class_names, counts.tolist(), strict=True)
    ]
