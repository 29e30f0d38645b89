"""A model's folder: read completely or refused with the reason, and never left half written."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from digitlab.errors import DigitlabError
from digitlab.models import pair as pair_module
from digitlab.models.calibration import Calibration
from digitlab.models.card import ModelCard, is_model, read_model, write_model
from digitlab.models.pair import MAX_WEIGHTS

DIGEST_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
A_CARD = ModelCard(
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


def card_of(weights: bytes) -> ModelCard:
    return replace(A_CARD, sha256=hashlib.sha256(weights).hexdigest())


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read_by_folder_and_by_file(tmp_path: Path):
    weights, card = write_model(tmp_path / "new" / "model", b"abc", A_CARD)
    assert is_model(weights)
    assert is_model(weights.parent)
    assert not is_model(tmp_path)
    assert read_model(weights) == read_model(str(card.parent)) == (b"abc", A_CARD)
    assert names_in(card.parent) == ["model.json", "model.onnx"]


@pytest.mark.parametrize("classes", [["cat", "dog"], [f"kind {n}" for n in range(1000)]])
def test_a_model_may_have_any_number_of_classes(tmp_path: Path, classes: list[str]):
    write_model(tmp_path, b"abc", replace(A_CARD, classes=classes, preparation="as-is"))
    assert read_model(tmp_path)[1].classes == classes
    assert read_model(tmp_path)[1].preparation == "as-is"


def test_a_card_without_a_preparation_is_prepared_like_mnist(tmp_path: Path):
    write_model(tmp_path, b"abc", A_CARD)
    changed(preparation=None)(tmp_path)
    assert read_model(tmp_path)[1].preparation == "mnist"


def changed(**values: Any) -> Callable[[Path], None]:
    """Return what replaces fields in a model's card; a dotted name means a field in a field."""

    def change(folder: Path) -> None:
        record = json.loads((folder / "model.json").read_text())
        for name, value in values.items():
            *outer, last = name.split("__")
            target = record
            for part in outer:
                target = target[part]
            if value is None:
                del target[last]
            else:
                target[last] = value
        (folder / "model.json").write_text(json.dumps(record))

    return change


