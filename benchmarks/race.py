"""Compare digitlab with its peers: time, memory and accuracy of whole processes, run alternately.

    python -m benchmarks.race [--rounds 10] [--tutorial-rounds 2]
    python -m benchmarks.race --recipe tutorial [--rounds 3] [--epochs 8]

`--recipe fast` (the default): each round trains a one-cycle peer (`peers/onecycle_script.py`) and
`digitlab train --recipe fast --no-figures`, one epoch each, with the number of the round as the
seed. The first rounds also run the tutorial's script (`peers/tutorial_script.py`), which takes
minutes and draws its figures (in less than 2 seconds).

`--recipe tutorial`: each round runs the tutorial's script and `digitlab train --recipe tutorial`
with seed 1 and the same number of epochs. Both test before the first epoch and after each one, and
both draw their figures.

No program's threads or cores are limited. Ratios compare processes of the same round, so that a
machine that slows down does so for both. Tables go to stdout, progress to stderr. The first use
installs torchvision, without its dependencies, in `.torchvision`. MNIST comes from
`digitlab data`; the variable DIGITLAB_DATA_DIR names its folder, as always.
"""

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from benchmarks.measure import (
    Cost,
    Count,
    measure,
    print_environment,
    print_table,
    progress,
    run_program,
    spread,
)
from benchmarks.peers import torchvision_install

PEERS = Path(__file__).parent / "peers"
SCRIPT, ONE_CYCLE = "the tutorial's script", "one-cycle peer"
MEASURES = {
    "wall_seconds": "wall s",
    "cpu_seconds": "CPU s",
    "peak_mib": "peak MiB",
    "training_seconds": "training s",
}


@dataclass(frozen=True, kw_only=True)
class Run(Cost):
    """One process: what it trained, its cost and its test result."""

    system: str
    round: int
    correct: int
    total: int
    training_seconds: float
    """Without imports. For the one-cycle peer, only training; for digitlab, with testing and
    checkpoints; for the tutorial's script, with all its tests and everything it saves."""


def run_once(system: str, round_number: int, seed: int, epochs: int, scratch: Path) -> Run:
    """Train one system in a new process and a new folder."""
    out, log = scratch / "run", scratch / "stdout.log"
    script = ["--data", scratch / "data"]
    digitlab = ["-m", "digitlab", "train", "--run", out, "--recipe"]
    command = {
        SCRIPT: [PEERS / "tutorial_script.py", *script, "--out", out, "--epochs", epochs],
        ONE_CYCLE: [PEERS / "onecycle_script.py", *script],
        "digitlab fast": [*digitlab, "fast", "--no-figures"],
        "digitlab tutorial": [*digitlab, "tutorial", "--epochs", epochs],
    }[system]
    environment = torchvision_install.environment() if system == SCRIPT else None
    cost = measure([sys.executable, *map(str, command), "--seed", str(seed)], log, environment)
    if system.startswith("digitlab"):
        report = json.loads((out / "report.json").read_text())
        last_point = (out / "history.jsonl").read_text().splitlines()[-1]
        training_seconds = json.loads(last_point)["seconds"]
    else:
        report = json.loads(log.read_text().splitlines()[-1])
        training_seconds = sum(report["seconds"])
    shutil.rmtree(out, ignore_errors=True)
    run = Run(
        system=system,
        round=round_number,
        correct=report["correct"],
        total=report["total"],
        training_seconds=training_seconds,
        **asdict(cost),
    )
    progress(f"round {round_number}, {system}: {run.wall_seconds:.1f} s, {run.correct} correct")
    return run


def values_of(runs: list[Run]) -> dict[str, dict[str, list[float]]]:
    """Return each system's values of each measure, in the order of the rounds."""
    return {
        system: {name: [getattr(r, name) for r in runs if r.system == system] for name in MEASURES}
        for system in dict.fromkeys(run.system for run in runs)
    }


