"""Snapshots: a network's weights at many moments of its training, small enough to keep them all.

They are in a folder of the run, `snapshots/`, one file per moment: `000000512.npz` has the weights
after 512 steps, by PyTorch's names, as float16. NumPy is all that is needed to read them.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.files import check_is_file, remove_leftovers, write_whole

SNAPSHOTS = "snapshots"
"""The folder's name in a run's folder."""

Half = NDArray[np.float16]

_NAME = re.compile(r"([0-9]{9})\.npz")
_MAX_BYTES = 100_000_000  # of one file
_MAX_VALUES = 50_000_000  # of one file, when it is read


def list_snapshots(folder: Path) -> list[int]:
    """Return the steps for which a folder has a snapshot, in ascending order."""
    names = (_NAME.fullmatch(path.name) for path in folder.glob("*.npz"))
    return sorted(int(match[1]) for match in names if match)


def write_snapshot(folder: Path, step: int, weights: Mapping[str, NDArray[np.generic]]) -> Path:
    """Write the weights after so many steps; the same bytes for the same weights.

    Values that float16 cannot hold, above 65,504, are cut to the largest that it can.
    """
    largest = np.finfo(np.float16).max
    halves = {
        name: np.clip(values, -largest, largest).astype(np.float16)
        for name, values in weights.items()
    }
    content = io.BytesIO()
    np.savez_compressed(content, **halves)  # NumPy 2.0 would take allow_pickle for an array
    path = _path(folder, step)
    write_whole(path, content.getvalue())
    return path


def read_snapshot(folder: Path, step: int) -> dict[str, Half]:
    """Return the weights after so many steps, by PyTorch's names.

    Raises `DigitlabError` if there is no such snapshot, or it is damaged.
    """
    path = _path(folder, step)
    try:
        check_is_file(path)
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES // 10**6} MB")
        return _weights_in(path.read_bytes())
    except FileNotFoundError as error:
        steps = list_snapshots(folder)
        known = (
            f"there are {len(steps)}, from {steps[0]} to {steps[-1]}" if steps else "it has none"
        )
        raise DigitlabError(
            f"{folder.parent} has no snapshot after {step} steps; {known}"
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DigitlabError(f"the snapshot {path} cannot be read ({reason})") from error


def remove_snapshots(folder: Path, *, after: int = -1) -> None:
    """Remove the snapshots after a step, or all of them, and what a killed writer has left."""
    if folder.is_dir():
        remove_leftovers(folder)
    for step in list_snapshots(folder):
        if step > after:
            _path(folder, step).unlink(missing_ok=True)


def _path(folder: Path, step: int) -> Path:
    return folder / f"{step:09d}.npz"


def _weights_in(content: bytes) -> dict[str, Half]:
    """Return the arrays in an npz file; raise `ValueError` for anything but finite float16."""
    weights: dict[str, Half] = {}
    if not zipfile.is_zipfile(io.BytesIO(content)):  # NumPy would advise to load it unsafely
        raise ValueError("it is not an npz file")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            left = _MAX_VALUES - sum(it.file_size for it in file.zip.infolist()) // 2
            if left < 0:
                raise ValueError(f"it has more than {_MAX_VALUES:,} values")
            for name in file.files:
                weights[name] = file[name]
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for damaged files
        raise ValueError(f"{type(error).__name__}: {error}") from error
    for name, values in weights.items():
        if values.dtype != np.float16 or not np.isfinite(values).all():
            raise ValueError(f"{name} has type {values.dtype}, or values that are not finite")
    if not weights:
        raise ValueError("it is empty")
    return weights
