import pytest
import torch
from torch import nn

from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train.average import RunningAverage
from digitlab.train.networks import build_network


def shifted(network: nn.Module, by: float) -> None:
    with torch.no_grad():
        for value in network.state_dict().values():
            value.add_(by) if value.is_floating_point() else value.add_(1)


def test_the_average_follows_weights_and_batch_norms_numbers():
    network = build_network(Recipe(network="compact"))
    average = RunningAverage(network, 0.75)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    shifted(network, 1.0)
    average.follow(network, step=1000)
    for name, mean in average.state().items():
        expected = before[name] + (0.25 if mean.is_floating_point() else 1)
        assert torch.allclose(mean, expected), name
    assert "norm1.running_var" in average.state()


def test_the_first_steps_keep_less():
    network = build_network(Recipe(dropout=0.0))
    average = RunningAverage(network, 0.999)
    before = network.fc2.bias.detach().clone()
    shifted(network, 1.0)
    average.follow(network, step=0)
    assert torch.allclose(average.state()["fc2.bias"], before + 0.9)


def test_it_is_another_network_in_the_same_layout():
    network = build_network(Recipe())
    average = RunningAverage(network, 0.9)
    shifted(average.network, 1.0)
    assert not torch.equal(network.conv1.bias, average.network.conv1.bias)
    weight = average.network.conv2.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_the_average_of_another_network_is_refused():
    average = RunningAverage(build_network(Recipe()), 0.9)
    with pytest.raises(DigitlabError, match="another network"):
        average.load_state({})
