"""The figures show what they are given, which is checked in their pixels."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colormaps
from PIL import Image
from torch.nn import functional

from digitlab.errors import DigitlabError
from digitlab.figures import canvas
from digitlab.figures.canvas import BLUE, ORANGE, RED
from digitlab.figures.confusion import draw_confusion
from digitlab.figures.images import (
    Tile,
    draw_images,
    draw_mistakes,
    draw_predictions,
    draw_samples,
)
from digitlab.figures.loss import draw_loss, running_mean, smallest_smoothed_loss
from digitlab.figures.network import draw_activations, draw_kernels
from digitlab.figures.plots import _chinese_family
from digitlab.figures.sheet import Sheet
from digitlab.models.metrics import Mistake
from digitlab.records.inside import Inside, reduced_output
from digitlab.records.report import Shown

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


def letters_of(path: Path) -> list[str]:
    """Return the texts in an SVG file, in the order in which they were drawn."""
    return [html.unescape(it) for it in re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text())]


@pytest.fixture
def as_letters() -> Iterator[None]:
    """Make matplotlib write letters into SVG files, not their outlines."""
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        yield


@pytest.mark.parametrize(
    ("epochs", "ticks"),
    [
        (1, ["0", "1"]),
        (8, [str(it) for it in range(9)]),
        (40, [str(it) for it in range(0, 41, 5)]),
        (200, [str(it) for it in range(0, 201, 20)]),
    ],
)
@pytest.mark.usefixtures("as_letters")
def test_epochs_are_counted_at_the_top(tmp_path: Path, epochs: int, ticks: list[str]):
    examples = list(range(0, 600 * epochs, 100))
    losses = [0.5] * len(examples)
    ends = [600 * it for it in range(epochs + 1)]
    drawn = draw_loss(
        examples, losses, ends, [0.4] * len(ends), tmp_path / "loss.svg", epoch_size=600
    )
    texts = letters_of(drawn)
    end = texts.index("epochs")
    assert texts[end - len(ticks) : end] == ticks


@pytest.mark.usefixtures("as_letters")
def test_a_small_test_loss_is_as_readable_as_a_large_one(tmp_path: Path):
    drawn = draw_loss([0, 1], [2.0, 0.4], [0, 1, 2], [2.0, 0.2, 0.02], tmp_path / "loss.svg")
    dots = re.findall(
        r'<use xlink:href="#\w+" x="[\d.]+" y="([\d.]+)"[^>]*fill: #ff0000', drawn.read_text()
    )
    top, middle, bottom = map(float, dots[:3])
    assert middle - top == pytest.approx(bottom - middle, rel=1e-3)  # a tenth is a tenth
    assert "0.02" in letters_of(drawn)


@pytest.mark.usefixtures("as_letters")
def test_where_a_run_was_resumed_is_marked_and_explained_once(tmp_path: Path):
    def drawn(*resumed_at: int) -> Path:
        return draw_loss(
            [0, 9], [2, 1], [], [], tmp_path / f"{len(resumed_at)}.svg", resumed_at=resumed_at
        )

    none, two = drawn(), drawn(3, 6)
    assert letters_of(two).count("stopped and resumed") == 1
    assert "stopped and resumed" not in letters_of(none)
    lines = [path.read_text().count("stroke-dasharray") for path in (none, two)]
    assert lines[1] - lines[0] == 3  # two lines, and the legend's


@pytest.mark.usefixtures("as_letters")
def test_a_dense_curve_is_drawn_with_its_mean(tmp_path: Path):
    losses = [0.5, 1.5] * 3_000
    drawn = draw_loss(range(6_000), losses, [], [], tmp_path / "loss.svg")
    assert "Train Loss, mean of 20 points" in letters_of(drawn)
    assert running_mean(losses, 20)[3_000] == 1.0


@pytest.mark.usefixtures("as_letters")
def test_a_title_may_have_any_letters(tmp_path: Path):
    title = "$x^2$ with 数字, seed 1"
    drawn = draw_loss([0, 9], [2, 1], [], [], tmp_path / "loss.svg", title=title)
    assert title in letters_of(drawn)
    draw_loss([0, 9], [2, 1], [], [], tmp_path / "loss.png", title=title)


def tiles(images: np.ndarray) -> list[Tile]:
    return [Tile(image=image, lines=[""]) for image in images]


def test_images_are_drawn_as_they_are(tmp_path: Path):
    images = np.zeros((6, 28, 28), dtype=np.uint8)
    white = draw_images(tiles(255 - images), tmp_path / "white.png")
    black = draw_images(tiles(images), tmp_path / "black.png")
    area = 6 * (8 * 28) ** 2
    assert count(black, 0, 0, 0) - count(white, 0, 0, 0) == area
    images[:3] = 255
    half = draw_images(tiles(images), tmp_path / "half.png")
    assert count(half, 0, 0, 0) - count(white, 0, 0, 0) == area / 2


def test_samples_are_the_first_six(tmp_path: Path):
    images = np.zeros((9, 28, 28), dtype=np.uint8)
    images[6:] = 255  # the seventh and later are not drawn
    labels = np.arange(9, dtype=np.uint8)
    one = draw_samples(images, labels, CLASSES, tmp_path / "nine.png")
    two = draw_samples(images[:6], labels[:6], CLASSES, tmp_path / "six.png")
    assert one.read_bytes() == two.read_bytes()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of all texts that are written on sheets from now on."""
    texts: list[str] = []
    for name in ("text", "upright_text"):
        original = getattr(Sheet, name)

        def write(self: Sheet, x: float, y: float, text: str, *, f=original, **options) -> None:
            texts.append(text)
            f(self, x, y, text, **options)

        monkeypatch.setattr(Sheet, name, write)
    return texts


