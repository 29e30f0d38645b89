"""The table of a network: known numbers, and the same numbers counted in other ways."""

import io
import math

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import nn

from digitlab.errors import DigitlabError
from digitlab.explain.network import ExplainedNetwork, Operation, explain_calls, explain_network
from digitlab.explain.subject import SHIPPED, find_subject
from digitlab.explain.words import SENTENCES, sentence_of
from digitlab.named_recipes import IMAGE_RECIPES
from digitlab.presentation.tables import print_network
from digitlab.train.build import build_network

IMAGE = np.zeros((28, 28), np.uint8)
PARAMETERS = {"tutorial": 21_840, "fast": 38_170, "compact": 21_602, "best": 131_322}


def explained(what: str) -> ExplainedNetwork:
    subject = find_subject(what)
    return explain_calls(subject.run(IMAGE), subject.parameters)


def texts(operation: Operation) -> list[str]:
    sums = (*operation.sizes, operation.parameters, operation.multiply_adds)
    return [str(it) for it in sums if it is not None]


def test_the_tutorials_network():
    network = explained("tutorial")
    names = " ".join(it.name for it in network.operations)
    assert names == (
        "conv1 F.max_pool2d F.relu conv2 conv2_drop F.max_pool2d F.relu x.flatten fc1 F.relu "
        "fc1_drop fc2 F.log_softmax"
    )
    assert {it.name: texts(it) for it in network.operations if it.parameters} == {
        "conv1": ["28 − 5 + 1 = 24", "10·(1·5·5)+10 = 260", "10·24·24·(1·5·5) = 144,000"],
        "conv2": ["12 − 5 + 1 = 8", "20·(10·5·5)+20 = 5,020", "20·8·8·(10·5·5) = 320,000"],
        "fc1": ["50·320+50 = 16,050", "50·320 = 16,000"],
        "fc2": ["10·50+10 = 510", "10·50 = 500"],
    }
    others = [texts(it) for it in network.operations if it.sizes and not it.parameters]
    assert others == [["24 / 2 = 12"], ["8 / 2 = 4"], ["20·4·4 = 320"]]
    assert (network.parameters, network.multiply_adds) == (21_840, 144_000 + 320_000 + 16_500)
    fields = [it.receptive_field for it in network.operations]
    assert [field[0] for field in fields if field] == [5, 6, 6, 14, 14, 16, 16, 16, *[28] * 5]


@pytest.mark.parametrize("name", IMAGE_RECIPES)
def test_the_networks_of_the_package_against_pytorchs_own_shapes(name: str):
    module = build_network(IMAGE_RECIPES[name]).eval()
    counted = []

    def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        weight = layer.weight
        counted.append(math.prod(output.shape) * math.prod(weight.shape[1:]))

    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    network = explain_network(module)
    found = [it.multiply_adds.result for it in network.operations if it.multiply_adds]
    assert found == counted[: len(found)]
    assert network.multiply_adds == sum(counted)
    assert network.parameters == PARAMETERS[name]
    assert network.unused_parameters == (129 if name == "best" else 0)  # its second output
    assert all(it.kind != "other" for it in network.operations)
    assert [it.name for it in network.operations if it.fixed] == ["conv1"] * (name == "fast")


def test_an_exported_model_has_the_same_table():
    def rows(network: ExplainedNetwork) -> list[object]:
        return [
            (it.kind, it.input_shapes, it.output_shape, texts(it), it.receptive_field)
            for it in network.operations
            if "dropout" not in it.kind
        ]

    def layers(network: ExplainedNetwork) -> list[str]:
        return [it.name for it in network.operations if it.parameters]

    exported, trained = explained(SHIPPED), explained("best")
    assert rows(exported) == rows(trained)
    assert layers(exported) == layers(trained)
    assert exported.parameters == trained.parameters
    assert exported.multiply_adds == trained.multiply_adds


def test_a_network_of_ones_own(unusual: nn.Module):
    network = explain_network(unusual)
    rows = {(it.name, it.kind): it for it in network.operations}
    assert list(rows) == [
        ("stem.0", "convolution"),
        ("stem.1", "batch_norm"),
        ("stem.2", "relu"),
        ("grouped", "convolution"),
        ("+", "add"),
        ("wide", "convolution"),
        ("torch.cat", "concatenate"),
        ("pool", "average_pool"),
        ("torch.cumsum", "other"),
        ("x.view", "flatten"),
        ("hidden", "linear"),
        ("torch.sigmoid", "activation"),
        ("twice", "linear"),
        ("F.gelu", "activation"),
        ("×", "multiply"),
        ("F.dropout", "dropout"),
        ("out", "linear"),
    ]
    twice = [it for it in network.operations if it.name == "twice"]
    assert [(str(it.parameters), it.shares) for it in twice] == [
        ("16·16+16 = 272", False),
        ("None", True),
    ]
    assert [texts(it) for it in network.operations[:8]] == [
        ["⌊(28 + 2·2 − 5) / 2⌋ + 1 = 14", "8·(1·5·5) = 200", "8·14·14·(1·5·5) = 39,200"],
        ["2·8 = 16"],
        [],
        ["14 + 2·1 − 3 + 1 = 14", "8·(2·3·3)+8 = 152", "8·14·14·(2·3·3) = 28,224"],
        [],
        [
            "14 + 2·2 − 2·(3 − 1) − 1 + 1 = 14",
            "8·(8·3·3)+8 = 584",
            "8·14·14·(8·3·3) = 112,896",
        ],
        ["8 + 8 = 16"],
        ["14 / 2 = 7"],
    ]
    add = network.operations[4]
    assert add.sources == (3, 4)  # the residual, and the grouped convolution
    total = sum(it.numel() for it in unusual.parameters())
    assert (network.parameters, network.unused_parameters) == (total - 12, 12)
    unknown = network.operations[8]
    assert unknown.output_shape == (16, 7, 7)
    assert sentence_of(unknown, "en") == sentence_of(unknown, "zh") == ""
    assert unknown.receptive_field is None