def a_pipe(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return change


def too_large(folder: Path) -> None:
    with (folder / "model.onnx").open("wb") as stream:
        stream.truncate(MAX_WEIGHTS + 1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda it: (it / "model.onnx").write_bytes(b"abd"), "does not match model.json"),
        (lambda it: (it / "model.onnx").unlink(), "contains no model"),
        (lambda it: (it / "model.json").unlink(), "contains no model"),
        (too_large, "is larger than 100 MB"),
        (a_pipe("model.onnx"), "model.onnx is not a file"),
        (a_pipe("model.json"), "model.json is not a file"),
        (lambda it: (it / "model.json").write_bytes(b""), "model.json is damaged"),
        (lambda it: (it / "model.json").write_bytes(b"\xff{"), "model.json is damaged"),
        (lambda it: (it / "model.json").write_text("[]"), "model.json is damaged"),
        (lambda it: (it / "model.json").write_text("[" * 100_000), "model.json is damaged"),
        (changed(seed=None), "missing required field `seed`"),
        (changed(calibration__threshold=None), "missing required field `threshold`"),
        (changed(extra=1), "unknown field 'extra'"),
        (changed(calibration__extra=1), "unknown field 'calibration.extra'"),
        (changed(format=2), "format is 2, but this version reads 1"),
        (changed(calibration__temperature=0), "temperature is 0.0, but must be from 0.05"),
        (changed(calibration__temperature=1e-320), "temperature is 1e-320, but must be from 0.05"),
        (changed(calibration__temperature=1e999), "model.json is damaged"),
        (changed(calibration__threshold=7), "threshold is 7.0, but must be from 0 to 1"),
        (changed(classes=["0"]), "classes must be at least 2 names, not 1"),
        (changed(classes=["0", "1", "0"]), "different names, but '0' is there twice"),
        (changed(classes=["cat", " "]), "the name of a class must be printable, not ' '"),
        (changed(classes=["cat", "a\nb"]), r"must be printable, not 'a\\nb'"),
        (changed(preparation="none"), "model.json is damaged"),
    ],
)
def test_damage_is_reported_in_one_sentence(tmp_path: Path, damage: Callable, message: str):
    write_model(tmp_path, b"abc", A_CARD)
    damage(tmp_path)
    with pytest.raises(DigitlabError, match=message) as caught:
        read_model(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


WRONG_TYPES: dict[str, Any] = {
    "sha256": 5,
    "dataset": ["mnist"],
    "classes": "0123456789",
    "preparation": 5,
    "extra_pictures": 50,
    "is_digit": {"threshold": 0.5},
    "parameters": "many",
    "layers": {"conv1": ["10"]},
    "calibration": [1, 2],
    "calibration__temperature": "1",
    "calibration__threshold": True,
    "calibration__error_rate": "0.1",
    "calibration__fitted_on": 5,
    "test": [],
    "recipe": "best",
    "seed": 1.5,
    "epochs": "25",
    "commands": [1],
    "data_sha256": {"file": 0},
    "machine": {},
    "versions": {"python": 3},
    "format": "1",
}


def test_a_wrong_type_is_known_for_every_field():
    inner = {f"calibration__{field.name}" for field in dataclasses.fields(Calibration)}
    assert WRONG_TYPES.keys() == {field.name for field in dataclasses.fields(ModelCard)} | inner


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_reported(tmp_path: Path, name: str):
    write_model(tmp_path, b"abc", A_CARD)
    changed(**{name: WRONG_TYPES[name]})(tmp_path)
    with pytest.raises(DigitlabError, match=name.replace("__", ".")) as caught:
        read_model(tmp_path)
    assert "model.json is damaged" in str(caught.value)


def test_a_deeply_nested_card_is_read_or_refused(tmp_path: Path):
    write_model(tmp_path, b"abc", A_CARD)
    card = tmp_path / "model.json"
    text = card.read_text()
    outcomes = []
    for depth in range(850, 1000):  # in between is the limit of Python's stack
        card.write_text(text.replace("99,", '{"a":' * depth + "1" + "}" * depth + ","))
        try:
            outcomes.append(read_model(tmp_path)[0].decode())
        except DigitlabError as error:
            outcomes.append(str(error))
    assert outcomes[0] == "abc"
    assert "model.json is damaged" in outcomes[-1]
    assert all(it == "abc" or "model.json is damaged" in it for it in outcomes)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DigitlabError, match=r"file cannot be written \("):
        write_model(tmp_path / "file", b"abc", A_CARD)


def test_another_onnx_file_does_not_stand_for_the_one_next_to_it(tmp_path: Path):
    write_model(tmp_path, b"abc", A_CARD)
    with pytest.raises(DigitlabError, match=r"other.onnx must be named model.onnx"):
        read_model(tmp_path / "other.onnx")
    (tmp_path / "model.onnx").rename(tmp_path / "kept")
    with pytest.raises(DigitlabError, match="contains no model"):
        read_model(tmp_path / "model.onnx")


def test_a_path_that_names_no_model_is_refused_with_the_remedy(tmp_path: Path):
    with pytest.raises(DigitlabError, match="the path of the model is empty"):
        read_model("")
    (tmp_path / "model.pth").write_bytes(b"weights")
    with pytest.raises(DigitlabError, match=r"`digitlab export .*model.pth --out FOLDER`"):
        read_model(tmp_path / "model.pth")
    for path in (tmp_path, tmp_path / "nowhere", "null\0byte", "long" * 100):
        with pytest.raises(DigitlabError, match="contains no model"):
            read_model(path)


# Interrupted writes

