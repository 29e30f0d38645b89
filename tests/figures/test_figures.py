"""The figures show what they are given, which is checked in their pixels."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.nn import functional

from digitlab.errors import DigitlabError
from digitlab.figures.confusion import draw_confusion
from digitlab.figures.images import draw_images, draw_mistakes, draw_samples
from digitlab.figures.loss import draw_loss, smallest_smoothed_loss
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
    # The legend contains a dot too, so there are 2 dots and 4.
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


def test_up_to_24_mistakes_are_drawn_and_none_is_no_error(tmp_path: Path):
    images = np.zeros((30, 28, 28), dtype=np.uint8)
    images[24:] = 255  # these are not drawn
    mistakes = [
        Mistake(index=i, truth=1, answer=7, probability=0.9, truth_probability=0.1)
        for i in range(30)
    ]
    few = draw_mistakes(images, mistakes[:6], CLASSES, tmp_path / "few.png")
    many = draw_mistakes(images, mistakes, CLASSES, tmp_path / "many.png")
    assert height(many) > 3 * height(few)
    white = draw_mistakes(images, mistakes[24:], CLASSES, tmp_path / "white.png")
    assert count(few, 0, 0, 0) - count(white, 0, 0, 0) == pytest.approx(6 * 252**2, rel=0.01)
    assert count(many, 0, 0, 0) > 4 * 6 * 252**2
    assert draw_mistakes(images, [], CLASSES, tmp_path / "none.png").exists()


def test_confusions_are_colored_and_right_answers_are_not(tmp_path: Path):
    right = np.diag([10] * 10)
    wrong = right.copy()
    wrong[3, 5] = 4
    one = pixels(draw_confusion(right.tolist(), CLASSES, tmp_path / "right.png"))
    two = pixels(draw_confusion(wrong.tolist(), CLASSES, tmp_path / "wrong.png"))
    dark_red = [int((np.abs(p - [103, 0, 13]).max(axis=1) < 10).sum()) for p in (one, two)]
    assert dark_red[1] - dark_red[0] > 1000


def test_the_loss_curve_is_labeled_with_its_smoothing(tmp_path: Path):
    def texts(smoothing: float) -> str:
        path = draw_loss([0, 9], [2, 1], [0], [2.0], tmp_path / "loss.svg", smoothing=smoothing)
        return path.read_text()

    with matplotlib.rc_context({"svg.fonttype": "none"}):  # letters, not their outlines
        plain, smoothed = texts(0.0), texts(0.05)
    assert ">Train Loss<" in plain
    assert ">negative log likelihood loss<" in plain
    assert "lowest possible" not in plain
    assert "stroke-dasharray" not in plain
    assert ">Train Loss with label smoothing 0.05<" in smoothed
    assert ">its lowest possible value, 0.282<" in smoothed
    assert "likelihood" not in smoothed
    assert smoothed.count("stroke-dasharray") == 2  # the line, and its sample in the legend


@given(st.floats(0, 0.99), st.integers(2, 20), st.integers(0, 10_000))
def test_no_answer_has_a_lower_smoothed_loss(smoothing: float, classes: int, seed: int):
    lowest = smallest_smoothed_loss(smoothing, classes)

    def loss(answer: np.ndarray) -> float:
        """Return PyTorch's own label-smoothed cross-entropy for the first class."""
        log_probabilities = torch.from_numpy(np.log(answer))[None]
        return float(
            functional.cross_entropy(
                log_probabilities, torch.tensor([0]), label_smoothing=smoothing
            )
        )

    best = np.full(classes, smoothing / classes + 1e-300)
    best[0] = 1 - best[1:].sum()
    assert loss(best) == pytest.approx(lowest, abs=1e-9)
    assert loss(np.random.default_rng(seed).dirichlet(np.ones(classes)) + 1e-300) >= lowest - 1e-9


def draw(path: Path) -> Path:
    return draw_loss([0], [1.0], [0], [1.0], path)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".jpg", ".webp", ".svg", ".pdf"])
def test_the_suffix_chooses_the_format(tmp_path: Path, suffix: str):
    begins = {".png": b"\x89PNG", ".jpg": b"\xff\xd8", ".webp": b"RIFF", ".svg": b"<?xml"}
    begins[".pdf"] = b"%PDF"
    path = draw(tmp_path / "new" / f"loss{suffix}")
    assert path.read_bytes().startswith(begins[suffix.lower()])
    assert [it.name for it in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["loss.unknown", "loss", "loss.pgf", "png"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path, name: str):
    message = r"its name must end in \.png, \.jpg, \.webp, \.svg or \.pdf"
    with pytest.raises(DigitlabError, match=message):
        draw(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DigitlabError, match=r"file/loss.png cannot be written \(File exists\)"):
        draw(tmp_path / "file" / "loss.png")


def test_a_full_disk_leaves_the_old_figure_and_no_other_file(tmp_path: Path):
    resource = pytest.importorskip("resource")
    path = draw(tmp_path / "loss.png")
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        for name in ("loss.png", "new.png"):
            with pytest.raises(DigitlabError, match=rf"{name} cannot be written \(File too large"):
                draw(tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
