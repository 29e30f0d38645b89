"""What a run's record says of where it came from."""

import platform
import shlex
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def command_given(arguments: list[str]) -> dict[str, str]:
    """Return a command of a run as `run.json` keeps it: its words, when, and where."""
    return {
        "command": shlex.join(["digitlab", *arguments]),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "folder": str(Path.cwd()),
    }


def versions() -> dict[str, str]:
    """Return the versions of what decides a run's bits."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in ("digitlab", "torch", "numpy", "safetensors"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
