"""Time and memory of digitlab beside the tutorial's own script: whole processes, in turn.

A is `tutorial_script.py`; B is `python -m digitlab train --recipe tutorial`. Both train for the
same number of epochs from seed 1, test before the first and after each, and draw their figures.
They run A B A B …, so that a machine that grows slower or faster is so for both, and are compared
pair by pair by what `measure.py` measures of each. Nothing is pinned: threads and cores are what a
reader would get. Tables go to stdout, progress to stderr.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Cost, describe_machine, exit_code_of, measure, version_of
from benchmarks.peers.torchvision_install import (
    ensure_torchvision,
    lay_out_data,
    tell,
    with_torchvision,
)

HERE = Path(__file__).resolve().parent
SEED = 1
SYSTEMS = {"A": "tutorial", "B": "digitlab"}
MEASURES = {"wall_seconds": "wall s", "cpu_seconds": "CPU s", "peak_mib": "peak MiB"}


@dataclass(frozen=True, kw_only=True)
class Run(Cost):
    """One process of one pair: what it took, and how many test images it got right."""

    pair: int
    system: str
    correct: int
    total: int


def run_one(letter: str, pair: int, epochs: int, scratch: Path) -> Run:
    """Run A or B once, in a folder of its own, and read what it says of its last test."""
    out = scratch / f"{letter}-{pair}"
    log = scratch / f"{letter}-{pair}.log"
    settings = ["--epochs", str(epochs), "--seed", str(SEED)]
    if letter == "A":
        script = [sys.executable, str(HERE / "tutorial_script.py")]
        command = [*script, *settings, "--data", str(scratch / "data"), "--out", str(out)]
        cost = measure(command, with_torchvision(), log)
        report = json.loads(log.read_text().splitlines()[-1])
    else:
        train = [sys.executable, "-m", "digitlab", "train", "--recipe", "tutorial"]
        cost = measure([*train, *settings, "--run", str(out)], dict(os.environ), log)
        report = json.loads((out / "report.json").read_text())
    run = Run(
        pair=pair,
        system=SYSTEMS[letter],
        correct=report["correct"],
        total=report["total"],
        **asdict(cost),
    )
    shutil.rmtree(out)
    tell(
        f"pair {pair} {letter} {run.system}: {run.wall_seconds:.1f} s, CPU {run.cpu_seconds:.1f} "
        f"s, {run.peak_mib:.0f} MiB, {run.correct}/{run.total} right"
    )
    return run


def summarize(runs: Sequence[Run]) -> dict[str, dict[str, dict[str, float]]]:
    """Return minimum, median and maximum of each measure, by system."""
    summary: dict[str, dict[str, dict[str, float]]] = {}
    for system in SYSTEMS.values():
        summary[system] = {}
        for measure_name in MEASURES:
            values = [getattr(run, measure_name) for run in runs if run.system == system]
            summary[system][measure_name] = {
                "min": min(values),
                "median": statistics.median(values),
                "max": max(values),
            }
    return summary


def compare_pairs(runs: Sequence[Run]) -> dict[str, list[float]]:
    """Return, for each measure, A divided by B in each pair."""
    first, second = ([run for run in runs if run.system == name] for name in SYSTEMS.values())
    return {
        name: [getattr(a, name) / getattr(b, name) for a, b in zip(first, second, strict=True)]
        for name in MEASURES
    }


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def show(facts: dict[str, object], runs: Sequence[Run]) -> None:
    """Print what was measured, and on what."""
    names = list(MEASURES.values())
    for key, value in facts.items():
        pairs = value.items() if isinstance(value, dict) else [("", value)]
        print(f"{key}: " + ", ".join(f"{name} {fact}".strip() for name, fact in pairs))

    print("\n## Each run\n")
    rows = [
        [str(run.pair), run.system]
        + [f"{getattr(run, name):.1f}" for name in MEASURES]
        + [f"{run.correct}/{run.total}", f"{100 * run.correct / run.total:.2f}"]
        for run in runs
    ]
    print(table(["pair", "system", *names, "right", "accuracy %"], rows))

    print("## Spread\n")
    rows = [
        [system, MEASURES[name], *(f"{spread[key]:.1f}" for key in ("min", "median", "max"))]
        for system, measures in summarize(runs).items()
        for name, spread in measures.items()
    ]
    print(table(["system", "measure", "min", "median", "max"], rows))

    print("## Tutorial / digitlab, pair by pair\n")
    rows = [
        [
            MEASURES[name],
            *(f"{ratio:.2f}" for ratio in ratios),
            f"**{statistics.median(ratios):.2f}**",
        ]
        for name, ratios in compare_pairs(runs).items()
    ]
    pairs_header = [f"pair {number}" for number in range(1, runs[-1].pair + 1)]
    print(table(["measure", *pairs_header, "median"], rows), end="")


def run_benchmark(repeats: int, epochs: int, json_file: Path | None) -> None:
    """Prepare, run all pairs, print the tables and write the JSON file."""
    if json_file is not None:  # now, not after all the runs
        json_file.parent.mkdir(parents=True, exist_ok=True)
    versions = {"Python": platform.python_version(), "torch": version_of("torch")}
    versions |= {"digitlab": version_of("digitlab"), "torchvision": ensure_torchvision()}
    facts: dict[str, object] = {
        "machine": describe_machine(),
        "versions": versions,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]]),
        "settings": {"epochs": epochs, "repeats": repeats, "seed": SEED},
    }
    with tempfile.TemporaryDirectory(prefix="digitlab-benchmark-") as folder:
        scratch = Path(folder)
        lay_out_data(scratch / "data")
        runs = [
            run_one(letter, pair, epochs, scratch)
            for pair in range(1, repeats + 1)
            for letter in SYSTEMS
        ]
    show(facts, runs)
    if json_file is not None:
        record = facts | {
            "runs": [asdict(run) | {"accuracy": run.correct / run.total} for run in runs],
            "summary": summarize(runs),
            "ratios": compare_pairs(runs),
            "median_ratios": {
                name: statistics.median(ratios) for name, ratios in compare_pairs(runs).items()
            },
        }
        json_file.write_text(json.dumps(record, indent=2) + "\n")


def main() -> int:
    """Read the command line, run the benchmark, and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Run the tutorial's script (A) and digitlab (B) in turn, and compare them.",
        epilog="On first use this installs torchvision, without its dependencies, into "
        "benchmarks/.torchvision, a folder that git ignores. MNIST comes from `digitlab data`, "
        "and DIGITLAB_DATA_DIR says where it is kept, as always.",
    )
    parser.add_argument("--repeats", type=int, default=3, help="pairs to run (default: 3)")
    parser.add_argument("--epochs", type=int, default=8, help="epochs of each run (default: 8)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything here as well")
    arguments = parser.parse_args()
    for name in ("repeats", "epochs"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} is {getattr(arguments, name)}, but must be 1 or more")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return exit_code_of(lambda: run_benchmark(arguments.repeats, arguments.epochs, arguments.json))


if __name__ == "__main__":
    sys.exit(main())
