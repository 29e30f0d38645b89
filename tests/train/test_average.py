"""The average of the weights, apart from training; `test_settings_matter.py` tests it there."""

import pytest
import torch
from torch import nn

from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train.average import ExponentialMovingAverage
from digitlab.train.build import build_network


def shift(network: nn.Module, by: float) -> None:
    """Add a number to every weight, and 1 to batch norm's counters."""
    with torch.no_grad():
        for value in network.state_dict().values():
            value.add_(by) if value.is_floating_point() else value.add_(1)


def test_weights_and_batch_norms_statistics_are_averaged():
    network = build_network(Recipe(network="compact"))
    average = ExponentialMovingAverage(network, 0.75)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    shift(network, 1.0)
    average.update(network, step=1000)
    for name, mean in average.state_dict().items():
        expected = before[name] + (0.25 if mean.is_floating_point() else 1)
        assert torch.allclose(mean, expected), name
    assert "norm1.running_var" in average.state_dict()


@pytest.mark.parametrize(
    ("step", "kept"),
    [(0, 1 / 10), (1, 2 / 11), (10, 11 / 20), (79, 80 / 89), (80, 0.9), (999, 0.9)],
)
def test_the_first_steps_keep_less(step: int, kept: float):
    network = build_network(Recipe(dropout=0.0))
    average = ExponentialMovingAverage(network, 0.9)
    before = network.fc2.bias.detach().clone()
    shift(network, 1.0)
    average.update(network, step=step)
    assert torch.allclose(average.state_dict()["fc2.bias"], before + (1 - kept))


def test_a_saved_average_is_restored():
    average = ExponentialMovingAverage(build_network(Recipe(network="compact")), 0.9)
    saved = {name: value.clone() for name, value in average.state_dict().items()}
    shift(average.network, 1.0)
    average.load_state_dict(saved)
    for name, value in average.state_dict().items():
        assert torch.equal(value, saved[name]), name


def test_it_is_a_copy_in_the_same_memory_layout():
    network = build_network(Recipe())
    average = ExponentialMovingAverage(network, 0.9)
    shift(average.network, 1.0)
    assert not torch.equal(network.conv1.bias, average.network.conv1.bias)
    weight = average.network.conv2.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_the_average_of_another_network_is_refused():
    average = ExponentialMovingAverage(build_network(Recipe()), 0.9)
    with pytest.raises(DigitlabError, match="another network"):
        average.load_state_dict({})
