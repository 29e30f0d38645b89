"""What a model's card says about how the model was made."""

import shlex
from pathlib import Path
from typing import Any

from digitlab.records.provenance import command_given
from digitlab.records.run_record import RunRecord


def origin_of(record: RunRecord | None, command: list[str]) -> dict[str, Any]:
    """Return what the model's card says about how it was made, as far as it is recorded.

    `command` are the words after `digitlab` of the command that exports it.
    """
    commands = [*(record.commands if record else []), command_given(command)]
    extra = None
    if record is not None and record.extra is not None:  # without the folder: others will read it
        extra = {"pictures": record.extra.pictures, "sha256": record.extra.sha256}
    return {
        "commands": [_without_folders(it.command) for it in commands],
        "machine": None if record is None else record.machine,
        "versions": {} if record is None else record.versions,
        "extra_pictures": extra,
    }


def _without_folders(command: str) -> str:
    """Return a command with only the last part of paths that lead elsewhere: others will read it.

    >>> _without_folders("digitlab train --run=/home/me/runs/a --data-dir ../data")
    'digitlab train --run=a --data-dir data'
    """
    words = []
    for word in shlex.split(command):
        flag, equals, value = word.rpartition("=")
        leads_out = Path(value).is_absolute() or ".." in Path(value).parts
        words.append(f"{flag}{equals}{Path(value).name}" if leads_out else word)
    return shlex.join(words)
