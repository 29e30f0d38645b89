"""The networks: their parameters, their outputs, and what they refuse to load."""

import pytest
import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import CLASSIFIERS, Recipe
from digitlab.train.build import build_network, load_weights
from digitlab.train.networks import count_parameters, normalize

NORMS = {2: 16, 3: 48, 4: 64}


def test_the_tutorials_parameters():
    shapes = {name: tuple(p.shape) for name, p in build_network(Recipe()).named_parameters()}
    assert shapes == {
        "conv1.weight": (10, 1, 5, 5),
        "conv1.bias": (10,),
        "conv2.weight": (20, 10, 5, 5),
        "conv2.bias": (20,),
        "fc1.weight": (50, 320),
        "fc1.bias": (50,),
        "fc2.weight": (10, 50),
        "fc2.bias": (10,),
    }
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == 21_840


def test_the_fast_networks_parameters_and_that_its_first_layer_is_not_learned():
    network = build_network(Recipe(network="fast"))
    shapes = {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}
    assert shapes == {
        "conv1.weight": (16, 1, 5, 5),
        "conv2.weight": (16, 16, 3, 3),
        "conv3.weight": (48, 16, 3, 3),
        "conv4.weight": (64, 48, 3, 3),
        **{f"norm{i}.{kind}": (n,) for i, n in NORMS.items() for kind in ("weight", "bias")},
        "fc.weight": (10, 64),
        "fc.bias": (10,),
    }
    assert count_parameters(network) == 38_170
    fixed = [name for name, weight in network.named_parameters() if not weight.requires_grad]
    assert fixed == ["conv1.weight"]


def test_whitened_outputs_have_deviation_1_and_are_uncorrelated(mnist: Dataset):
    network = build_network(Recipe(network="fast"))
    images = normalize(torch.from_numpy(mnist.train_images[:2000]), 0.1307, 0.3081)
    network.whiten(images)
    assert torch.equal(network.conv1.weight[:8], -network.conv1.weight[8:])
    answers = network.conv1(images)[:, :8].detach().transpose(0, 1).reshape(8, -1)
    covariance = answers @ answers.T / answers.shape[1]
    assert torch.allclose(covariance, torch.eye(8), atol=0.1)
    assert (covariance - torch.diag(covariance.diag())).abs().max() < 1e-3


def test_the_compact_network_has_no_more_parameters_than_the_tutorials():
    compact = build_network(Recipe(network="compact"))
    weights = 25 * 16 + 9 * (16 * 20 + 20 * 20 + 20 * 28 + 28 * 36) + 10 * 36
    assert count_parameters(compact) == weights + 2 * (16 + 20 + 20 + 28 + 36) + 10 == 21_602
    assert count_parameters(compact) <= count_parameters(build_network(Recipe()))


def test_the_best_network_is_less_than_a_megabyte():
    best = build_network(Recipe(network="best"))
    weights = 25 * 16 + 9 * (16 * 48 + 48 * 48 + 48 * 64 + 64 * 128) + 10 * 128
    assert count_parameters(best) == weights + 2 * (16 + 48 + 48 + 64 + 128) + 10 == 131_322
    assert 4 * count_parameters(best) < 900_000  # bytes; the rest of an ONNX file is small


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("images", [1, 2, 17])
def test_outputs_are_log_probabilities(images: int, name: str):
    network = build_network(Recipe(network=name)).eval()
    answers = network(torch.randn(images, 1, 28, 28))
    assert answers.shape == (images, 10)
    assert torch.allclose(answers.exp().sum(dim=1), torch.ones(images), atol=1e-5)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_dropout_is_only_for_training(name: str):
    network = build_network(Recipe(network=name))
    image = torch.randn(2, 1, 28, 28)
    assert not torch.equal(network.train()(image), network(image))
    assert torch.equal(network.eval()(image), network(image))


def test_without_dropout_training_and_testing_answer_the_same():
    network = build_network(Recipe(dropout=0.0))
    image = torch.randn(4, 1, 28, 28)
    assert torch.equal(network.train()(image), network.eval()(image))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("fc2.bias"), r"fc2.bias has shape \(missing\), expected \(10,\)"),
        (
            lambda w: w.update(extra=torch.zeros(3)),
            r"extra has shape \(3,\), expected \(no such tensor\)",
        ),
        (
            lambda w: w.update({"fc2.bias": torch.zeros(9)}),
            r"fc2.bias has shape \(9,\), expected \(10,\)",
        ),
    ],
)
def test_weights_of_another_network_are_refused_and_nothing_is_loaded(change, message: str):
    network = build_network(Recipe())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    weights = {name: value + 1 for name, value in before.items()}
    change(weights)
    with pytest.raises(DigitlabError, match=message):
        load_weights(network, weights)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
