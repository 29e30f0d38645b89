"""The report on a test of the page network: what `report.json` and `digitlab eval` show."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from digitlab.language import Language, Words
from digitlab.models.metrics import ClassScore, confusion_matrix, wilson_interval
from digitlab.records.report import HeldOut

_FOUND = Words(
    "Of {total:,} digits on {crops:,} crops, {missing:,} are missing and {wrong:,} wrong; "
    "{invented:,} are invented",
    "{crops:,} 块页面上有 {total:,} 个数字：漏掉 {missing:,} 个，读错 {wrong:,} 个；"
    "另有 {invented:,} 个是凭空多出的",
)

MISSING = -1
"""The answer for a digit that was not found."""


class PageReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a test on crops of composed pages says about a page network."""

    correct: int
    """How many of the digits were found and named correctly."""
    total: int
    """How many digits there are on all crops."""
    accuracy: float
    """`correct / total`, 0 to 1."""
    interval: tuple[float, float]
    """Wilson's 95% interval of the accuracy."""
    loss: float
    """See `digitlab.train.page_loss`."""
    missing: int
    """Digits that were not found."""
    invented: int
    """Digits that the network is sure of where there are none."""
    invented_per_crop: float
    crops: int
    """How many crops there are."""
    per_class: list[ClassScore]
    confusion: list[list[int]]
    """Counts, `confusion[truth][answer]`, of the digits that were found."""
    mistakes: list[int]
    """The digits that were not found or named wrongly, by their position among all, from 0."""
    model: str
    """The file or folder that the network came from."""
    dataset: str
    """What the crops' digits are test images of."""
    epochs: int | None
    """How many epochs it was trained for; None if unknown."""
    classes: list[str]
    held_out: HeldOut | None = None
    """The score on crops of held-out digits; None if nothing was held out."""

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.total or self.total == 0:
            raise ValueError(f"{self.correct} of {self.total} correct answers are impossible")
        if [len(row) for row in self.confusion] != [len(self.classes)] * len(self.classes):
            raise ValueError(f"confusion must have {len(self.classes)} rows and columns")
        if not all(0 <= count <= self.total for row in self.confusion for count in row):
            raise ValueError(f"confusion must have counts from 0 to {self.total}")


def make_page_report(
    truths: NDArray[np.int64],
    answers: NDArray[np.int64],
    *,
    invented: int,
    crops: int,
    loss: float,
    classes: Sequence[str],
    model: str,
    dataset: str,
    epochs: int | None,
    held_out: HeldOut | None = None,
) -> PageReport:
    """Compare what a page network answered with the digits on crops.

    `truths` and `answers` have shape (N,), N at least 1; an answer can be `MISSING`. For the others
    see `PageReport`.
    """
    is_found, is_right = answers != MISSING, answers == truths
    confusion = confusion_matrix(truths[is_found], answers[is_found], len(classes))
    correct, total = int(is_right.sum()), len(truths)
    return PageReport(
        correct=correct,
        total=total,
        accuracy=correct / total,
        interval=wilson_interval(correct, total),
        loss=loss,
        missing=int(np.count_nonzero(~is_found)),
        invented=invented,
        invented_per_crop=invented / crops,
        crops=crops,
        per_class=[
            ClassScore(
                name=name,
                total=(count := int(np.count_nonzero(truths == place))),
                correct=(right := int(confusion[place, place])),
                accuracy=right / count if count else 0.0,
                precision=right / named if (named := int(confusion[:, place].sum())) else 0.0,
            )
            for place, name in enumerate(classes)
        ],
        confusion=confusion.tolist(),
        mistakes=np.flatnonzero(~is_right).tolist(),
        model=model,
        dataset=dataset,
        epochs=epochs,
        classes=list(classes),
        held_out=held_out,
    )


def found_line(report: PageReport, language: Language = "en") -> str:
    """Return in one line how many digits were not found, named wrongly, or invented."""
    return _FOUND.text(
        language,
        total=report.total,
        crops=report.crops,
        missing=report.missing,
        wrong=report.total - report.correct - report.missing,
        invented=report.invented,
    )
