"""`digitlab read`: all the digits in a picture."""

import io
import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from PIL import Image

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import STDIN, AsJsonLines, ModelPath, PicturePaths
from digitlab.cli.pictures import find_pictures, print_error, source_of
from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.files import write_whole
from digitlab.pages.answers import Page
from digitlab.pages.boxes import draw_boxes
from digitlab.pages.read import LARGEST_SIDE
from digitlab.pictures.open import open_picture
from digitlab.reader import Reader


@chinese_help(
    "逐行输出每张图片里的所有数字，没有把握的数字写成 `?`。\n\n"
    "用 --json 时，每张图片输出一个对象：picture、text（行之间是换行符，数之间是空格）、"
    "digits（每个有以像素为单位的 box [x, y, width, height]、digit、probability、unsure）；"
    "或者 picture、error。有图片打不开时，退出码为 1。"
)
def read(
    pictures: PicturePaths,
    /,
    *,
    boxes: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Save a copy of the picture with the digits marked; for one picture only.",
                "另存一张标出了各个数字的图片；只用于一张图片。",
            )
        ),
    ] = None,
    model: ModelPath = None,
    as_json: AsJsonLines = False,
) -> int:
    """Print all the digits in each picture, line by line, with `?` for a digit that is unsure.

    With --json, print one object per picture: picture, text (lines separated by newlines, numbers
    by spaces), digits (each with box [x, y, width, height] in pixels, digit, probability, unsure);
    or picture, error. The exit code is 1 if a picture could not be opened.
    """
    paths = list(find_pictures(pictures))
    if boxes is not None:
        _check_boxes(boxes, paths)
    reader = Reader(model)
    reader.check_reads_pages()
    failures = 0
    for path in paths:
        try:
            picture = open_picture(source_of(path), largest_side=LARGEST_SIDE)
            page = reader.read(picture)
        except PictureError as error:
            failures += 1
            print_error(path, error, as_json=as_json)
            continue
        _show(path, page, as_json=as_json, named=len(paths) > 1)
        if boxes is not None:
            _save(draw_boxes(picture, page), boxes)
    return min(failures, 1)


def _check_boxes(boxes: Path, paths: list[Path]) -> None:
    """Refuse, before anything is read, a file that `--boxes` cannot or should not write."""
    if len(paths) != 1:
        raise DigitlabError(f"--boxes draws one picture, but {len(paths)} were given")
    if paths[0] != STDIN and _are_same(boxes, paths[0]):
        raise DigitlabError(f"--boxes would overwrite the picture itself, {printable(boxes)}")
    if boxes.suffix.lower() not in Image.registered_extensions():
        raise DigitlabError(f"{printable(boxes)} cannot be written: name it .png or .jpg")


def _are_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # at least one of them does not exist
        return False


def _show(path: Path, page: Page, *, as_json: bool, named: bool) -> None:
    if as_json:
        print(json.dumps({"picture": str(path)} | page.record()))
        return
    if named:
        print(f"{printable(path)}:")
    if page.digits:
        print(page.text)
    else:
        print(f"digitlab: {printable(path)}: no digit found", file=sys.stderr)


def _save(image: Image.Image, path: Path) -> None:
    """Write a picture in the format of the name's suffix, completely or not at all."""
    encoded = io.BytesIO()
    try:
        image.save(encoded, Image.registered_extensions()[path.suffix.lower()])
        write_whole(path, encoded.getvalue())
    except OSError as error:
        reason = error.strerror or error
        raise DigitlabError(f"{printable(path)} cannot be written ({reason})") from error
    except (KeyError, ValueError) as error:  # a format that Pillow reads only, or not at this size
        raise DigitlabError(f"{printable(path)} cannot be written: name it .png or .jpg") from error
