"""`digitlab data`: fetch, verify, say where it lies and what it holds."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from digitlab.cli.parameters import AsJson, DataDir, DatasetName
from digitlab.data.dataset import Dataset, load_dataset


def data(
    *,
    dataset: DatasetName = "mnist",
    data_dir: DataDir = None,
    figure: Annotated[
        Path | None, Parameter(help="Draw the first six training images into this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch and verify the images; say where they lie and what they hold."""
    loaded = load_dataset(dataset, data_dir=data_dir)
    if figure is not None:
        from digitlab.figures.images import draw_samples

        draw_samples(loaded.train_images, loaded.train_labels, loaded.entry.classes, figure)
    if as_json:
        print(json.dumps(_description(loaded)))
    else:
        _print_description(loaded)
        if figure is not None:
            print(f"wrote {figure}")


def _description(loaded: Dataset) -> dict[str, object]:
    classes = len(loaded.entry.classes)
    return {
        "dataset": loaded.entry.name,
        "folder": str(loaded.folder),
        "sha256": loaded.digests,
        "classes": list(loaded.entry.classes),
        "train_per_class": np.bincount(loaded.train_labels, minlength=classes).tolist(),
        "test_per_class": np.bincount(loaded.test_labels, minlength=classes).tolist(),
    }


def _print_description(loaded: Dataset) -> None:
    entry = loaded.entry
    print(f"{entry.title} lies in {loaded.folder}; every file has its right SHA-256.")
    table = Table("class", "training images", "test images")
    for column in table.columns[1:]:
        column.justify = "right"
    for index, name in enumerate(entry.classes):
        in_training = int((loaded.train_labels == index).sum())
        in_test = int((loaded.test_labels == index).sum())
        table.add_row(name, f"{in_training:,}", f"{in_test:,}")
    table.add_section()
    table.add_row("all", f"{len(loaded.train_labels):,}", f"{len(loaded.test_labels):,}")
    Console().print(table)