def test_predictions_have_truth_and_probability_and_wrong_ones_are_red(
    tmp_path: Path, written: list[str]
):
    images = np.full((3, 28, 28), 255, dtype=np.uint8)
    shown = [Shown(index=0, answer=7, probability=0.998), Shown(index=2, answer=1, probability=1.0)]

    def drawn(name: str, labels: list[int]) -> Path:
        return draw_predictions(images, np.array(labels), shown, CLASSES, tmp_path / name)

    right = drawn("right.png", [7, 0, 1])
    assert sorted(written) == sorted(
        ["Prediction: 7 (99.80%)", "truth: 7", "Prediction: 1 (99.99%)", "truth: 1"]
    )
    wrong = drawn("wrong.png", [7, 0, 2])
    assert "truth: 2" in written
    assert count(right, *RED) == 0
    assert count(wrong, *RED) > 100


def mistakes_of(count: int) -> list[Mistake]:
    return [
        Mistake(index=i, truth=1, answer=7, probability=0.9, truth_probability=0.1)
        for i in range(count)
    ]


def test_up_to_24_mistakes_are_drawn_and_none_is_no_error(tmp_path: Path):
    images = np.zeros((30, 28, 28), dtype=np.uint8)
    images[24:] = 255  # these are not drawn
    mistakes = mistakes_of(30)
    few = draw_mistakes(images, mistakes[:6], CLASSES, tmp_path / "few.png")
    many = draw_mistakes(images, mistakes, CLASSES, tmp_path / "many.png")
    assert height(many) > 2.5 * height(few)
    white = draw_mistakes(images, mistakes[24:], CLASSES, tmp_path / "white.png")
    area = 6 * (6 * 28) ** 2
    assert count(few, 0, 0, 0) - count(white, 0, 0, 0) == pytest.approx(area, rel=0.01)
    assert count(many, 0, 0, 0) > 4 * area
    assert draw_mistakes(images, [], CLASSES, tmp_path / "none.png").exists()


def test_disputed_labels_are_marked_among_the_mistakes(tmp_path: Path, written: list[str]):
    images = np.zeros((30, 28, 28), dtype=np.uint8)

    def drawn(*disputed: int) -> int:
        path = tmp_path / "mistakes.png"
        return count(
            draw_mistakes(images, mistakes_of(3), CLASSES, path, disputed=disputed), *ORANGE
        )

    assert drawn(29) == 0  # disputed, but no mistake
    assert not any("disputed" in text for text in written)
    one = drawn(1)
    assert one > 2_000
    assert any("Orange frame: the label is disputed" in text for text in written)
    assert drawn(0, 2) == 2 * one


