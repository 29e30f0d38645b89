"""Where a run came from: the command, the versions, the code."""

import hashlib
import platform
import shlex
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from digitlab.version import __version__

PACKAGE = Path(__file__).parents[1]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command that started or continued a run."""

    command: str
    """As it was typed, quoted for a shell. Of a run that a Python program started: the command that
    would do the same, if its network and its data are in files."""
    time: str
    """When, in UTC, ISO 8601."""
    folder: str
    """The working directory."""
    examples: int = 0
    """Training images that the run had seen before this command."""

    def __post_init__(self) -> None:
        shlex.split(self.command)  # raises ValueError if a quote is not closed


def command_given(arguments: list[str], *, examples: int = 0) -> Command:
    """Return the current command; `arguments` are the words after `digitlab`."""
    try:
        folder = str(Path.cwd()).encode(errors="backslashreplace").decode()
    except FileNotFoundError:  # it was deleted
        folder = ""
    return Command(
        command=shlex.join(["digitlab", *arguments]),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        folder=folder,
        examples=examples,
    )


def versions() -> dict[str, str]:
    """Return the versions of everything that can change a run's bits."""
    system = (platform.system(), platform.machine(), *platform.libc_ver())
    found = {"python": platform.python_version(), "system": " ".join(filter(None, system))}
    found["digitlab"] = __version__
    for package in ("torch", "numpy", "pillow", "safetensors"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"code": code_digest()}


def code_digest() -> str:
    """Return a digest of the code that decides a run's bits, as 16 hexadecimal digits.

    A version number stays the same between releases; this changes with every edit.
    """
    digest = hashlib.sha256()
    rooms = ("data", "pictures", "synth", "train")
    for path in sorted(
        [PACKAGE / "recipe.py", *(it for r in rooms for it in PACKAGE.glob(f"{r}/*.py"))]
    ):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