class Recurrent(nn.Module):
    """Reads an image row by row, with an LSTM and then with attention."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.LSTM(28, 32, batch_first=True)
        self.attention = nn.MultiheadAttention(32, 2, batch_first=True)
        self.norm = nn.LayerNorm(32)
        self.out = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.rows(x.squeeze(1))
        x = self.norm(x + self.attention(x, x, x)[0])
        return self.out(torch.cumsum(x, dim=1)[:, -1])


def test_work_that_is_not_counted_is_named(unusual: nn.Module):
    network = explain_network(Recurrent())
    assert network.multiply_adds == 320
    assert [it.split(":")[0] for it in network.uncounted] == ["rows", "attention"]
    assert explain_network(unusual).uncounted == ()
    for language in ("en", "zh"):
        file = io.StringIO()
        subject = find_subject("tutorial")
        print_network(Console(file=file, width=120), subject, network, language)
        least = {"en": "at least 320 multiply-adds", "zh": "至少需要 320 次乘加"}[language]
        assert least in file.getvalue()


def test_large_numbers_have_a_comma():
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten(), nn.Linear(1568, 10))
    _, flatten, linear = explain_network(module).operations
    assert texts(flatten) == ["2·28·28 = 1,568"]
    assert texts(linear) == ["10·1,568+10 = 15,690", "10·1,568 = 15,680"]
    assert "all 1,568 inputs" in sentence_of(linear, "en")


class WeightsOnTheLeft(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(10, 784))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.w @ x.flatten(1).T).T


def test_a_matrix_may_be_the_left_factor():
    assert explain_network(WeightsOnTheLeft()).multiply_adds == 7_840


class MeanOfRows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).mean((1, 2)).log_softmax(1)  # over channels and rows, not columns


class SoftmaxOfAMap(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).flatten(1).log_softmax(1)


@pytest.mark.parametrize("network", [MeanOfRows(), SoftmaxOfAMap()])
def test_a_field_that_is_not_known_is_not_invented(network: nn.Module):
    assert explain_network(network).operations[-1].receptive_field is None


def test_every_module_keeps_its_mode():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(9, 9))
    module[1].eval()
    with pytest.raises(DigitlabError, match="fails on an image"):
        explain_network(module)
    assert [it.training for it in module.modules()] == [True, True, False, True, True]
    assert not module[1].num_batches_tracked.any()  # it ran in evaluation mode


@pytest.mark.parametrize(
    "layers",
    [
        [
            nn.Conv2d(1, 2, 5, stride=2, padding=2),
            nn.Conv2d(2, 2, 3, dilation=2),
            nn.AvgPool2d(2),
            nn.Sigmoid(),
            nn.Conv2d(2, 3, 2, padding=1),
            nn.Flatten(),
            nn.Linear(3 * 6 * 6, 4),
        ],
        [nn.Conv2d(1, 2, 20, stride=20, padding=6)],  # every window is partly in the padding
    ],
)
def test_receptive_fields_are_where_the_gradient_is(layers: list[nn.Module]):
    """A pixel is in a value's field if and only if the value changes with it."""
    torch.manual_seed(0)
    parts = nn.Sequential(*layers)
    found = [it.receptive_field for it in explain_network(parts).operations]
    for depth, field in enumerate(found, start=1):
        image = torch.rand(1, 1, 28, 28, requires_grad=True)
        output = parts[:depth](image)[0]
        values = output[0].flatten() if output.ndim == 3 else output
        sizes = []
        for value in values:
            (gradient,) = torch.autograd.grad(value, image, retain_graph=True)
            rows = gradient[0, 0].abs().sum(dim=1).nonzero()
            sizes.append(int(rows.max() - rows.min()) + 1)
        assert field == (max(sizes), max(sizes)), depth


def test_what_digitlab_adds_is_named(tmp_path, monkeypatch: pytest.MonkeyPatch):
    text = "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n"
    text += "        super().__init__(nn.Flatten(), nn.Linear(784, 10))\n"
    (tmp_path / "added_net.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    operations = explained("added_net.py:Net").operations
    assert [it.by_digitlab for it in operations] == [False, False, True]
    assert "digitlab" in sentence_of(operations[-1], "zh")


def test_every_kind_has_a_sentence_in_both_languages(unusual: nn.Module):
    for network in (*map(explained, IMAGE_RECIPES), explain_network(unusual)):
        for operation in network.operations:
            english, chinese = sentence_of(operation, "en"), sentence_of(operation, "zh")
            assert bool(english) == bool(chinese) == (operation.kind != "other")
            assert "{" not in english + chinese
    assert all(bool(it.en) == bool(it.zh) for it in SENTENCES.values())
