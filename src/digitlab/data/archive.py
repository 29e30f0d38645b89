"""Files from a zip archive, which is downloaded when the first one is read, and not kept."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BufferedIOBase
from pathlib import Path

from rich.console import Console

from digitlab.data.catalog import Archive, CatalogEntry, DataFile
from digitlab.data.download import download_into
from digitlab.data.verify import SourceError


class ZipArchive:
    """A dataset's archive, which is used only if it has the SHA-256 digest in the catalog.

    Parameters
    ----------
    entry, archive
        The dataset, and `entry.archive`.
    mirror
        The URL of the folder that serves the archive; empty if it is in `folder`.
    folder
        Where the download is kept, in a temporary file without a name, until the dataset's files
        are taken out of it. It disappears even if the process is killed.
    """

    def __init__(
        self, entry: CatalogEntry, archive: Archive, mirror: str, folder: Path, console: Console
    ) -> None:
        self.files = entry.files
        self.archive = archive
        self.mirror = mirror
        self.folder = folder
        self.console = console

    def read(self, file: DataFile) -> bytes:
        """Return a file as it is in the archive, but at most one byte more than it can have.

        Raises `SourceError` if the archive cannot be obtained, or lacks one of the files.
        """
        return self._stored[file.name]

    @cached_property
    def _stored(self) -> dict[str, bytes]:
        with self._opened() as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            if digest != self.archive.sha256:
                raise SourceError(
                    f"{self.archive.name} is altered (SHA-256 {digest[:12]}… instead of "
                    f"{self.archive.sha256[:12]}…)"
                )
            try:
                with zipfile.ZipFile(content) as members:
                    return {file.name: self._member(members, file) for file in self.files}
            except Exception as error:  # a faulty archive can make the library raise anything
                raise SourceError(f"{self.archive.name} cannot be read ({error})") from error

    @contextmanager
    def _opened(self) -> Iterator[BufferedIOBase]:
        if not self.mirror:
            with (self.folder / self.archive.name).open("rb") as content:
                yield content
            return
        with tempfile.TemporaryFile(dir=self.folder) as content:
            address = f"{self.mirror}{self.archive.name}"
            download_into(content, address, self.archive.size, self.console)
            content.seek(0)
            yield content

    def _member(self, members: zipfile.ZipFile, file: DataFile) -> bytes:
        with members.open(f"{self.archive.folder}/{file.name}.gz") as member:
            return member.read(file.largest_stored_size + 1)
