"""The model that is installed with the package does what its card and the README promise."""

import json
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitlab
from benchmarks.page_counts import best_text
from digitlab.data.dataset import Dataset
from digitlab.files import encode_json
from digitlab.models.calibration import calibrate, expected_calibration_error
from digitlab.reader import PRETRAINED
from digitlab.train.order import split
from testsets.pages import DIFFICULTIES, composed
from testsets.singles import Case, handmade

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "images"
SEED = 77  # these pictures were not used to choose anything


@pytest.fixture(scope="module")
def reader() -> digitlab.Reader:
    return digitlab.load()


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(handmade(count_per_condition=20, seed=SEED))


def test_it_is_small_and_its_card_contains_how_it_was_made(reader: digitlab.Reader):
    assert sum(path.stat().st_size for path in PRETRAINED.iterdir()) < 4_000_000  # both models
    card = reader.card
    assert card.parameters < 250_000
    train, export = card.commands
    assert train.startswith("digitlab train --recipe best --validation 5000 --seed 1")
    assert export.startswith("digitlab export")
    assert train.endswith("--run runs/best")
    assert card.epochs == card.recipe["epochs"]


def test_its_card_is_written_again_byte_for_byte(reader: digitlab.Reader):
    assert encode_json(reader.card, indent=2) == (PRETRAINED / "model.json").read_bytes()


def test_its_calibration_is_found_again_on_the_held_out_images(
    reader: digitlab.Reader, mnist: Dataset
):
    card = reader.card
    images_used = card.recipe["train_images"] or len(mnist.train_images)
    _, held_out = split(images_used, card.recipe["validation"])
    images, labels = mnist.train_images[held_out.numpy()], mnist.train_labels[held_out.numpy()]
    error_rate = card.calibration.error_rate
    assert error_rate == 0.001
    answers = reader.classifier.log_probabilities(images)
    found = calibrate(answers, labels, error_rate=error_rate, fitted_on="held-out images")
    # It was fitted on PyTorch's answers, which differ from those of the file by rounding.
    assert found.temperature == pytest.approx(card.calibration.temperature, rel=1e-3)
    assert found.threshold == pytest.approx(card.calibration.threshold, rel=1e-3)


def test_its_test_accuracy_is_that_of_its_card(reader: digitlab.Reader, mnist: Dataset):
    answers = reader.classifier.log_probabilities(mnist.test_images)
    correct = int((answers.argmax(axis=1) == mnist.test_labels).sum())
    assert correct == reader.card.test["correct"]
    assert correct >= 9_955


def test_its_confidence_is_true_on_the_test_set(reader: digitlab.Reader, mnist: Dataset):
    before = reader.classifier.log_probabilities(mnist.test_images)
    after = reader.classifier.classify(mnist.test_images)
    error = expected_calibration_error(after, mnist.test_labels)
    assert error < expected_calibration_error(before, mnist.test_labels)
    assert error < 0.003
    sure = reader.card.calibration.is_sure(after)
    wrong = (after.argmax(axis=1) != mnist.test_labels)[sure]
    assert sure.mean() > 0.98
    assert wrong.mean() < 2 * reader.card.calibration.error_rate


def test_pictures_unlike_its_training_images_are_read(reader: digitlab.Reader, cases: list[Case]):
    digits = [case for case in cases if case.label is not None]
    answers = reader.predict_many([case.picture for case in digits])
    right = [a.digit == case.label for a, case in zip(answers, digits, strict=True)]
    assert np.mean(right) > 0.99
    sure = [a for a in answers if not a.unsure]
    assert len(sure) > 0.93 * len(digits)


def test_what_is_no_digit_is_not_answered(reader: digitlab.Reader, cases: list[Case]):
    others = [case for case in cases if case.label is None]
    unsure: dict[str, list[bool]] = {}
    answers = reader.predict_many([case.picture for case in others])
    for case, answer in zip(others, answers, strict=True):
        unsure.setdefault(case.condition, []).append(answer.unsure)
    kinds = ("blank", "noise", "gradient", "letters", "shapes", "scribbles")
    assert set(unsure) == {f"no digit: {kind}" for kind in kinds}
    shares = {condition: np.mean(rows) for condition, rows in unsure.items()}
    assert min(shares.values()) >= 0.85, shares
    assert np.mean(list(shares.values())) >= 0.93, shares