@pytest.mark.parametrize("classes", [2, 3, 26, 47, 120])
@pytest.mark.parametrize("length", [1, 60])
def test_any_number_and_length_of_class_names_fits(tmp_path: Path, classes: int, length: int):
    names = [f"{i}{'w' * length}" for i in range(classes)]
    images = np.full((9, 28, 28), 255, dtype=np.uint8)
    labels = np.arange(9) % classes
    mistake = Mistake(index=1, truth=0, answer=1, probability=0.9, truth_probability=0.1)
    shown = [Shown(index=it, answer=0, probability=0.5) for it in range(6)]
    counts = np.random.default_rng(1).integers(0, 2_000, (classes, classes)).tolist()
    inside = Inside(
        image=images[0], index=0, label=0, kernels=None, layers=[],
        probabilities=np.full(classes, 1 / classes, dtype=np.float32),
    )  # fmt: skip
    for path in (
        draw_samples(images, labels, names, tmp_path / "samples.png"),
        draw_predictions(images, labels, shown, names, tmp_path / "predictions.png"),
        draw_mistakes(images, [mistake], names, tmp_path / "mistakes.png"),
        draw_confusion(counts, names, tmp_path / "confusion.png"),
        draw_activations(inside, names, tmp_path / "activations.png"),
    ):
        with Image.open(path) as picture:
            edges = np.asarray(picture.convert("L")).copy()
        edges[2:-2, 2:-2] = 255
        assert edges.min() == 255, f"{path.name}: something is cut off at the edge"


def test_letters_that_the_font_lacks_come_from_an_installed_one(monkeypatch: pytest.MonkeyPatch):
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    monkeypatch.setattr(canvas, "WIDE_FONTS", ("none.ttc", str(fonts / "DejaVuSerif.ttf")))
    canvas._wide_font.cache_clear()
    assert canvas.font_for("数字", 13).getname()[0] == "DejaVu Serif"
    assert canvas.font_for("digits", 13).getname()[0] == "DejaVu Sans"
    monkeypatch.setattr(canvas, "WIDE_FONTS", ())
    canvas._wide_font.cache_clear()
    assert canvas.font_for("数字", 13).getname()[0] == "DejaVu Sans"
    canvas._wide_font.cache_clear()


@pytest.mark.skipif(canvas.chinese_face() is None, reason="needs a Chinese font")
def test_every_word_of_a_chinese_figure_is_chinese(
    tmp_path: Path, written: list[str], as_letters: None
):
    images = np.zeros((30, 28, 28), dtype=np.uint8)
    labels = np.arange(30) % 10
    shown = [Shown(index=0, answer=7, probability=0.9)]
    draw_samples(images, labels, CLASSES, tmp_path / "samples.png", language="zh")
    draw_predictions(images, labels, shown, CLASSES, tmp_path / "p.png", language="zh")
    for count in (3, 30):
        draw_mistakes(
            images, mistakes_of(count), CLASSES, tmp_path / "m.png", disputed=[0], language="zh"
        )
    draw_confusion(np.eye(10, dtype=int).tolist(), CLASSES, tmp_path / "c.png", language="zh")
    for count in (10, 400):
        kernels = np.ones((count, 3, 3), dtype=np.float32)
        draw_kernels(kernels, tmp_path / "k.png", language="zh")
    layers = [reduced_output("3", np.ones((128, 4, 4)))] * 30
    inside = Inside(
        image=images[0], index=0, label=7, kernels=None, layers=[it for it in layers if it],
        probabilities=np.eye(10, dtype=np.float32)[7],
    )  # fmt: skip
    draw_activations(inside, CLASSES, tmp_path / "a.png", language="zh")
    steps = list(range(2_000))
    svg = draw_loss(
        steps, [1.0] * 2_000, [1], [1.0], tmp_path / "loss.svg", epoch_size=1_000,
        resumed_at=[500], smoothing=0.1, outliers=0.1, language="zh",
    )  # fmt: skip
    for text in [*written, *letters_of(svg)]:
        assert not re.search("[A-Za-z]", re.sub("epoch| x ", "", text)), text
    assert _chinese_family() in svg.read_text()


