"""Drawings that a network misread, each with its right label: a folder to learn from.

The folder has `corrections.jsonl`, one line per drawing, and `pictures/ID.png`. A picture is
written before its line, so a writer that is killed leaves at most a picture without a line, which
is ignored. What is damaged is skipped; nothing but `delete` and `delete_all` removes anything.
"""

import io
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from digitlab.data.correction import ID, Correction, as_gray_png, parsed
from digitlab.errors import DigitlabError, printable
from digitlab.files import (
    append,
    check_is_file,
    encode_json,
    read_bytes,
    remove_leftovers,
    write_whole,
)

CORRECTIONS = "corrections.jsonl"
MAX_CORRECTIONS = 5_000
_PICTURES = "pictures"
_LOCK = ".lock"
_LOCK_SECONDS = 10.0


class NoSuchCorrectionError(DigitlabError):
    """An id that no correction has."""


class Corrections:
    """A folder of corrections. Several processes and threads may use it at the same time.

    Every method raises `DigitlabError` if the folder cannot be read or written.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def all(self) -> list[Correction]:
        """Return the corrections that have a picture, oldest first; none if there is no folder."""
        with _explained(self.folder):
            return [it for it in self._lines() if self.path_of(it.id).is_file()]

    def add(
        self,
        picture: bytes,
        *,
        label: str,
        answer: str | None = None,
        probability: float | None = None,
        model: str | None = None,
    ) -> Correction:
        """Store a drawing with its right label, and return its line.

        `picture` is a file in any format that `open_picture` takes; it is stored as a gray PNG, as
        large as `prepare` uses it. Raises `PictureError` if it cannot be opened, shows nothing or
        is too large, and `DigitlabError` if a value is impossible or the folder is full.
        """
        png = as_gray_png(picture)
        values = {
            "id": secrets.token_hex(8), "label": label, "answer": answer,
            "probability": probability, "model": model,
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        try:
            added = msgspec.convert(values, Correction)
        except ValueError as error:
            raise DigitlabError(f"the correction cannot be stored: {error}") from error
        with _explained(self.folder):
            self.path_of(added.id).parent.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if len(self._lines()) >= MAX_CORRECTIONS:
                    raise DigitlabError(
                        f"{printable(self.folder)} has {MAX_CORRECTIONS:,} corrections, the limit: "
                        "delete some, or use another folder"
                    )
                write_whole(self.path_of(added.id), png)
                append(self._file, self._line_break() + encode_json(added))
        return added

    def picture(self, id_: str) -> bytes:
        """Return the PNG of a correction, or raise `NoSuchCorrectionError`."""
        self._check_id(id_)
        with _explained(self.folder):
            check_is_file(self.path_of(id_))
            try:
                return self.path_of(id_).read_bytes()
            except FileNotFoundError as error:
                raise self._no_such(id_) from error

    def delete(self, id_: str) -> None:
        """Delete a correction, or raise `NoSuchCorrectionError`."""
        self._check_id(id_)
        with _explained(self.folder):
            if not self._file.is_file():
                raise self._no_such(id_)
            with self._alone():
                lines = self._file.read_bytes().splitlines(keepends=True)
                kept = [line for line in lines if (it := parsed(line)) is None or it.id != id_]
                if len(kept) == len(lines):
                    raise self._no_such(id_)
                write_whole(self._file, b"".join(kept))
                self.path_of(id_).unlink(missing_ok=True)

    def delete_all(self) -> int:
        """Delete all corrections, and return how many there were."""
        count = len(self.all())
        with _explained(self.folder):
            if self.folder.is_dir():
                with self._alone():
                    self._file.unlink(missing_ok=True)
                    for path in (self.folder / _PICTURES).glob("*.png"):
                        if ID.fullmatch(path.stem):
                            path.unlink(missing_ok=True)
        return count

    def to_zip(self) -> bytes:
        """Return a zip archive of the corrections; unpacked, it is such a folder again."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            lines = []
            for it in self.all():
                try:
                    png = self.picture(it.id)
                except DigitlabError:
                    continue  # deleted meanwhile
                lines.append(encode_json(it))
                archive.writestr(zipfile.ZipInfo(f"{_PICTURES}/{it.id}.png"), png)
            archive.writestr(zipfile.ZipInfo(CORRECTIONS), b"".join(lines))
        return packed.getvalue()

    @property
    def _file(self) -> Path:
        return self.folder / CORRECTIONS

    def path_of(self, id_: str) -> Path:
        """Return the file of a correction's picture; `id_` is that of a `Correction`."""
        return self.folder / _PICTURES / f"{id_}.png"

    def _lines(self) -> list[Correction]:
        """Return the lines that are not damaged, each id once."""
        check_is_file(self._file)
        try:
            content = read_bytes(self._file)
        except FileNotFoundError:
            return []
        found = [it for line in content.splitlines() if (it := parsed(line)) is not None]
        return list({it.id: it for it in found}.values())

    def _line_break(self) -> bytes:
        """Return what ends the last line, if a writer was killed while it wrote it."""
        is_whole = not self._file.exists() or self._file.read_bytes()[-1:] in (b"", b"\n")
        return b"" if is_whole else b"\n"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process change the folder."""
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.folder / _LOCK, timeout=_LOCK_SECONDS):
                for folder in (self.folder, self.folder / _PICTURES):
                    if folder.is_dir():
                        remove_leftovers(folder)
                yield
        except Timeout as error:
            raise DigitlabError(
                f"another process has used {printable(self.folder)} for {_LOCK_SECONDS:.0f} s; "
                "try again"
            ) from error

    def _check_id(self, id_: str) -> None:
        if not ID.fullmatch(id_):  # a path such as ../../secret
            raise self._no_such(id_)

    def _no_such(self, id_: str) -> NoSuchCorrectionError:
        shown = printable(id_)[:40]
        return NoSuchCorrectionError(f"{printable(self.folder)} has no correction {shown!r}")


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn a fault of the disk or of permissions into one sentence."""
    try:
        yield
    except OSError as error:
        where = printable(error.filename or folder)
        raise DigitlabError(
            f"{where} cannot be used ({error.strerror or error}); correct its permissions or free "
            "some space, or choose another folder"
        ) from error
