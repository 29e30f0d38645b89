"""`digitlab explain`, as a learner would use it, and what it answers to bad input."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len
from rich.console import Console

from digitlab.data.dataset import Dataset
from digitlab.explain.explained import explain_subject
from digitlab.explain.network import explain_calls
from digitlab.explain.picture import prepare_picture
from digitlab.explain.settings import Effect, explain_settings
from digitlab.explain.subject import find_subject
from digitlab.presentation import figure
from digitlab.presentation.tables import print_network, print_settings
from digitlab.presentation.wrapped import wrap
from digitlab.recipe import Recipe

PHOTOGRAPH = Path(__file__).parents[2] / "docs/images/photograph.jpg"
EXAMPLE = Path(__file__).parents[2] / "src/digitlab/lab/example"
NUMBER = r"−?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+−]\d+)?"

NETWORKS = """
import torch
from torch import nn

class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 4, 3, padding=1)
        self.b = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.out = nn.Linear(4 * 14 * 14, 10)

    def forward(self, x):
        x = torch.tanh(self.a(x))
        x = nn.functional.avg_pool2d(x + self.b(x), 2)
        return self.out(torch.cumsum(x, dim=1).flatten(1))

class Larger(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 5), nn.Flatten(), nn.Linear(4 * 28 * 28, 10))

class Empty(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :10]

class Broken(Empty):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        raise RuntimeError("no idea")
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nets.py").write_text(NETWORKS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def numbers(text: str) -> list[str]:
    return sorted(re.findall(NUMBER, text))


def value(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_both_languages_print_the_same_numbers(call: Callable):
    english = call("explain", EXAMPLE, "--image", PHOTOGRAPH, "--lang", "en")
    chinese = call("explain", EXAMPLE, "--image", PHOTOGRAPH, "--lang", "zh")
    assert (english.code, chinese.code, english.err, chinese.err) == (0, 0, "", "")
    # The settings' texts, in the second of the parts between empty lines, have a test of their own.
    parts = [it.out.split("\n\n") for it in (english, chinese)]
    del parts[0][1], parts[1][1]
    assert [numbers(it) for it in parts[0]] == [numbers(it) for it in parts[1]]
    for text in ("10·(1·5·5)+10", "28 − 5 + 1 = 24", "20·4·4 = 320", "144,000", "21,840"):
        assert text in english.out
        assert text in chinese.out
    assert not re.search(r"\d…", english.out + chinese.out)  # nothing is cut off
    assert "The answer is 7" in english.out
    assert "答案是 7" in chinese.out
    assert not re.search("[\u4e00-\u9fff]", english.out)


def test_the_printed_sums_add_up(call: Callable):
    """Nothing but what is printed is used: a reader with a calculator gets the printed value."""
    out = call("explain", EXAMPLE, "--image", PHOTOGRAPH, "--lang", "en").out
    sums = re.findall(r"(?s)products and the bias[^:]*:\n(.*?) = (\S+)\n", out)
    assert len(sums) == 4
    for terms, result in sums:
        text = re.sub(r"\((?:\d+ others|bias): (\S+)\)", r"\1", terms).replace(" ", "")
        parts = re.findall(rf"([+−]?)\s*({NUMBER})", text.replace("\n", ""))
        total = sum((-1 if sign == "−" else 1) * value(part) for sign, part in parts)
        assert total == pytest.approx(value(result), abs=0.002)
    for terms, result in re.findall(r"max\((.*?)\) = (\S+)", out):
        assert max(map(value, terms.split(", "))) == value(result)
    rows = re.findall(rf"(?m)^  (\d) +({NUMBER}) +({NUMBER}) +(\S+)% .* ({NUMBER}) *$", out)
    assert [row[0] for row in rows] == list("0123456789")
    total = sum(value(row[2]) for row in rows)
    for _, score, exponential, percent, loss in rows:
        assert np.exp(value(score)) == pytest.approx(value(exponential), rel=0.05)
        assert value(percent) == pytest.approx(100 * value(exponential) / total, abs=0.011)
        assert value(loss) == pytest.approx(np.log(total) - value(score), abs=0.001)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tables_fit_a_terminal(width: int, language: str):
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, highlight=False)
    subject = find_subject("pretrained")
    network = explain_calls(subject.run(np.zeros((28, 28), np.uint8)), subject.parameters)
    print_network(console, subject, network, language)
    effect = Effect(
        change="double", value=0.02, verdict="no difference", points=-0.051, margin=0.2,
        seeds=3, diverged=1, epochs=3, train_images=0, validation=5000,
    )  # fmt: skip
    settings = explain_settings(Recipe(), "tutorial", language)
    settings = [replace(settings[0], effects=(effect,)), *settings[1:]]
    print_settings(console, subject, settings, language)
    text = file.getvalue()
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    assert "48·10·10·(16·3·3)" in text
    assert "−0.05" in text
    assert "0.20" in text
    assert ("diverged" if language == "en" else "发散") in text


def test_chinese_lines_are_filled_and_nothing_is_lost():
    text = "10 个 5×5 的卷积核，在图像上滑动（步幅 1）。A_very_long_name_without_spaces"
    for width in (2, 8, 11, 30):
        lines = wrap(text, width)
        assert max(map(cell_len, lines)) <= width
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert width == 2 or not any(line.startswith(("，", "。", "）")) for line in lines)


