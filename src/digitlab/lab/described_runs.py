"""A run as the page shows it: in a few words, or with everything that is drawn of it."""

from typing import Literal

import msgspec

from digitlab.records.compare import is_finished
from digitlab.records.folder import RunResults
from digitlab.records.history import Point, ScorePoint, TrainPoint
from digitlab.records.report import Report
from digitlab.records.run_record import RunRecord

Status = Literal["running", "paused", "finished", "failed", "damaged"]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One run in the list."""

    name: str
    status: Status
    error: str | None = None
    """Why it is damaged, or why its training failed."""
    recipe: str | None = None
    network: str | None = None
    seed: int | None = None
    dataset: str | None = None
    parameters: int | None = None
    epochs: int | None = None
    """How many the run is to have."""
    examples: int = 0
    """Training images seen by the last recorded point."""
    total: int | None = None
    """Training images that it will have seen at the end; None before the first point."""
    correct: int | None = None
    """Right answers in the last test; None before it."""
    tested: int | None = None
    """Images in that test."""


class Details(Summary, frozen=True, kw_only=True):
    """A run with everything that the page draws."""

    folder: str
    record: RunRecord | None = None
    history: list[Point] = []
    snapshots: list[int] = []
    """The steps of its snapshots, in ascending order."""
    report: Report | None = None
    """None also for digits on pages."""
    event: str = "0.-1"
    """From where to follow the run's events: what `GET …/events?after=` takes."""


def describe(
    name: str, status: Status, error: str | None, results: RunResults, snapshots: list[int]
) -> Details:
    """Return a run with everything that the page draws of it."""
    record, history = results.record, results.history
    scores = [it for it in history if isinstance(it, ScorePoint)]
    epoch_size = next((it.epoch_size for it in history if isinstance(it, TrainPoint)), None)
    tested = results.report if is_finished(results) else (scores[-1] if scores else None)
    return Details(
        name=name,
        status=status,
        error=error,
        recipe=record.recipe_name,
        network=record.recipe.network,
        seed=record.seed,
        dataset=record.dataset,
        parameters=record.parameters,
        epochs=record.recipe.epochs,
        examples=history[-1].examples if history else 0,
        total=None if epoch_size is None else epoch_size * record.recipe.epochs,
        correct=None if tested is None else tested.correct,
        tested=None if tested is None else tested.total,
        folder=str(results.folder.path),
        record=record,
        history=history,
        snapshots=snapshots,
        report=results.report if isinstance(results.report, Report) else None,
        event=f"{len(history)}.{max(snapshots, default=-1)}",
    )


def shortened(run: Details) -> Summary:
    """Return a run in a few words."""
    return Summary(**{name: getattr(run, name) for name in Summary.__struct_fields__})
