"""Bundles: networks as JSON, with everything that the page needs to compute with them."""

import base64
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from digitlab.data.catalog import CATALOG
from digitlab.errors import DigitlabError
from digitlab.lab.lines import (
    Line,
    Weights,
    check_shapes,
    known_lines,
    lines_of_graph,
    weight_names,
)
from digitlab.models.calibration import DEFAULT_THRESHOLD
from digitlab.models.card import read_model
from digitlab.models.onnx_graph import read_graph
from digitlab.records.folder import RunFolder, RunResults, read_results
from digitlab.records.history import TestPoint, TrainPoint
from digitlab.records.report import Report
from digitlab.records.run_record import RunRecord
from digitlab.records.snapshots import SNAPSHOTS, read_snapshot

Bundle = dict[str, Any]
NumberType = Literal["float32", "float16"]

_TITLES = {
    "tutorial": "the tutorial's network",
    "fast": "the fast network",
    "compact": "the compact network",
    "best": "the best network",
}


def bundle_of_model(
    path: Path, *, name: str | None = None, title: str | None = None, type: NumberType = "float32"
) -> Bundle:
    """Return the bundle of an exported model, given its folder or its `model.onnx`.

    The lines come from the operations in the file. If it is one of the package's networks, its
    dropout is put back, which an ONNX file leaves out. `name` is by default the folder's name;
    float16 weights take half the space.

    Raises `DigitlabError` if there is no such model, it is damaged, or it has an operation that
    the page cannot compute.
    """
    content, card = read_model(path)
    graph = read_graph(content)
    lines, mean, std = lines_of_graph(graph)
    weights = {
        name.removeprefix("network."): values.astype(np.float32)
        for name, values in graph.weights.items()
        if values.dtype.kind == "f"
    }
    network = str(card.recipe.get("network"))
    known = known_lines(network, _rate(card.recipe))
    if known is not None and _computed(known) == _computed(lines):
        lines = known
    else:
        network = "model"
    return bundle_of_lines(
        lines, weights, type,
        name=name or (path.parent if path.suffix == ".onnx" else path).resolve().name,
        title=title or _TITLES.get(network, "an exported model"),
        classes=card.classes, mean=mean, std=std,
        temperature=card.calibration.temperature, threshold=card.calibration.threshold,
        accuracy=card.test.get("accuracy"), parameters=card.parameters, recipe=card.recipe,
        step=None, examples=None,
    )  # fmt: skip


def bundle_of_snapshot(
    path: Path,
    step: int,
    *,
    name: str | None = None,
    title: str | None = None,
    type: NumberType = "float16",
) -> Bundle:
    """Return the bundle of a run's network as it was after so many steps.

    `path` is the run's folder, and `name` is by default its name. Raises `DigitlabError` if it has
    no such snapshot, or the network is not one of the package's.
    """
    results = read_results(RunFolder(path))
    record = results.record
    lines = known_lines(record.recipe.network, record.recipe.dropout)
    if lines is None:
        raise DigitlabError(
            f"{path} trains {record.recipe.network}, but the page can show snapshots of the "
            "package's networks only; export the run to see its last state"
        )
    classes, mean, std = _of_dataset(record)
    confidence = results.report.calibration if isinstance(results.report, Report) else None
    examples = _examples_after(results, step)
    return bundle_of_lines(
        lines, read_snapshot(path / SNAPSHOTS, step), type,
        name=name or path.resolve().name,
        title=title or _TITLES[record.recipe.network],
        classes=list(classes), mean=mean, std=std,
        temperature=(confidence and confidence.temperature) or 1.0,
        threshold=(confidence and confidence.threshold) or DEFAULT_THRESHOLD,
        accuracy=_accuracy_at(results, examples),
        parameters=record.parameters, recipe=msgspec.to_builtins(record.recipe),
        step=step, examples=examples,
    )  # fmt: skip


def _examples_after(results: RunResults, step: int) -> int:
    """Return how many training images a run's network had seen after so many steps."""
    batch = results.record.recipe.batch_size
    sizes = [point.epoch_size for point in results.history if isinstance(point, TrainPoint)]
    if not sizes:
        return step * batch
    epochs, steps = divmod(step, math.ceil(sizes[0] / batch))
    return epochs * sizes[0] + min(steps * batch, sizes[0])


def _accuracy_at(results: RunResults, examples: int) -> float | None:
    """Return the accuracy on the whole test set, if it was tested just then."""
    for point in results.history:
        if isinstance(point, TestPoint) and point.examples == examples:
            return point.accuracy
    return None


def _of_dataset(record: RunRecord) -> tuple[list[str], float, float]:
    """Return the classes of a run's dataset, and the mean and deviation of its pixels."""
    entry = CATALOG.get(record.dataset)
    if entry is not None and entry.mean is not None and entry.std is not None:
        return list(entry.classes), entry.mean, entry.std
    dataset = record.load_dataset(None)
    return list(dataset.classes), dataset.mean, dataset.std


def _rate(recipe: Mapping[str, Any]) -> float:
    """Return a recipe's dropout, which a card may lack or have as anything."""
    rate = recipe.get("dropout")
    return rate if isinstance(rate, float) and 0 <= rate < 1 else 0.0


def _computed(lines: list[Line]) -> list[Line]:
    """Return the lines as they count in use: without dropout, and whether a layer learns."""
    return [
        {key: value for key, value in line.items() if key not in ("code", "fixed")}
        for line in lines
        if not line["op"].startswith("dropout")
    ]


def bundle_of_lines(lines: list[Line], weights: Weights, type: NumberType, **others: Any) -> Bundle:
    """Return a bundle of lines and weights, with the other fields as they are given.

    Raises `DigitlabError` if the weights do not fit the lines.
    """
    check_shapes(lines, weights, len(others["classes"]))
    weights = {name: weights[name] for name in weight_names(lines) if name in weights}
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise DigitlabError(f"{name} has values that are NaN or infinite")
    data = {name: encoded(values, type) for name, values in weights.items()}
    return {**others, "lines": lines, "weights": data}


def encoded(values: NDArray[np.floating], type: NumberType) -> dict[str, Any]:
    """Return an array as JSON: its shape, the type of its numbers, and these as base64 text."""
    data = values.astype("<f4" if type == "float32" else "<f2").tobytes()
    return {"shape": list(values.shape), "type": type, "data": base64.b64encode(data).decode()}
