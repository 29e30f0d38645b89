"""Where a run came from: the command, the versions, the code."""

import hashlib
import platform
import shlex
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

PACKAGE = Path(__file__).parents[1]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command that began or continued a run."""

    command: str
    """As it was typed, quoted for a shell."""
    time: str
    """When, in UTC, ISO 8601."""
    folder: str
    """The working directory."""


def command_given(arguments: list[str]) -> Command:
    """Return the current command; `arguments` are the words after `digitlab`."""
    return Command(
        command=shlex.join(["digitlab", *arguments]),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        folder=str(Path.cwd()),
    )


def versions() -> dict[str, str]:
    """Return the versions of everything that can change a run's bits."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in ("digitlab", "torch", "numpy", "pillow", "safetensors"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"code": code_digest()}


def code_digest() -> str:
    """Return a digest of this package's own source, as 16 hexadecimal digits.

    A version number stays the same between releases; this changes with every edit.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
