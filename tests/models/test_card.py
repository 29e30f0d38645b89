"""A model folder is read whole, or refused with the reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitlab.errors import DigitlabError
from digitlab.models.calibration import Calibration
from digitlab.models.card import ModelCard, is_model, read_model, write_model

DIGEST_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2


def a_card() -> ModelCard:
    return ModelCard(
        sha256=DIGEST_OF_ABC,
        dataset="mnist",
        classes=[str(digit) for digit in range(10)],
        parameters=21_840,
        layers={"conv1": [10, 24, 24]},
        calibration=Calibration(
            temperature=1.25, threshold=0.75, error_rate=0.001, fitted_on="some images"
        ),
        test={"correct": 99, "total": 100},
        recipe={"epochs": 1},
        seed=1,
        epochs=1,
        commands=["digitlab train"],
        data_sha256={"file": "00"},
        machine="a processor",
        versions={"python": "3.11"},
    )


def test_what_was_written_is_read_by_folder_and_by_file(tmp_path: Path):
    weights, card = write_model(tmp_path / "new" / "model", b"abc", a_card())
    assert is_model(weights)
    assert is_model(weights.parent)
    assert not is_model(tmp_path)
    assert read_model(weights) == read_model(card.parent) == (b"abc", a_card())
    assert sorted(path.name for path in card.parent.iterdir()) == ["model.json", "model.onnx"]


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        record = json.loads((folder / "model.json").read_text())
        change(record)
        (folder / "model.json").write_text(json.dumps(record))

    return apply


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "model.onnx").write_bytes(b"abd"), "does not have the SHA-256"),
        (lambda folder: (folder / "model.onnx").unlink(), "holds no model"),
        (lambda folder: (folder / "model.json").unlink(), "holds no model"),
        (lambda folder: (folder / "model.json").write_bytes(b"\xff{"), "is not a model's card"),
        (lambda folder: (folder / "model.json").write_text("[]"), "is not a model's card"),
        (changed(lambda card: card.pop("seed")), "is not a model's card: no seed"),
        (changed(lambda card: card.update(format=2)), "card of format 2"),
        (changed(lambda card: card.update(calibration=None)), "is not a model's card"),
        (changed(lambda card: card["calibration"].update(temperature=0)), "temperature is 0"),
        (changed(lambda card: card["calibration"].update(temperature="1")), "not a model's card"),
        (changed(lambda card: card["calibration"].update(threshold=7)), "threshold 7"),
        (changed(lambda card: card["calibration"].pop("threshold")), "is not a model's card"),
        (changed(lambda card: card.update(layers=None)), "layers must be shapes by name"),
        (changed(lambda card: card["calibration"].update(temperature=1e999)), "temperature is inf"),
        (lambda folder: (folder / "model.json").write_text("[" * 100_000), "is not a model's card"),
        (changed(lambda card: card.update(classes=["0"])), "classes must be 10 names"),
    ],
)
def test_harm_is_told_in_one_sentence(tmp_path: Path, harm: Callable, told: str):
    write_model(tmp_path, b"abc", a_card())
    harm(tmp_path)
    with pytest.raises(DigitlabError, match=told) as caught:
        read_model(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DigitlabError, match="cannot be written"):
        write_model(tmp_path / "file", b"abc", a_card())


def test_another_onnx_file_is_not_taken_for_the_one_beside_it(tmp_path: Path):
    write_model(tmp_path, b"abc", a_card())
    with pytest.raises(DigitlabError, match=r"other.onnx must be called model.onnx"):
        read_model(tmp_path / "other.onnx")
    (tmp_path / "model.onnx").rename(tmp_path / "kept")
    with pytest.raises(DigitlabError, match="holds no model"):
        read_model(tmp_path / "model.onnx")
