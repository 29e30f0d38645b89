import pytest
import torch

from digitlab.core.errors import DigitlabError
from digitlab.train.networks import build_network, count_parameters, load_weights
from digitlab.train.recipe import NETWORKS, Recipe

NORMS = {1: 16, 2: 32, 3: 64, 4: 192}


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


def test_the_batch_norm_networks_parameters():
    shapes = {
        name: tuple(parameter.shape)
        for name, parameter in build_network(Recipe(network="batch-norm")).named_parameters()
    }
    assert shapes == {
        "conv1.weight": (16, 1, 5, 5),
        "conv2.weight": (32, 16, 3, 3),
        "conv3.weight": (64, 32, 3, 3),
        "conv4.weight": (192, 64, 3, 3),
        **{f"norm{i}.{kind}": (n,) for i, n in NORMS.items() for kind in ("weight", "bias")},
        "fc.weight": (10, 192),
        "fc.bias": (10,),
    }
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == 136_570


def test_the_small_networks_parameters():
    small = build_network(Recipe(network="batch-norm-small"))
    weights = 25 * 16 + 9 * (16 * 32 + 32 * 48 + 48 * 64) + 10 * 64
    assert count_parameters(small) == weights + 2 * (16 + 32 + 48 + 64) + 10 == 47_450


def test_the_compact_network_has_no_more_parameters_than_the_tutorials():
    compact = build_network(Recipe(network="compact"))
    weights = 9 * (12 + 12 * 16 + 16 * 24 + 24 * 28 + 28 * 36) + 10 * 36
    assert count_parameters(compact) == weights + 2 * (12 + 16 + 24 + 28 + 36) + 10 == 21_014
    assert count_parameters(compact) <= count_parameters(build_network(Recipe()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_layers_to_look_at_are_there_and_are_called(name: str):
    network = build_network(Recipe(network=name)).eval()
    seen = {}
    for layer in network.layers:
        network.get_submodule(layer).register_forward_hook(
            lambda _module, _inputs, output, layer=layer: seen.update({layer: output.shape})
        )
    network(torch.randn(3, 1, 28, 28))
    assert tuple(seen) == network.layers
    assert all(shape[0] == 3 for shape in seen.values())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("images", [1, 2, 17])
def test_answers_are_logarithms_of_probabilities(images: int, name: str):
    network = build_network(Recipe(network=name)).eval()
    answers = network(torch.randn(images, 1, 28, 28))
    assert answers.shape == (images, 10)
    assert torch.allclose(answers.exp().sum(dim=1), torch.ones(images), atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_is_for_training_alone(name: str):
    network = build_network(Recipe(network=name))
    image = torch.randn(2, 1, 28, 28)
    assert not torch.equal(network.train()(image), network(image))
    assert torch.equal(network.eval()(image), network(image))


def test_without_dropout_training_and_testing_answer_the_same():
    network = build_network(Recipe(dropout=0.0))
    image = torch.randn(4, 1, 28, 28)
    assert torch.equal(network.train()(image), network.eval()(image))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: w.pop("fc2.bias"), r"fc2.bias is absent in place of \(10,\)"),
        (lambda w: w.update(extra=torch.zeros(3)), r"extra is \(3,\) in place of absent"),
        (lambda w: w.update({"fc2.bias": torch.zeros(9)}), r"fc2.bias is \(9,\) in place of"),
    ],
)
def test_weights_of_another_network_are_refused_and_none_is_taken(change, told: str):
    network = build_network(Recipe())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    weights = {name: value + 1 for name, value in before.items()}
    change(weights)
    with pytest.raises(DigitlabError, match=told):
        load_weights(network, weights)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
