"""The figures show what they are given: looked for in their pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.errors import DigitlabError
from digitlab.figures.confusion import draw_confusion
from digitlab.figures.images import draw_images, draw_mistakes, draw_samples
from digitlab.figures.loss import draw_loss
from digitlab.models.metrics import Mistake

CLASSES = tuple("0123456789")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)


def height(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.height


def count(path: Path, red: int, green: int, blue: int) -> int:
    return int((np.abs(pixels(path) - [red, green, blue]).max(axis=1) < 30).sum())


def test_the_loss_curve_is_a_blue_line_with_red_dots(tmp_path: Path):
    def drawn(name: str, losses: list[float], tests: list[float]) -> Path:
        steps = list(range(len(losses)))
        return draw_loss(steps, losses, steps[: len(tests)], tests, tmp_path / name)

    one = drawn("one.png", [2.0, 1.0, 0.5], [2.0])
    three = drawn("three.png", [2.0, 1.0, 0.5], [2.0, 1.2, 0.4])
    assert count(one, 0, 0, 255) > 500
    # The legend has one dot too, so 2 dots became 4.
    assert count(three, 255, 0, 0) == pytest.approx(2 * count(one, 255, 0, 0), rel=0.1)


def test_images_are_drawn_as_they_are(tmp_path: Path):
    images = np.zeros((6, 28, 28), dtype=np.uint8)
    white = draw_images(255 - images, [""] * 6, tmp_path / "white.png")
    black = draw_images(images, [""] * 6, tmp_path / "black.png")
    assert count(black, 0, 0, 0) > 20 * count(white, 0, 0, 0)
    # Six images of 28x28 dots of equal size.
    area = count(black, 0, 0, 0) - count(white, 0, 0, 0)
    mixed = images.copy()
    mixed[:3] = 255
    half = draw_images(mixed, [""] * 6, tmp_path / "half.png")
    assert count(half, 0, 0, 0) - count(white, 0, 0, 0) == pytest.approx(area / 2, rel=0.05)


def test_samples_are_the_first_six(tmp_path: Path):
    images = np.zeros((9, 28, 28), dtype=np.uint8)
    images[6:] = 255  # the seventh and later are not drawn
    labels = np.arange(9, dtype=np.uint8)
    one = draw_samples(images, labels, CLASSES, tmp_path / "nine.png")
    two = draw_samples(images[:6], labels[:6], CLASSES, tmp_path / "six.png")
    assert one.read_bytes() == two.read_bytes()


def test_mistakes_are_shown_worst_first_and_none_is_no_fault(tmp_path: Path):
    images = np.zeros((30, 28, 28), dtype=np.uint8)
    mistakes = [
        Mistake(index=i, truth=1, answer=7, probability=0.9, truth_probability=0.1)
        for i in range(30)
    ]
    few = draw_mistakes(images, mistakes[:6], CLASSES, tmp_path / "few.png")
    many = draw_mistakes(images, mistakes, CLASSES, tmp_path / "many.png")
    assert height(many) > 3 * height(few)
    assert draw_mistakes(images, [], CLASSES, tmp_path / "none.png").exists()


def test_confusions_are_colored_and_right_answers_are_not(tmp_path: Path):
    right = np.diag([10] * 10)
    wrong = right.copy()
    wrong[3, 5] = 4
    one = pixels(draw_confusion(right.tolist(), CLASSES, tmp_path / "right.png"))
    two = pixels(draw_confusion(wrong.tolist(), CLASSES, tmp_path / "wrong.png"))
    dark_red = [int((np.abs(p - [103, 0, 13]).max(axis=1) < 10).sum()) for p in (one, two)]
    assert dark_red[1] - dark_red[0] > 1000


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DigitlabError, match="cannot be written"):
        draw_loss([0], [1.0], [0], [1.0], tmp_path / "file" / "loss.png")
    with pytest.raises(DigitlabError, match="cannot be written"):
        draw_loss([0], [1.0], [0], [1.0], tmp_path / "loss.unknown")
