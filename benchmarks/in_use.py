"""How fast pictures are answered: whole processes, batches, folders, photographs.

    python benchmarks/in_use.py [--model FOLDER] [--runs 7]

`digitlab predict` as a whole process stands beside a script that does the same with PyTorch
(`torch_predict.py`: the same network, the same preparation), in turns on the same machine. What was
asked stands in the table; the figures are median, least and most of the runs.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import BenchmarkError, Cost, describe_machine, measure, version_of
from benchmarks.table import row, spread

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "src" / "digitlab" / "pretrained"
PROGRAM = [sys.executable, "-m", "digitlab"]


def whole_processes(model: str, scratch: Path, runs: int) -> None:
    """Time `digitlab predict` and the PyTorch script on one picture, in turns."""
    environment, picture = dict(os.environ), str(scratch / "one.png")
    ours, theirs = [], []
    for _ in range(runs + 1):
        ours.append(measure(
            [*PROGRAM, "predict", "--model", model, picture], environment,
            scratch / "ours",
        ))  # fmt: skip
        theirs.append(measure(
            [sys.executable, str(HERE / "torch_predict.py"), model, picture],
            environment, scratch / "theirs",
        ))  # fmt: skip
    ours, theirs = ours[1:], theirs[1:]  # the first of each fills the disk's cache
    for name, costs, asked in (
        ("`digitlab predict one.png`, whole process", ours, "<= 0.5 s, goal 0.35 s"),
        ("the same with PyTorch, whole process", theirs, "about 2 s"),
    ):
        row(name, f"{spread([c.wall_seconds for c in costs], 's')}; {_memory(costs)}", asked)
    ratios = [b.wall_seconds / a.wall_seconds for a, b in zip(ours, theirs, strict=True)]
    row("PyTorch's time over ours, pair by pair", spread(ratios, "times", 1), "")


def _memory(costs: list[Cost]) -> str:
    return f"{statistics.median(cost.peak_mib for cost in costs):.0f} MiB"


def folders(model: str, scratch: Path) -> None:
    """Time a folder of PNG files, and see whether memory grows with the folder."""
    costs = {
        count: [
            measure(
                [*PROGRAM, "predict", "--json", "--model", model, str(scratch / f"{count}")],
                dict(os.environ),
                scratch / "answers",
            )
            for _ in range(3)
        ]
        for count in (1_000, 10_000)
    }
    rates = [10_000 / cost.wall_seconds for cost in costs[10_000]]
    row("a folder of 10,000 PNG files, whole process", spread(rates, "/s", 0), ">= 2,000 /s")
    memory = f"{_memory(costs[10_000])}; of 1,000 files {_memory(costs[1_000])}"
    row("its peak memory", memory, "does not grow with the folder")


def photograph(model: str, scratch: Path) -> None:
    """Time `digitlab read` on a photograph."""
    words = [*PROGRAM, "read", "--model", model, str(scratch / "number.jpg")]
    costs = [measure(words, dict(os.environ), scratch / "read") for _ in range(3)]
    seconds = spread([cost.wall_seconds for cost in costs], "s")
    row("`digitlab read` of a 12-megapixel JPEG, whole process", f"{seconds}; {_memory(costs)}", "")


def main() -> int:
    """Read the command line, measure, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Time the reading of pictures.")
    parser.add_argument("--model", default=str(SHIPPED), help="a model's folder")
    parser.add_argument("--runs", type=int, default=7, help="of each figure (default 7)")
    arguments = parser.parse_args()
    in_one_process = [sys.executable, str(HERE / "answering.py")]
    try:
        packages = ("onnxruntime", "numpy", "pillow", "torch")
        print(f"machine: {describe_machine()}")
        print(f"versions: Python {platform.python_version()},", end=" ")
        print(", ".join(f"{name} {version_of(name)}" for name in packages), end="\n\n")
        print("| what | median (least-most) | asked |\n| --- | --- | --- |", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            scratch, model, runs = Path(folder), arguments.model, arguments.runs
            subprocess.run([*in_one_process, "make", folder], check=True)
            whole_processes(model, scratch, runs)
            folders(model, scratch)
            photograph(model, scratch)
            subprocess.run([*in_one_process, "time", folder, model, str(runs)], check=True)
    except (BenchmarkError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
