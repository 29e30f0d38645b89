"""`digitlab eval` prints tables that fit the terminal, for any number of classes."""

from dataclasses import replace

import numpy as np
import pytest

from digitlab.cli.eval_tables import print_report
from digitlab.data.dataset import Dataset
from digitlab.records.report import make_report


@pytest.mark.parametrize(("classes", "is_square"), [(2, True), (10, True), (47, False)])
def test_many_classes_are_shown_by_their_most_frequent_confusions(
    small_mnist: Dataset,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    classes: int,
    is_square: bool,
):
    monkeypatch.setenv("COLUMNS", "80")
    names = tuple(f"class number {it}" if it else "the first" for it in range(classes))
    truths = np.arange(200) % classes
    answers = truths.copy()
    answers[truths == 1] = 0
    scores = np.where(np.eye(classes)[answers] > 0, -0.01, -7.0).astype(np.float32)
    dataset = replace(small_mnist, classes=names, test_labels=truths)
    print_report(make_report(scores, dataset, model="model", epochs=1))
    printed = capsys.readouterr().out
    assert ("Confusion: rows are true labels" in " ".join(printed.split())) == is_square
    assert ("Most frequent confusions" in printed) != is_square
    assert "…" not in printed
    if not is_square:
        row = " ".join(printed.splitlines()[-2].split())
        assert row == "│ class number 1 │ the first │ 5 │"
