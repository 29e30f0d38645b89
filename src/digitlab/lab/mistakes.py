"""The mistakes of a finished run, with their pictures."""

from functools import lru_cache

import msgspec

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.lab.images import data_url, png_of
from digitlab.models.metrics import Mistake
from digitlab.records.folder import RunFolder
from digitlab.records.page_report import PageReport
from digitlab.records.run_record import RunRecord

_MOST_SHOWN = 500
"""A network that has learned nothing makes thousands; those with the least probability on the true
label come first."""


class ShownMistake(Mistake, frozen=True, kw_only=True):
    """A wrong answer and its image."""

    picture: str
    """A PNG of 28x28 pixels as a data URL; 0 = background to 255 = ink."""


class Mistakes(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /lab/runs/NAME/mistakes` answers."""

    total: int
    """How many mistakes there are; at most 500 of them are in the list."""
    classes: list[str]
    mistakes: list[ShownMistake]


def mistakes_of(folder: RunFolder) -> Mistakes:
    """Return the mistakes in a run's report.

    Raises `DigitlabError` if there is no report yet, or the images are not to be had.
    """
    record, report = folder.read_record(), folder.read_report()
    if report is None:
        raise DigitlabError(
            f"{folder.path.name} is not finished, so its mistakes are not known yet; they are "
            "found in the test after the last epoch"
        )
    if isinstance(report, PageReport):
        raise DigitlabError(
            f"{folder.path.name} finds digits on pages, and this list is for runs with one digit "
            "per image; pages.png in its folder shows what it finds"
        )
    dataset = _dataset_of(msgspec.json.encode(record))
    shown = [it for it in report.mistakes if it.index < len(dataset.test_images)][:_MOST_SHOWN]
    return Mistakes(
        total=len(report.mistakes),
        classes=report.classes,
        mistakes=[
            ShownMistake(
                **msgspec.structs.asdict(it),
                picture=data_url(png_of(dataset.test_images[it.index])),
            )
            for it in shown
        ],
    )


@lru_cache(maxsize=2)
def _dataset_of(record: bytes) -> Dataset:
    return msgspec.json.decode(record, type=RunRecord).load_dataset(None)
