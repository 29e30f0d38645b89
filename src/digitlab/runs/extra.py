"""A run keeps a copy of its extra pictures, so that you can go on collecting corrections.

The run is continued with the copy, and ends with the same bits, whatever has become of the folder.
"""

from pathlib import Path

import numpy as np
import torch

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra, load_extra
from digitlab.errors import DigitlabError
from digitlab.records.folder import EXTRA
from digitlab.records.run_record import ExtraRecord, RunRecord
from digitlab.train.tensor_file import pack, unpack


def record_of(extra: Extra | None) -> ExtraRecord | None:
    """Return what `run.json` says about the extra pictures."""
    if extra is None:
        return None
    return ExtraRecord(folder=extra.folder, pictures=len(extra.images), sha256=extra.sha256)


def packed(extra: Extra | None) -> bytes | None:
    """Return the file that keeps the extra pictures."""
    if extra is None:
        return None
    tensors = {"images": torch.from_numpy(extra.images), "labels": torch.from_numpy(extra.labels)}
    return pack(tensors, {"pictures": len(extra.images)})


def load_copy(folder: Path, record: RunRecord, dataset: Dataset) -> Extra | None:
    """Return a run's extra pictures from the copy in its folder; None if it has none.

    If the copy is missing or damaged, they are loaded from where they came from. Raises
    `DigitlabError` if those are not the same any more.
    """
    if record.extra is None:
        return None
    try:
        tensors, _ = unpack((folder / EXTRA).read_bytes(), EXTRA)
        images, labels = tensors["images"].numpy(), tensors["labels"].numpy()
        extra = Extra(folder=record.extra.folder, images=images, labels=labels.astype(np.int64))
        if extra.sha256 == record.extra.sha256:
            return extra
        reason = "is of another run"
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    except (KeyError, DigitlabError):
        reason = "is damaged"
    try:
        extra = load_extra(record.extra.folder, dataset)
    except DigitlabError as error:
        raise DigitlabError(f"{folder / EXTRA} {reason}, and {error}") from error
    if extra.sha256 != record.extra.sha256:
        raise DigitlabError(
            f"{folder / EXTRA} {reason}, and the pictures in {record.extra.folder} have changed "
            "since the run was started; restore them as they were, or start a new run"
        )
    return extra