KILL_AT_EVERY_STEP = """
import itertools, json, os, signal, sys
from pathlib import Path
from digitlab.errors import DigitlabError
from digitlab.models.card import read_model, write_model
from test_card import card_of

STEPS = {"open", "os.rename", "os.remove", "os.mkdir"}
home, before = Path(sys.argv[1]), sys.argv[2]
steps_left = None  # how many file operations are allowed before the kill; None: all
os.fsync = lambda descriptor: None  # slow, and without effect on what a killed process leaves

def count(event, arguments):
    global steps_left
    if steps_left is not None and event in STEPS and str(home) in str(arguments[0]):
        steps_left -= 1
        if steps_left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)  # an audit hook is called before the operation

def write_and_be_killed(folder, name, steps):
    global steps_left
    child = os.fork()
    if child == 0:
        steps_left = steps
        write_model(folder, name.encode(), card_of(name.encode()))
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0

def found(folder):
    try:
        weights, card = read_model(folder)
        assert card == card_of(weights)
        return weights.decode()
    except DigitlabError as error:
        return "nothing" if "contains no model" in str(error) else str(error)

outcomes = []
for first in itertools.count():
    for second in itertools.count():
        folder = home / f"{first}-{second}"
        if before != "nothing":
            write_model(folder, before.encode(), card_of(before.encode()))
        is_first_killed = write_and_be_killed(folder, "first", first)
        after_first = found(folder)
        is_second_killed = write_and_be_killed(folder, "second", second)
        after_second = found(folder)
        write_model(folder, b"last", card_of(b"last"))
        names = sorted(os.listdir(folder))
        outcomes.append(
            [is_first_killed, after_first, is_second_killed, after_second, found(folder), names]
        )
        if not is_second_killed:
            break
    if not is_first_killed:
        break
print(json.dumps(outcomes))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("before", ["old", pytest.param("nothing", marks=pytest.mark.slow)])
def test_killed_at_any_step_there_is_the_old_or_the_new_model(tmp_path: Path, before: str):
    # Two writes after each other are killed, because the second one must not overwrite the card
    # that the first one did not rename.
    done = subprocess.run(
        [sys.executable, "-c", KILL_AT_EVERY_STEP, str(tmp_path), before],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    for is_first_killed, after_first, is_second_killed, after_second, last, names in outcomes:
        assert after_first in ((before, "first") if is_first_killed else ("first",))
        assert after_second in ((after_first, "second") if is_second_killed else ("second",))
        assert (last, names) == ("last", ["model.json", "model.onnx"])
    # Some were killed before the new model was in use, and some after.
    assert {outcome[1] for outcome in outcomes if outcome[0]} == {before, "first"}
    assert {outcome[3] for outcome in outcomes if outcome[2]} >= {"first", "second"}


@pytest.mark.parametrize("limit", [1_000_000, 50])
def test_a_full_disk_leaves_the_old_model_and_no_other_file(tmp_path: Path, limit: int):
    resource = pytest.importorskip("resource")
    new = bytes(2_000_000) if limit > 50 else b"new"  # the weights or only the card is too large
    write_model(tmp_path, b"abc", A_CARD)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(DigitlabError, match=r"model.*new cannot be written \(File too large\)"):
            write_model(tmp_path, new, card_of(new))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_model(tmp_path) == (b"abc", A_CARD)
    assert names_in(tmp_path) == ["model.json", "model.onnx"]


def test_a_model_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_model(tmp_path, b"abc", A_CARD)
    read_weights = pair_module._read_weights
    calls = 0

    def read_then_replace(path: Path) -> bytes:
        nonlocal calls
        calls += 1
        weights = read_weights(path)
        if calls == 1:
            monkeypatch.undo()
            write_model(tmp_path, b"new", card_of(b"new"))
        return weights

    monkeypatch.setattr(pair_module, "_read_weights", read_then_replace)
    assert read_model(tmp_path) == (b"new", card_of(b"new"))
    assert calls == 1
