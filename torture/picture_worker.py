"""The process that shows mutated pictures to digitlab: `pictures.py` starts it and watches it.

For each line `FORMAT NUMBER READ` on stdin it prints one line of JSON: `problem`, which is null if
all went well. Work that takes more than `MOST_SECONDS` of the processor, or `PATIENCE` in all, ends
the process.
"""

import json
import os
import signal
import sys
from pathlib import Path

from digitlab.errors import PictureError
from digitlab.reader import Reader
from torture.mutation import mutated

MOST_SECONDS = 5.0
"""Of the processor, for one picture."""
PATIENCE = 600.0
"""Seconds for one picture, on a busy machine."""
MOST_BYTES = 600_000_000
"""Of memory, the whole process."""


def main() -> None:
    """Answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    noise = os.memfd_create("noise")
    for descriptor in (1, 2):
        os.dup2(noise, descriptor)
    reader = Reader(threads=1)
    for line in sys.stdin:
        kind, number, is_page = line.split()
        content = mutated(kind, int(number))
        _forget_peak()
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)  # these signals end the process
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        problem = _show(reader, content, is_page=is_page == "1")
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if problem is None and (peak := _peak_bytes()) > MOST_BYTES:
            problem = f"{peak / 1e6:.0f} MB of memory"
        if printed := os.fstat(noise).st_size:
            problem = problem or f"it printed {os.pread(noise, 200, 0).decode(errors='replace')}"
            os.ftruncate(noise, 0)
            os.lseek(noise, 0, os.SEEK_SET)
        print(json.dumps({"problem": problem, "noise": printed}), file=answers, flush=True)


def _show(reader: Reader, content: bytes, *, is_page: bool) -> str | None:
    """Let a picture be read; return what went wrong, if not all is as promised."""
    try:
        if is_page:
            page = reader.read(content)
            return None if page.error is None else f"an error in the answer: {page.error}"
        answer = reader.predict(content)
        is_whole = answer.label is None or 0 <= answer.probability <= 1
        return None if is_whole else f"the answer {answer}"
    except PictureError as error:
        text = str(error)
        return None if text.isprintable() and len(text) < 1000 else f"the message {text!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (it for it in lines if it.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