def test_without_a_chinese_font_figures_are_english_which_is_reported_once(
    tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.setattr(canvas, "CHINESE_FONTS", ("none.ttc",))
    cached = (canvas.drawn_language, canvas.chinese_face, canvas._chinese_font)
    for function in cached:
        function.cache_clear()
    images, labels = np.zeros((1, 28, 28), dtype=np.uint8), np.zeros(1, dtype=int)
    for _ in range(2):
        draw_samples(images, labels, CLASSES, tmp_path / "samples.png", language="zh")
    assert set(written) == {"Ground Truth: 0"}
    (line,) = capsys.readouterr().err.splitlines()
    assert "install one such as Noto Sans CJK" in line
    for function in cached:
        function.cache_clear()


@pytest.mark.parametrize("shape", [(1, 1, 1), (10, 5, 5), (16, 3, 7), (400, 3, 3), (2, 28, 28)])
def test_kernels_of_any_number_and_size_share_a_scale_around_0(
    tmp_path: Path, written: list[str], shape: tuple[int, int, int]
):
    kernels = np.zeros(shape, dtype=np.float32)
    draw_kernels(kernels, tmp_path / "zero.png")
    kernels[0], kernels[-1] = 0.5, -0.25
    path = draw_kernels(kernels, tmp_path / "kernels.png")
    numbers = {text for text in written if text.isdecimal()}
    assert {str(it) for it in range(min(shape[0], 256))} <= numbers
    if shape[0] in (10, 16):
        assert {"-0.5", "0", "0.5"} <= set(written)
        blue, red = colormaps["RdBu"]([1.0, 0.25], bytes=True)[:, :3].tolist()
        assert count(path, *red) > 1_000
        assert count(path, *blue) > 1_000


def test_activations_show_every_layer_and_the_probabilities(tmp_path: Path, written: list[str]):
    rng = np.random.default_rng(1)
    shapes = {"conv1": (10, 24, 24), "features.3": (128, 4, 4), "tokens": (9, 64), "fc1": (50,)}
    layers = [reduced_output(name, rng.normal(size=shape)) for name, shape in shapes.items()]
    inside = Inside(
        image=np.zeros((28, 28), dtype=np.uint8), index=0, label=7, kernels=None,
        layers=[it for it in layers if it is not None],
        probabilities=np.eye(10, dtype=np.float32)[7],
    )  # fmt: skip
    path = draw_activations(inside, CLASSES, tmp_path / "activations.png")
    assert {"image", "truth: 7", "99.99%", *shapes} <= set(written)
    assert {"10 x 24 x 24", "128 x 4 x 4, 26 shown", "9 x 64", "50"} <= set(written)
    assert count(path, *BLUE) > 5_000  # the bar of a right answer
    assert count(path, *RED) == 0
    wrong = draw_activations(replace(inside, label=3), CLASSES, tmp_path / "wrong.png")
    assert count(wrong, *RED) > 5_000


def test_a_network_that_diverged_is_drawn(tmp_path: Path):
    nothing = np.full((3, 5, 5), np.nan, dtype=np.float32)
    layers = [reduced_output("conv", nothing), reduced_output("fc", nothing[0, 0])]
    inside = Inside(
        image=np.zeros((28, 28), dtype=np.uint8), index=0, label=0, kernels=nothing,
        layers=[it for it in layers if it is not None],
        probabilities=np.full(10, np.nan, dtype=np.float32),
    )  # fmt: skip
    draw_kernels(nothing, tmp_path / "kernels.png")
    draw_activations(inside, CLASSES, tmp_path / "activations.png")


def test_confusions_are_colored_and_right_answers_are_not(tmp_path: Path):
    right = np.diag([10] * 10)
    wrong = right.copy()
    wrong[3, 5] = 4
    one = pixels(draw_confusion(right.tolist(), CLASSES, tmp_path / "right.png"))
    two = pixels(draw_confusion(wrong.tolist(), CLASSES, tmp_path / "wrong.png"))
    dark_red = [int((np.abs(p - [103, 0, 13]).max(axis=1) < 10).sum()) for p in (one, two)]
    assert dark_red[1] - dark_red[0] > 1000


@pytest.mark.usefixtures("as_letters")
def test_the_loss_curve_is_labeled_with_its_smoothing(tmp_path: Path):
    def drawn(smoothing: float) -> Path:
        path = tmp_path / f"{smoothing}.svg"
        return draw_loss([0, 9], [2, 1], [0], [2.0], path, smoothing=smoothing)

    plain, smoothed = drawn(0.0), drawn(0.05)
    assert {"Train Loss", "negative log likelihood loss"} <= set(letters_of(plain))
    assert "lowest possible" not in plain.read_text()
    assert "stroke-dasharray" not in plain.read_text()
    named = {"Train Loss with label smoothing 0.05", "its lowest possible value, 0.282", "loss"}
    assert named <= set(letters_of(smoothed))
    assert "likelihood" not in smoothed.read_text()
    dashed = smoothed.read_text().count("stroke-dasharray")
    assert dashed == 2  # the line, and its sample in the legend


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
