"""The copies of pictures, with boxes, that `digitlab read` writes."""

import io
import os
from pathlib import Path

from PIL import Image

from digitlab.cli.page_answers import Answer
from digitlab.cli.parameters import STDIN
from digitlab.cli.pictures import are_same
from digitlab.errors import DigitlabError, printable
from digitlab.files import write_whole
from digitlab.pages.boxes import draw_boxes
from digitlab.pictures.formats import SUFFIXES
from digitlab.pictures.open import Picture


class Marked:
    """Copies of pictures with the digits marked: in one file, or in a folder that exists.

    Raises `DigitlabError`, before anything is read, for a file that cannot or should not be
    written. In a folder, the copies are named as the pictures, in the same folders within it.
    """

    def __init__(self, target: Path, paths: list[Path]) -> None:
        self.target = target
        self.is_folder = target.is_dir()
        folders = [os.path.dirname(os.path.abspath(path)) for path in paths]  # noqa: PTH100, PTH120
        self.common = os.path.commonpath(folders) if folders else ""
        if not self.is_folder:
            if len(paths) != 1:
                raise DigitlabError(
                    f"--boxes draws one picture, but {len(paths)} were given: name a folder that "
                    "exists"
                )
            if not target.suffix:
                raise DigitlabError(
                    f"there is no folder {printable(target)}; the name of a file must end with "
                    ".png or .jpg"
                )
            if target.suffix.lower() not in Image.registered_extensions():
                raise DigitlabError(f"{printable(target)} cannot be written: name it .png or .jpg")
        for path in paths:
            place = self._place(path, 1, 1)
            if path != STDIN and are_same(place, path):
                raise DigitlabError(
                    f"--boxes would overwrite the picture itself, {printable(place)}"
                )

    def check_pages(self, path: Path, pages: int) -> None:
        """Raise `DigitlabError` if there are several pages for one file."""
        if pages > 1 and not self.is_folder:
            raise DigitlabError(
                f"--boxes draws one picture, but {printable(path)} has {pages:,} pages: name a "
                "folder that exists"
            )

    def save(self, picture: Picture, answer: Answer) -> None:
        """Write a copy of the picture, in the format of the name's suffix."""
        path = self._place(answer.path, answer.number, answer.pages)
        image = draw_boxes(picture, answer.page)
        encoded = io.BytesIO()
        try:
            image.save(encoded, Image.registered_extensions()[path.suffix.lower()])
            if self.is_folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, encoded.getvalue())
        except OSError as error:
            reason = error.strerror or error
            raise DigitlabError(f"{printable(path)} cannot be written ({reason})") from error
        except (KeyError, ValueError) as error:  # a format that Pillow reads only, or not this size
            raise DigitlabError(
                f"{printable(path)} cannot be written: name it .png or .jpg"
            ) from error

    def _place(self, path: Path, number: int, pages: int) -> Path:
        """Return the copy's file."""
        if not self.is_folder:
            return self.target
        name = os.path.relpath(path, self.common) if path != STDIN else "stdin"
        page = f"-{number}" if pages > 1 else ""
        has_suffix = pages == 1 and path.suffix.lower() in SUFFIXES
        return self.target / (name if has_suffix else f"{name}{page}.png")
