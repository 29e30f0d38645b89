"""Compare digitlab with RapidOCR and Tesseract: accuracy and time, on the same pictures.

    python -m benchmarks.ocr [MODEL] [--count 3] [--seed 77] [--split test]

Every picture is read by each program in turn, on one thread, so that a change of the machine's
speed meets all of them. Pages are those of `benchmarks.pages`, and single digits are MNIST's and
those of `testsets/hard_digits.py`. RapidOCR is installed into an environment of its own in the
user's cache (`benchmarks/peers/rapidocr_lines.py`); Tesseract must be installed.

digitlab's answer is its most probable text. Of the others' answers, the words that hold a digit
count. Tesseract is one process per picture; a row of its own shows how long that takes for an empty
picture. A single digit is given to it as one character (`--psm 10`) out of ten, and to RapidOCR
without the search for lines.
"""

import contextlib
import io
import json as json_format
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measure import (
    Count,
    CountsFile,
    ModelFolder,
    PictureSeed,
    print_environment,
    print_table,
    progress,
    run_program,
    write_counts,
)
from benchmarks.page_counts import best_text, matches
from benchmarks.pages import Part, Split, mnist_digits, sheets_of
from benchmarks.peers.environment import python_with
from digitlab.errors import DigitlabError
from digitlab.reader import PRETRAINED, Reader
from testsets.hard_digits import hard_digits

RAPIDOCR = "rapidocr==3.10.0", "onnxruntime"
SCRIPT = Path(__file__).parent / "peers" / "rapidocr_lines.py"
ONE_THREAD = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
EMPTY_RUNS = 5


class Truth(NamedTuple):
    """A picture file, what is on it, and which set it is from."""

    picture: Path
    text: str
    set_: str
    is_single: bool


Program = Callable[[Truth], tuple[str, float]]
"""Takes a picture; returns its text and the seconds that it took."""


# --- the programs -----------------------------------------------------------------------------


def digitlab_of(model: Path) -> Program:
    """Return how digitlab reads a picture."""
    reader = Reader(model, threads=1)

    def read(truth: Truth) -> tuple[str, float]:
        start = time.perf_counter()
        if truth.is_single:
            label = reader.predict(truth.picture).label
            return label or "", time.perf_counter() - start
        page = reader.read(truth.picture)
        return best_text(page), time.perf_counter() - start

    return read


@contextlib.contextmanager
def rapidocr() -> Iterator[Program]:
    """Yield how RapidOCR reads a picture: by a process that stays."""
    python = python_with("rapidocr-peer", *RAPIDOCR)
    process = subprocess.Popen(
        [python, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env={**os.environ, **ONE_THREAD, "PYTHONPATH": ""},
    )  # fmt: skip

    def read(truth: Truth) -> tuple[str, float]:
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"picture": str(truth.picture), "single": truth.is_single}
        process.stdin.write(json_format.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise DigitlabError(f"RapidOCR ended with exit code {process.wait()}")
        answer = json_format.loads(line)
        return with_digits(answer["text"]), answer["seconds"]

    try:
        yield read
    finally:
        process.kill()
        process.wait()


def tesseract(truth: Truth) -> tuple[str, float]:
    """Read a picture with Tesseract."""
    way = ["--psm", "10", "-c", "tessedit_char_whitelist=0123456789"]
    words = [
        "tesseract",
        str(truth.picture),
        "stdout",
        *(way if truth.is_single else ["--psm", "6"]),
    ]
    start = time.perf_counter()
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD}
    )
    return with_digits(done.stdout), time.perf_counter() - start


def with_digits(text: str) -> str:
    r"""Return the words of a text that hold a digit, line by line.

    >>> with_digits("Total 12,50\n\nName\n 7 of 8 ")
    '12,50\n7 8'
    """
    lines = [[w for w in line.split() if any(map(str.isdigit, w))] for line in text.splitlines()]
    return "\n".join(" ".join(words) for words in lines if words)


# --- the comparison ---------------------------------------------------------------------------


def save(picture: bytes | NDArray[np.uint8], path: Path) -> Path:
    """Save a picture as it is, or an array as a PNG file, and return its path."""
    if isinstance(picture, bytes):
        kind = (Image.open(io.BytesIO(picture)).format or "png").lower()
        path = path.with_suffix(f".{kind}")
        path.write_bytes(picture)
        return path
    path = path.with_suffix(".png")
    Image.fromarray(picture).save(path)
    return path


