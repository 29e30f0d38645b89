"""How good are the answers? Counts, intervals and tables, from log-probabilities and labels."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def wilson_interval(correct: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the interval in which the true accuracy lies, as two numbers from 0 to 1.

    A test of 10,000 images is a sample: another 10,000 would give a slightly different
    accuracy. Wilson's interval holds the true one in 95 of 100 such tests (z = 1.96), also
    close to 0 and 1, where the simpler formula fails.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22 (1927).

    >>> low, high = wilson_interval(9847, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.9821, 0.9869)
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(f"{correct} right out of {total} is not a count of answers")
    share = correct / total
    center = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (center - half) / scale), min(1.0, (center + half) / scale)


def confusion_matrix(
    truths: NDArray[np.integer], answers: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Count how often each class was taken for each: row = truth, column = answer.

    `truths` and `answers` have shape (N,) and values from 0 to classes - 1; the result has
    shape (classes, classes), and its sum is N.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), classes=2)
    array([[1, 0],
           [1, 1]])
    """
    pairs = truths.astype(np.int64) * classes + answers.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """How one class fared."""

    name: str
    """The class's name, for MNIST the digit."""
    total: int
    """How many images are of this class."""
    correct: int
    """How many of them were answered with this class."""
    accuracy: float
    """`correct / total`, also called recall; 0 where `total` is 0."""
    precision: float
    """Of the images answered with this class, the share that is of it; 0 where there is none."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One image that was answered wrongly."""

    index: int
    """The image's place in its set, from 0."""
    truth: int
    """The class that its label says."""
    answer: int
    """The class that the network took for the likeliest."""
    probability: float
    """The probability, 0 to 1, that the network gave its wrong answer."""
    truth_probability: float
    """The probability, 0 to 1, that it gave the truth."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything that a set of answers tells."""

    correct: int
    total: int
    accuracy: float
    """`correct / total`, 0 to 1."""
    interval: tuple[float, float]
    """Wilson's 95 % interval around `accuracy`."""
    loss: float
    """Mean negative log-likelihood, in nats: -log of the probability given to the truth."""
    per_class: list[ClassScore]
    confusion: list[list[int]]
    """`confusion[truth][answer]`, counts."""
    mistakes: list[Mistake]
    """Every wrong answer, worst first: the smaller the truth's probability, the worse."""

    def as_json(self) -> dict[str, Any]:
        """Return plain dictionaries, lists and numbers, ready for `json.dumps`."""
        return asdict(self)


def evaluate(
    log_probabilities: NDArray[np.float32],
    labels: NDArray[np.integer],
    class_names: tuple[str, ...],
) -> Evaluation:
    """Compare answers with labels.

    Parameters
    ----------
    log_probabilities
        Shape (N, classes): the natural logarithm of each class's probability.
    labels
        Shape (N,), values from 0 to classes - 1.
    class_names
        One name a class.

    Raises
    ------
    ValueError
        If the shapes do not belong together or a log-probability is not a number.
    """
    total, classes = log_probabilities.shape
    if labels.shape != (total,) or classes != len(class_names):
        raise ValueError(
            f"answers of shape {log_probabilities.shape} do not fit labels of shape "
            f"{labels.shape} and {len(class_names)} class names"
        )
    if np.isnan(log_probabilities).any():
        raise ValueError("some log-probabilities are not numbers (NaN)")
    answers = log_probabilities.argmax(axis=1)
    of_truth = log_probabilities[np.arange(total), labels].astype(np.float64)
    confusion = confusion_matrix(labels, answers, classes)
    correct = int(np.trace(confusion))

    wrong = np.flatnonzero(answers != labels)
    worst_first = wrong[np.argsort(of_truth[wrong], kind="stable")]
    mistakes = [
        Mistake(
            index=int(index),
            truth=int(labels[index]),
            answer=int(answers[index]),
            probability=float(np.exp(log_probabilities[index, answers[index]])),
            truth_probability=float(np.exp(of_truth[index])),
        )
        for index in worst_first
    ]
    return Evaluation(
        correct=correct,
        total=total,
        accuracy=correct / total,
        interval=wilson_interval(correct, total),
        loss=float(-of_truth.mean()),
        per_class=_class_scores(confusion, class_names),
        confusion=confusion.tolist(),
        mistakes=mistakes,
    )


def _class_scores(confusion: NDArray[np.int64], class_names: tuple[str, ...]) -> list[ClassScore]:
    scores = []
    for index, name in enumerate(class_names):
        correct = int(confusion[index, index])
        total = int(confusion[index].sum())
        answered = int(confusion[:, index].sum())
        scores.append(
            ClassScore(
                name=name,
                total=total,
                correct=correct,
                accuracy=correct / total if total else 0.0,
                precision=correct / answered if answered else 0.0,
            )
        )
    return scores
