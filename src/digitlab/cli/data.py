"""`digitlab data`: fetch and verify a dataset, or read a folder, and show what it contains."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console
from rich.table import Column, Table

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import AsJson, DataDir, DatasetName, Lang, Prepare
from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.language import language_of_locale


@chinese_help("下载并校验一个数据集，或读取一个图片文件夹；显示其中有什么。")
def data(
    *,
    dataset: DatasetName = "mnist",
    prepare: Prepare = None,
    data_dir: DataDir = None,
    figure: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Draw the first six training images into this file.",
                "把前六张训练图画到这个文件里。",
            )
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Fetch and verify a dataset, or read a folder of pictures; show what it contains."""
    loaded = load_dataset(dataset, data_dir=data_dir, preparation=prepare)
    if figure is not None:
        from digitlab.figures.images import draw_samples

        draw_samples(
            loaded.train_images, loaded.train_labels, loaded.classes, figure,
            language=lang or language_of_locale(),
        )  # fmt: skip
    train_counts, test_counts = (
        np.bincount(labels, minlength=len(loaded.classes)).tolist()
        for labels in (loaded.train_labels, loaded.test_labels)
    )
    if as_json:
        description = {
            "dataset": loaded.name,
            "folder": str(loaded.folder),
            "sha256": loaded.digests,
            "split": loaded.split,
            "preparation": loaded.preparation,
            "classes": loaded.classes,
            "train_per_class": train_counts,
            "test_per_class": test_counts,
        }
        print(json.dumps(description))
        return
    print(_headline(loaded))
    counts = (Column(name, justify="right") for name in ("training images", "test images"))
    table = Table("class", *counts)
    for name, in_training, in_test in zip(loaded.classes, train_counts, test_counts, strict=True):
        table.add_row(name, f"{in_training:,}", f"{in_test:,}")
    table.add_section()
    table.add_row("all", f"{sum(train_counts):,}", f"{sum(test_counts):,}")
    Console(markup=False).print(table)
    if figure is not None:
        print(f"wrote {figure}")


def _headline(dataset: Dataset) -> str:
    if dataset.split == "published":
        return f"{dataset.title} is in {dataset.folder} (all checksums OK)"
    split = {
        "folders": "divided by its folders of training and test pictures",
        "seeded": "one fifth of each class for testing, by a fixed seed",
    }[dataset.split]
    count = len(dataset.train_labels) + len(dataset.test_labels)
    return f"{dataset.folder}: {count:,} pictures, prepared as {dataset.preparation!r}; {split}"