def test_a_terminal_without_the_signs_gets_plain_ones(
    call: Callable, monkeypatch: pytest.MonkeyPatch
):
    content = io.BytesIO()
    for encoding, _language in (("gbk", "zh"), ("ascii", "en")):
        stream = io.TextIOWrapper(content, encoding, errors="strict")
        monkeypatch.setattr("sys.stdout", stream)
        call(
            "explain", EXAMPLE, "--image", PHOTOGRAPH, "--lang", "zh" if encoding == "gbk" else "en"
        )
        stream.flush()
    text = content.getvalue().decode("gbk")
    assert "28 - 5 + 1 = 24" in text
    assert "10*24*24*(1*5*5)" in text
    assert "\\u" not in text


def test_json_is_data_without_a_language(call: Callable):
    found = [
        json.loads(call("explain", "--image", PHOTOGRAPH, "--json", "--lang", it).out)
        for it in ("en", "zh")
    ]
    assert found[0] == found[1]
    record = found[0]
    assert record["network"]["parameters"] == 131_322
    assert np.array(record["picture"]["pixels"]).shape == (28, 28)
    assert len(record["followed"]) == len(record["network"]["operations"])
    assert int(np.argmax(record["answer"]["probabilities"])) == 7
    rate = next(it for it in record["settings"] if it["name"] == "learning_rate")
    assert rate["range"]["includes_least"] is False


def test_a_network_of_ones_own_and_its_figure(call: Callable, place: Path):
    found = call("explain", "nets.py:Residual", "--image", PHOTOGRAPH, "--figure", "a.png")
    assert (found.code, found.err) == (0, "")
    assert "torch.cumsum" in found.out
    assert "wrote a.png" in found.out
    assert "random" in found.out  # an untrained network's answer means nothing
    call("explain", "nets.py:Residual", "--image", PHOTOGRAPH, "--figure", "b.png", "--lang", "zh")
    english, chinese = (np.asarray(Image.open(name)) for name in ("a.png", "b.png"))
    assert english.shape == chinese.shape
    assert len(set(map(tuple, english[600:900:3, ::3].reshape(-1, 3).tolist()))) > 50  # the maps
    assert (english[:120] != chinese[:120]).any()  # the words differ
    assert np.array_equal(english[620:, 440:1500], chinese[620:, 440:1500])  # but not the numbers


def test_what_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    drawn = []
    monkeypatch.setattr(figure, "draw_explanation", lambda it, path: drawn.append(it) or path)
    explained = explain_subject(find_subject("pretrained"), prepare_picture(PHOTOGRAPH, "mnist"))
    figure.draw(explained, "en", tmp_path / "a.png")
    layers = {it.name: it for it in drawn[0].layers}
    assert "Reshape" not in layers  # it would only repeat the row above
    for layer in layers.values():
        largest = np.unravel_index(np.argmax(layer.values), layer.values.shape)[0]
        assert layer.marked == largest
    assert len({it.marked for it in layers.values()}) > 2
    assert [it.labels for it in layers.values() if it.labels] == [tuple("0123456789")]
    assert drawn[0].layers[-1].labels


def test_a_picture_of_several_digits(call: Callable, mnist: Dataset, tmp_path: Path):
    path = tmp_path / "two.png"
    Image.fromarray(255 - np.hstack(mnist.test_images[:2])).save(path)
    for language, text in (("en", "several digits: try"), ("zh", "似乎有多个数字")):
        assert text in call("explain", "--image", path, "--lang", language).out
        assert text not in call("explain", "--image", PHOTOGRAPH, "--lang", language).out


def test_ones_own_network_is_among_the_choices(call: Callable, place: Path):
    out = call("explain", "nets.py:Residual", "--lang", "en").out
    assert "or your own" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "there is no nothing; give a recipe"),
        (["none.toml"], "none.toml cannot be read"),
        (["nets.py:Other"], "nets.py has no class Other"),
        (["nets.py:Larger"], "takes 3136 numbers per image, but gets 2304"),
        (["nets.py:Empty"], "has no weights that could be trained"),
        (["nets.py:Broken"], "forward fails on images of shape (2, 1, 28, 28)"),
        (["run"], "has no checkpoint"),
        (["model.onnx"], "contains no model"),
        (["--image", "none.png"], "none.png"),
        (["--image", "nets.py"], "nets.py"),
        (["--image", "blank.png"], "no digit found"),
        (["--figure", "a.png"], "give one with --image"),
        (["--image", str(PHOTOGRAPH), "--figure", "a.txt"], "its name must end in .png"),
        (["--image", str(PHOTOGRAPH), "--figure", "run/a.png/b.png"], "cannot be written"),
    ],
)
def test_bad_input(call: Callable, place: Path, arguments: list[str], message: str):
    (place / "run").mkdir()
    (place / "run/run.json").write_text("{}")
    (place / "run/a.png").touch()
    Image.new("L", (50, 50), 255).save("blank.png")
    found = call("explain", *arguments)
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("digitlab: ")
    assert found.err.count("\n") == 1
    assert message in found.err
