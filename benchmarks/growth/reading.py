"""Reading: seconds and memory of `digitlab predict INPUT --out FOLDER` against pictures and jobs.

Three kinds of pictures: MNIST's test images of 28x28 in tar shards, drawings of 280x280 in tar
shards, and single files that are only listed: they are empty, and the process reads the last
thousand of them, so what it takes more for more files is the cost of the list.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.growth.record import Case, Figures
from benchmarks.growth.shards import write_empty_files, write_shards
from benchmarks.growth.tree import watched
from benchmarks.measure import measure
from digitlab.errors import DigitlabError

PART = "reading"
PACKAGES = ("onnxruntime", "numpy", "pillow")
PICTURES = {
    "28x28": (1_000, 10_000, 100_000, 1_000_000),
    "280x280": (1_000, 10_000),
    "listed": (10_000, 100_000, 1_000_000),
}
JOBS = (1, 2)
_LISTED_PART = 1_000  # files of a part: see `digitlab predict`


def cases(rounds: int, most: int | None) -> Iterator[Case]:
    """Yield what is measured, the quick cases first."""
    cases = sorted((count, kind) for kind, counts in PICTURES.items() for count in counts)
    for pictures, kind in cases:
        for number in range(1, rounds + 1):
            for jobs in JOBS if kind != "listed" else JOBS[:1]:
                if pictures <= (most or pictures):
                    yield {"kind": kind, "pictures": pictures, "jobs": jobs, "round": number}


def figures(kind: str, pictures: int, jobs: int, **_: int) -> Figures:
    """Write pictures, read them in new processes, and return what that cost."""
    with tempfile.TemporaryDirectory(prefix="digitlab-growth-") as folder:
        shards, out = Path(folder, "in"), Path(folder, "out")
        words = ["predict", str(shards), "--out", str(out), "--jobs", str(jobs)]
        if kind == "listed":
            size = write_empty_files(shards, pictures)
            parts = -(-pictures // _LISTED_PART)
            words += ["--shard", f"{parts}/{parts}"]
            last = pictures - (parts - 1) * _LISTED_PART
            expected = last, last  # empty files have no answer
        else:
            size = write_shards(shards, kind, pictures)
            expected = pictures, 0
        with watched() as peak:
            cost = measure([sys.executable, "-m", "digitlab", *words], Path(folder, "log"))
        answers = [path.read_bytes() for path in out.glob("part-*")]
    rows = sum(content.count(b"\n") for content in answers)
    failed = sum(content.count(b'"error"') for content in answers)
    if (rows, failed) != expected:
        raise DigitlabError(f"{pictures:,} pictures gave {rows:,} rows, {failed:,} with an error")
    return {
        "seconds": round(cost.wall_seconds, 2),
        "cpu_seconds": round(cost.cpu_seconds, 2),
        "peak_mib": round(peak.mib),
        "input_bytes": size,
        "output_bytes": sum(map(len, answers)),
    }
