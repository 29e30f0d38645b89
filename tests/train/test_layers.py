"""Inside any network: which layers `forward` really calls, in which order, with what outputs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.export.onnx import _FromBytes, to_onnx
from digitlab.models.card import ANSWERS, IMAGES
from digitlab.models.session import onnxruntime
from digitlab.recipe import CLASSIFIERS, Recipe
from digitlab.records.inside import to_npz
from digitlab.train.build import build_network
from digitlab.train.layers import layer_outputs, look_inside
from digitlab.train.networks import normalize

INNER = {
    "tutorial": ["conv1", "conv2", "fc1"],
    "fast": ["conv1", "conv2", "conv3", "conv4"],
    "compact": ["conv1", "conv2", "conv3", "conv4", "conv5"],
    "best": ["conv1", "conv2", "conv3", "conv4", "conv5"],
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_inner_layers_of_our_networks(name: str):
    network = build_network(Recipe(network=name))
    images = torch.randn(3, 1, 28, 28)
    outputs = layer_outputs(network, images)
    assert list(outputs) == INNER[name]
    assert torch.equal(outputs["conv1"], network.conv1(images))
    assert not network.training
    assert not any(module._forward_hooks for module in network.modules())


class Odd(nn.Module):
    """What users' networks do: nested names, lazy and unused layers, one called twice, in place."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Conv2d(1, 1, 1)
        self.conv2d = nn.Conv2d(3, 4, 3)  # a name that the exporter gives to a value as well
        self.layers = nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.LazyConv2d(4, 3))
        self.images = nn.LazyLinear(16)  # the name of the model's input
        self.relu = nn.Linear(16, 16)
        self.scores = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(self.conv2d(x.expand(-1, 3, -1, -1)))
        if not hasattr(self, "late"):
            self.late = nn.Linear(16, 16)
        x = self.relu(F.relu_(self.images(x.flatten(1))))
        x = self.late(x)
        x = self.relu(x)
        return F.log_softmax(self.scores(x).squeeze(), dim=-1)


@pytest.fixture
def odd() -> nn.Module:
    torch.manual_seed(1)
    return Odd()


def test_the_inner_layers_of_any_network(odd: nn.Module):
    images = torch.randn(2, 1, 28, 28)
    outputs = layer_outputs(odd, images)
    assert list(outputs) == ["conv2d", "layers.2", "images", "late", "relu"]
    with torch.inference_mode():
        first = odd.conv2d(images.expand(-1, 3, -1, -1))
        assert torch.equal(outputs["conv2d"], first)  # not what ReLU made of it in place
        assert outputs["conv2d"].min() < 0
        assert outputs["images"].min() < 0
        assert torch.equal(outputs["relu"], odd.relu(outputs["late"]))  # the second call


def test_a_network_of_one_layer_has_no_inner_ones():
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    assert layer_outputs(network, torch.randn(2, 1, 28, 28)) == {}


def test_look_inside_is_what_the_first_test_image_gives(odd: nn.Module, small_mnist: Dataset):
    inside = look_inside(odd, small_mnist)
    pair = normalize(
        torch.from_numpy(small_mnist.test_images[:2]), small_mnist.mean, small_mnist.std
    )
    assert [(it.name, it.shape) for it in inside.layers] == [
        *(("conv2d", (4, 26, 26)), ("layers.2", (4, 11, 11))),
        *((name, (16,)) for name in ("images", "late", "relu")),
    ]
    expected = odd(pair).exp()[0].detach().numpy()
    np.testing.assert_allclose(inside.probabilities, expected, rtol=1e-5)
    assert (inside.label, inside.index) == (small_mnist.test_labels[0], 0)
    kernels = odd.conv2d.weight.sum(dim=1).detach().numpy()
    np.testing.assert_allclose(inside.kernels, kernels)
    assert to_npz(inside) == to_npz(look_inside(odd, small_mnist))


def test_without_a_convolution_there_are_no_kernels(small_mnist: Dataset):
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    one = replace(small_mnist, test_images=small_mnist.test_images[:1])
    inside = look_inside(network, one)
    assert inside.kernels is None
    assert inside.layers == []
    assert inside.probabilities.sum() == pytest.approx(1)


def test_an_exported_network_has_the_same_inner_layers(odd: nn.Module):
    from onnx import checker, load_from_string

    layer_outputs(odd, torch.zeros(2, 1, 28, 28))  # makes its lazy layers
    weights = to_onnx(_FromBytes(odd, 0.1, 0.3).eval())
    checker.check_model(load_from_string(weights))
    images = np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    session = onnxruntime.InferenceSession(weights)
    names = [it.name for it in session.get_outputs()]
    assert names == [ANSWERS, "conv2d", "layers.2", "images_", "late", "relu"]
    outputs = session.run(None, {IMAGES: images})
    expected = layer_outputs(odd, normalize(torch.from_numpy(images), 0.1, 0.3))
    for found, wanted in zip(outputs[1:], expected.values(), strict=True):
        np.testing.assert_allclose(found, wanted.numpy(), atol=1e-4)
