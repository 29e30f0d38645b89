"""The optimiser against PyTorch's own, and the learning rate's course."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import nn

from digitlab.train.optimizer import MomentumSGD, learning_rate_at
from digitlab.train.recipe import Recipe


def learn(network: nn.Module, zero_grad: Callable, step: Callable) -> None:
    torch.manual_seed(0)
    for _ in range(20):
        zero_grad()
        network(torch.randn(8, 3, 6, 6)).square().mean().backward()
        step()


def make() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 2))


def test_weight_decay_is_pytorchs_and_for_weights_alone():
    ours, theirs = make(), make()
    optimizer = MomentumSGD(
        ours.named_parameters(), learning_rate=0.1, momentum=0.9, weight_decay=0.05
    )
    learn(ours, optimizer.zero_grad, optimizer.step)
    weights = [p for p in theirs.parameters() if p.dim() > 1]
    others = [p for p in theirs.parameters() if p.dim() == 1]
    groups = [{"params": weights, "weight_decay": 0.05}, {"params": others}]
    reference = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    learn(theirs, reference.zero_grad, reference.step)
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-6), name


def test_a_constant_rate_is_the_recipes():
    assert {learning_rate_at(Recipe(), step, 100) for step in range(100)} == {0.01}


@pytest.mark.parametrize("warm_up", [0.0, 0.1, 0.15, 0.9])
@pytest.mark.parametrize("steps", [7, 100])
def test_one_cycle_rises_to_the_rate_and_falls_to_almost_0(warm_up: float, steps: int):
    recipe = Recipe(schedule="one-cycle", warm_up=warm_up, learning_rate=0.2)
    rates = [learning_rate_at(recipe, step, steps) for step in range(steps)]
    assert all(0 < rate <= 0.2 for rate in rates)
    peak = rates.index(max(rates))
    assert max(rates) > 0.15
    assert abs(peak - warm_up * steps) <= 1
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    if steps == 100:
        assert rates[-1] < 0.006


def test_a_triangle_falls_in_a_straight_line():
    recipe = Recipe(schedule="triangle", warm_up=0.2, learning_rate=0.5)
    rates = [learning_rate_at(recipe, step, 100) for step in range(100)]
    assert max(rates) == rates[20] == 0.5
    falls = {round(a - b, 12) for a, b in pairwise(rates[20:])}
    assert falls == {0.5 / 80}
