"""Where the time of reading goes: the processor time of each stage, in one process, per picture.

Each stage is measured alone, with what the stage before it makes; the least of some repetitions
counts. What all of them do not explain is the rest of the whole: the loop, copies, the queue.
"""

import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.growth.record import Case, Figures
from benchmarks.growth.shards import write_shards
from benchmarks.reading_speed import in_child

PART = "stages"
PACKAGES = ("onnxruntime", "numpy", "pillow")
PICTURES = 2_000
_REPETITIONS = 5


def cases(rounds: int, most: int | None) -> Iterator[Case]:
    """Yield what is measured."""
    for number in range(1, rounds + 1):
        for kind in ("28x28", "280x280"):
            if (most or PICTURES) >= PICTURES:
                yield {"kind": kind, "pictures": PICTURES, "round": number}


def figures(kind: str, pictures: int, **_: int) -> Figures:
    """Return the milliseconds per picture of each stage, and of all together."""
    with tempfile.TemporaryDirectory(prefix="digitlab-growth-") as folder:
        write_shards(Path(folder, "in"), kind, pictures)
        return dict(in_child(_stages, Path(folder)))


def _stages(folder: Path) -> Figures:
    from digitlab.batch.parts import parts_of
    from digitlab.batch.rows import Task
    from digitlab.batch.tar import pictures_in_tar
    from digitlab.batch.write import PartWriter
    from digitlab.pictures.digit import gray_of
    from digitlab.pictures.many import prepare_each

    shards = sorted(Path(folder, "in").iterdir())
    task = Task("predict")
    reader = task.reader()
    content: list[bytes] = []
    for shard in shards:
        content += [it for _, it in pictures_in_tar(str(shard), (".png",)) if isinstance(it, bytes)]
    count = len(content)
    grays = [gray_of(io.BytesIO(it)) for it in content]
    writer = PartWriter(task, folder, "jsonl")
    parts = parts_of(shards, count)
    _ = writer(parts[0])  # loads the model

    def prepare() -> list[Any]:
        return [it for group in prepare_each(iter(grays), "mnist") for it in group]

    digits = prepare()
    answers = reader._answers(digits)
    figures = {
        "whole": _milliseconds(lambda: [writer(part) for part in parts], count),
        "reading the tar file": _milliseconds(
            lambda: [list(pictures_in_tar(str(it), (".png",))) for it in shards], count
        ),
        "decoding": _milliseconds(lambda: [gray_of(io.BytesIO(it)) for it in content], count),
        "preparing": _milliseconds(prepare, count),
        "network": _milliseconds(
            lambda: [reader._answers(digits[at : at + 256]) for at in range(0, count, 256)], count
        ),
        "writing rows": _milliseconds(
            lambda: [json.dumps(reader.record(it)) for it in answers], count
        ),
    }
    rest = figures["whole"] - sum(it for name, it in figures.items() if name != "whole")
    return figures | {"the rest": round(max(0.0, rest), 4)}


def _milliseconds(function: Callable[[], object], count: int) -> float:
    least = float("inf")
    for _ in range(_REPETITIONS):
        start = time.process_time()
        function()
        least = min(least, time.process_time() - start)
    return round(least / count * 1e3, 4)
