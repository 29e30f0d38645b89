"""Prepare many pictures for a network, here or in several processes."""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np

from digitlab.errors import PictureError
from digitlab.pictures.digit import (
    Digit,
    gray_of,
    has_format,
    is_mnist,
    light_on_black,
    prepare_and_check,
    prepare_drawing,
    prepare_stack,
)
from digitlab.pictures.gray import Gray
from digitlab.pictures.open import Source
from digitlab.pictures.plain import plain
from digitlab.pictures.preparation import Preparation
from digitlab.pictures.strip import shows_several
from digitlab.processes import in_processes

Prepared = tuple[Digit, bool]
"""The 28 x 28 pixels for the network, and whether the picture seems to show several digits."""

AT_ONCE = 256  # pictures that are prepared together
_PER_TASK = 32  # pictures that are sent to another process together


def prepared(picture: Source, preparation: Preparation) -> Prepared:
    """Return what a network takes of one picture. Raises what `open_picture` raises."""
    if preparation == "as-is":
        return plain(picture), False
    return prepare_and_check(picture)


def prepare_each(
    pictures: Iterable[Source], preparation: Preparation, *, jobs: int = 1
) -> Generator[list[Prepared | PictureError]]:
    """Yield what `prepared` makes of each picture, or its error, a few pictures at a time.

    With more than one job, paths, bytes and arrays are prepared in so many other processes.
    """
    if jobs == 1:
        for group in _groups(pictures, AT_ONCE):
            yield _prepare_group(group, preparation)
        return
    groups = ([_sendable(it, preparation) for it in part] for part in _groups(pictures, _PER_TASK))
    yield from in_processes(partial(_prepare_group, preparation=preparation), groups, jobs)


def _groups(pictures: Iterable[Source], count: int) -> Iterator[list[Source]]:
    pictures = iter(pictures)
    while group := list(islice(pictures, count)):
        yield group


_Task = Source | Prepared | PictureError


def _sendable(picture: Source, preparation: Preparation) -> _Task:
    """Return a picture if another process can open it; else, such as for a stream, the result."""
    if isinstance(picture, str | bytes | os.PathLike | np.ndarray):
        return picture
    return _prepare_group([picture], preparation)[0]


def _prepare_group(
    group: Sequence[_Task], preparation: Preparation
) -> list[Prepared | PictureError]:
    arrays = [it for it in group if has_format(it)]
    if len(arrays) == len(group) and preparation == "mnist":
        stack = prepare_stack(np.stack(arrays))  # together, which is several times faster
        return [(image, False) for image in stack]
    results: list[Prepared | PictureError] = []
    small: dict[int, tuple[Gray, Digit]] = {}  # what may be an MNIST image, by its place
    for place, it in enumerate(group):
        try:
            if isinstance(it, tuple | PictureError):
                results.append(it)  # it came prepared
            elif preparation == "as-is":
                results.append(prepared(it, preparation))
            else:
                gray = gray_of(it)
                light = light_on_black(gray)
                if light is None:  # at once: 256 large pictures would take too much memory
                    results.append(_checked(gray))
                else:
                    small[place] = gray, light
                    results.append((light, False))
        except PictureError as error:
            results.append(error)
    if small:
        ready = is_mnist(np.stack([light for _, light in small.values()]))
        for place, is_ready in zip(small, ready, strict=True):
            if not is_ready:
                results[place] = _checked(small[place][0])
    return results


def _checked(gray: Gray) -> Prepared:
    digit, drawing = prepare_drawing(gray)
    return digit, shows_several(drawing)