def truths(folder: Path, split: Split, count: int, seed: int, by_kind: bool) -> Iterator[Truth]:
    """Yield the pictures, each saved when it is wanted."""
    for set_ in ("composed", "hard"):
        for number, sheet in enumerate(sheets_of(set_, split, count, seed)):
            path = save(sheet.picture, folder / f"{set_}-{number}")
            name = sheet.difficulty if by_kind else f"{set_} pages"
            yield Truth(path, sheet.text, name, False)
            path.unlink()
    images, labels = mnist_digits(split)
    singles = [(image, int(it)) for image, it in zip(images[: 10 * count], labels, strict=False)]
    for number, (image, label) in enumerate(singles):
        path = save(np.pad(255 - image, 8, constant_values=255), folder / f"mnist-{number}")
        yield Truth(path, str(label), "MNIST, dark on white", True)
    for number, case in enumerate(hard_digits(images, labels, count_per_kind=3 * count, seed=seed)):
        path = save(case.picture, folder / f"single-{number}")
        yield Truth(path, str(case.label), "difficult single digits", True)


def counts_of(truth: Truth, text: str) -> Counter[str]:
    """Compare a text with the truth."""
    wanted, found = ("".join(filter(str.isdigit, it)) for it in (truth.text, text))
    return Counter(
        pictures=1, exact=int(text == truth.text), digits_exact=int(found == wanted),
        digits=len(wanted), correct=sum(matches(wanted, found)), read=len(found),
    )  # fmt: skip


def rows(
    tallies: dict[tuple[str, str], Counter[str]], seconds: dict[tuple[str, str], list[float]]
) -> Iterator[dict[str, str]]:
    """Yield one row per set and program."""
    for (set_, program), it in tallies.items():
        milliseconds = 1000 * statistics.median(seconds[set_, program])
        yield {
            "set": set_,
            "program": program,
            "pictures": f"{it['pictures']}",
            "exact": f"{it['exact'] / it['pictures']:.1%}",
            "digits exact": f"{it['digits_exact'] / it['pictures']:.1%}",
            "digits right": f"{it['correct'] / it['digits']:.1%} of {it['digits']}",
            "read, but wrong or not there": f"{it['read'] - it['correct']}",
            "ms, median": f"{milliseconds:.1f}",
        }


def compare(
    model: ModelFolder = PRETRAINED,
    *,
    count: Annotated[Count, Parameter(help="Pages of each kind.")] = 3,
    seed: PictureSeed = 77,
    split: Part = "test",
    by_kind: Annotated[bool, Parameter(help="One row per kind of page.")] = False,
    json: CountsFile = None,
) -> None:
    """Read the pictures with each program, and print the table."""
    if shutil.which("tesseract") is None:
        raise DigitlabError(
            "tesseract is not installed: install the system's package tesseract-ocr"
        )
    version = subprocess.check_output(["tesseract", "--version"], text=True)
    facts = print_environment(
        "onnxruntime", "numpy", "pillow", model=model, count=count, seed=seed, split=split,
        rapidocr=RAPIDOCR[0], tesseract=version.split("\n")[0],
    )  # fmt: skip
    tallies: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="digitlab-ocr-") as scratch, rapidocr() as rapid:
        folder = Path(scratch)
        programs = {"digitlab": digitlab_of(model), "RapidOCR": rapid, "Tesseract": tesseract}
        for number, truth in enumerate(truths(folder, split, count, seed, by_kind)):
            if number % 25 == 0:
                progress(f"picture {number}")
            names = list(programs)
            for name in names[number % 3 :] + names[: number % 3]:
                text, took = programs[name](truth)
                tallies[truth.set_, name].update(counts_of(truth, text))
                seconds[truth.set_, name].append(round(took, 5))
        print_table(rows(tallies, seconds))
        blank = Truth(save(np.full((32, 32), 255, np.uint8), folder / "blank"), "", "", True)
        start = 1000 * statistics.median(tesseract(blank)[1] for _ in range(EMPTY_RUNS))
    print(f"\nTesseract needs {start:.1f} ms for an empty picture: its start.")
    counts = {f"{set_}, {program}": it for (set_, program), it in tallies.items()}
    times = {f"{set_}, {program}": it for (set_, program), it in seconds.items()}
    write_counts(json, facts=facts, counts=counts, seconds=times)


if __name__ == "__main__":
    run_program(compare, __doc__)