def test_paper_that_grows_lighter_from_side_to_side_is_no_digit(reader: digitlab.Reader):
    random = np.random.default_rng(SEED)
    pictures = []
    for _ in range(60):
        width, height = random.integers(60, 1200, 2)
        levels = np.linspace(random.integers(150, 256), random.integers(0, 110), width)
        pictures.append(np.tile(levels[:: random.choice([-1, 1])], (height, 1)).round() / 255)
    answers = reader.predict_many(pictures)
    assert np.mean([not it.unsure for it in answers]) < 0.1


def test_a_digit_beside_the_gutter_of_a_book_is_read(reader: digitlab.Reader, mnist: Dataset):
    random = np.random.default_rng(SEED)
    pictures = []
    for image in mnist.test_images[:60]:
        digit = Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC)
        paper = np.full((200, 240), 230.0)
        paper[30:170, 80:220] *= 1 - 0.8 * np.asarray(digit, float) / 255
        gutter = 1 - random.uniform(0.6, 0.9) * np.exp(-np.arange(240) / random.uniform(15, 30))
        pictures.append((paper * gutter).round() / 255)
    answers = reader.predict_many(pictures)
    right = [it.digit for it in answers] == mnist.test_labels[:60]
    sure = np.array([not it.unsure for it in answers])
    assert np.mean(right & sure) > 0.6
    assert np.sum(sure & ~right) <= 1


def test_pages_are_read(reader: digitlab.Reader, mnist: Dataset):
    easy = {"clean", "ruled", "several lines, sloping"}
    draw = partial(composed, mnist.test_images, mnist.test_labels, seed=SEED)
    sheets = list(draw(count_per_difficulty=6, difficulties=easy))
    pages = [reader.read(sheet.picture) for sheet in sheets]
    exact = [best_text(page) == sheet.text for page, sheet in zip(pages, sheets, strict=True)]
    sure = [page.text == sheet.text for page, sheet in zip(pages, sheets, strict=True)]
    assert np.mean(exact) >= 0.8
    assert np.mean(sure) >= 0.7
    for sheet in draw(count_per_difficulty=1, difficulties=DIFFICULTIES.keys() - easy):
        assert len(reader.read(sheet.picture).digits) > 0


def test_the_readmes_pictures_are_read_as_it_shows(reader: digitlab.Reader):
    assert reader.read(EXAMPLES / "page.jpg").text == "34\n95 71\n22 9\n3634009299"
    for name, digit in (
        ("felt-pen.png", 3),
        ("tiny.png", 8),
        ("photograph.jpg", 7),
        ("chalk.jpg", 5),
    ):
        assert reader.predict(EXAMPLES / name).digit == digit
    assert reader.predict(EXAMPLES / "scribble.png").unsure


@pytest.mark.slow
def test_the_command_on_its_card_makes_it_again(
    reader: digitlab.Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OMP_NUM_THREADS")  # it was made with as many threads as there are cores
    train, _ = (shlex.split(command) for command in reader.card.commands)
    train[-1] = str(tmp_path / "run")
    train[0:1] = export = [sys.executable, "-m", "digitlab"]
    subprocess.run(train, check=True, capture_output=True)
    again = [*export, "export", str(tmp_path / "run"), "--out", str(tmp_path / "model")]
    subprocess.run(again, check=True, capture_output=True)
    made = digitlab.load(tmp_path / "model").card
    assert made.test["correct"] == pytest.approx(reader.card.test["correct"], abs=25)
    here = json.loads((tmp_path / "run" / "run.json").read_text())
    if (here["machine"], here["versions"]) == (reader.card.machine, reader.card.versions):
        assert made.sha256 == reader.card.sha256
