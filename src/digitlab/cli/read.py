"""`digitlab read`: all the digits in a picture."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from digitlab.cli.parameters import AsJsonLines, ModelPath, PicturePaths
from digitlab.cli.pictures import cut_off, find_pictures, printable, source_of
from digitlab.errors import DigitlabError, PictureError
from digitlab.pages.answers import Page
from digitlab.pages.boxes import draw_boxes
from digitlab.pictures.open import MAX_BYTES, Source
from digitlab.reader import Reader


def read(
    pictures: PicturePaths,
    /,
    *,
    boxes: Annotated[
        Path | None,
        Parameter(help="Save the picture with what was found drawn on it; for one picture."),
    ] = None,
    model: ModelPath = None,
    as_json: AsJsonLines = False,
) -> int:
    """Read all the digits in each picture, line by line; `?` stands where it is unsure.

    With --json, one object a picture: picture, text (lines joined by newlines, numbers by
    spaces), digits (each with box [x, y, width, height] in pixels, digit, probability, unsure);
    or picture, error. The exit code is 1 if a picture could not be opened.
    """
    paths = list(find_pictures(pictures))
    if boxes is not None and len(paths) != 1:
        raise DigitlabError(f"--boxes draws one picture, but {len(paths)} were given")
    if boxes is not None and boxes.exists() and boxes.samefile(paths[0]):
        raise DigitlabError(f"--boxes would overwrite the picture itself, {boxes}")
    reader = Reader(model)
    failures = 0
    for path in paths:
        source = _whole(path)
        try:
            page = reader.read(source)
        except PictureError as error:
            failures += 1
            _tell_error(path, error, as_json=as_json)
            continue
        _tell(path, page, as_json=as_json, named=len(paths) > 1)
        if boxes is not None:
            _save_boxes(source, page, boxes)
    return min(failures, 1)


def _whole(path: Path) -> Source:
    """Return a source that can be opened twice: to read it, and to draw on it."""
    source = source_of(path)
    return source if isinstance(source, Path) else source.read(MAX_BYTES + 1)  # type: ignore[union-attr]


def _tell(path: Path, page: Page, *, as_json: bool, named: bool) -> None:
    if as_json:
        digits: list[dict[str, Any]] = [
            {
                "box": list(found.box),
                "digit": found.digit,
                "probability": cut_off(found.probability),
                "unsure": found.unsure,
            }
            for found in page.digits
        ]
        print(json.dumps({"picture": str(path), "text": page.text, "digits": digits}))
        return
    if named:
        print(f"{printable(path)}:")
    if page.digits:
        print(page.text)
    else:
        print(f"digitlab: {printable(path)}: no digit found", file=sys.stderr)


def _tell_error(path: Path, error: PictureError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"picture": str(path), "error": str(error)}))
    else:
        print(f"digitlab: {printable(error)}", file=sys.stderr)


def _save_boxes(source: Source, page: Page, path: Path) -> None:
    try:
        draw_boxes(source, page).save(path)
    except ValueError as error:  # Pillow's word for a suffix that it does not know
        raise DigitlabError(f"{path} cannot be written: name it .png or .jpg") from error
    except OSError as error:
        raise DigitlabError(f"{path} cannot be written ({error.strerror or error})") from error