def ratios_of(runs: list[Run], ours: str) -> dict[str, dict[str, list[float]]]:
    """Return each other system's values divided by ours, round by round."""
    values = values_of(runs)
    mine = values.pop(ours)
    return {
        system: {
            name: [value / own for value, own in zip(theirs, mine[name], strict=False)]
            for name, theirs in measures.items()
        }
        for system, measures in values.items()
    }


def print_tables(runs: list[Run], ours: str) -> None:
    """Print each run, each system's medians and accuracy, and the ratios round by round."""
    print_table(
        {"round": run.round, "system": run.system}
        | {title: f"{getattr(run, name):.2f}" for name, title in MEASURES.items()}
        | {"correct": f"{run.correct}/{run.total}", "accuracy": f"{run.correct / run.total:.2%}"}
        for run in runs
    )
    print_table(system_rows(runs))
    print_table(
        {"ratio": f"{system} / {ours}", "of": MEASURES[name], "median (least-most)": spread(ratios)}
        | {"each round": ", ".join(f"{ratio:.2f}" for ratio in ratios)}
        for system, measures in ratios_of(runs, ours).items()
        for name, ratios in measures.items()
    )


def system_rows(runs: list[Run]) -> Iterator[dict[str, object]]:
    """Yield one row per system: median (least-most) of each measure, and the mean accuracy."""
    for system, measures in values_of(runs).items():
        correct = [run.correct for run in runs if run.system == system]
        sd = f" ± {statistics.stdev(correct):.1f}" if len(correct) > 1 else ""
        yield {
            "system": system,
            "runs": len(correct),
            **{MEASURES[name]: spread(values) for name, values in measures.items()},
            "correct of 10,000: mean ± sd": f"{statistics.fmean(correct):,.1f}{sd}",
        }


def race(
    *,
    recipe: Annotated[
        Literal["fast", "tutorial"], Parameter(help="The recipe of digitlab that is compared.")
    ] = "fast",
    rounds: Annotated[
        Count | None, Parameter(help="10 for fast, 3 for tutorial, if not given.")
    ] = None,
    tutorial_rounds: Annotated[
        int,
        Parameter(
            help="With fast: how many of the rounds also run the tutorial's script.",
            validator=Number(gte=0),
        ),
    ] = 2,
    epochs: Annotated[
        Count, Parameter(help="Of the tutorial's script and of the recipe tutorial.")
    ] = 8,
    json_file: Annotated[
        Path | None, Parameter(name="--json", help="Write everything to this file, too.")
    ] = None,
) -> None:
    """Run all rounds, print the tables and write the JSON file."""
    if json_file is not None:  # an impossible path should fail now, not after all the runs
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.touch()
    rounds = rounds or (10 if recipe == "fast" else 3)
    script_rounds = rounds if recipe == "tutorial" else min(tutorial_rounds, rounds)
    ours = f"digitlab {recipe}"
    others = [ONE_CYCLE, ours] if recipe == "fast" else [ours]
    torchvision = torchvision_install.ensure() if script_rounds else "not used"
    facts = print_environment(
        "torch", torchvision=torchvision, recipe=recipe, rounds=rounds, epochs=epochs,
        seeds=f"1 to {rounds}" if recipe == "fast" else 1,
    )  # fmt: skip
    runs = []
    with tempfile.TemporaryDirectory(prefix="digitlab-race-") as folder:
        torchvision_install.lay_out_data(Path(folder) / "data")
        for number in range(1, rounds + 1):
            seed = number if recipe == "fast" else 1
            for system in [SCRIPT, *others] if number <= script_rounds else others:
                runs.append(run_once(system, number, seed, epochs, Path(folder)))
    print_tables(runs, ours)
    if json_file is not None:
        records = [asdict(run) | {"accuracy": run.correct / run.total} for run in runs]
        record = facts | {"runs": records, "ratios": ratios_of(runs, ours)}
        json_file.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    run_program(race, __doc__)
