"""The optimizers against PyTorch's own, and the learning rate schedules."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import nn

from digitlab.recipe import Recipe
from digitlab.train.optimizer import (
    MomentumSGD,
    Muon,
    learning_rate_at,
    make_optimizer,
    orthogonalized,
)


def train(network: nn.Module, zero_grad: Callable, step: Callable) -> None:
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
    train(ours, optimizer.zero_grad, optimizer.step)
    weights = [p for p in theirs.parameters() if p.dim() > 1]
    others = [p for p in theirs.parameters() if p.dim() == 1]
    groups = [{"params": weights, "weight_decay": 0.05}, {"params": others}]
    reference = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    train(theirs, reference.zero_grad, reference.step)
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-6), name


def test_a_long_gradient_is_shortened_as_pytorch_does_it():
    ours, theirs = make(), make()
    optimizer = MomentumSGD(ours.named_parameters(), learning_rate=0.1, momentum=0.9, clip=0.05)
    train(ours, optimizer.zero_grad, optimizer.step)
    reference = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)

    def step() -> None:
        nn.utils.clip_grad_norm_(theirs.parameters(), 0.05)
        reference.step()

    train(theirs, reference.zero_grad, step)
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other), name
    assert not torch.equal(ours[0].weight, make()[0].weight)


def test_muon_moves_as_pytorchs_own_does():
    # PyTorch's accepts only matrices, and multiplies in bfloat16.
    ours, theirs = make(), make()
    optimizer = Muon(
        ours.named_parameters(),
        learning_rate=0.02,
        momentum=0.8,
        weight_decay=0.02,
        relative_rate=0.3,
    )
    train(ours, optimizer.zero_grad, optimizer.step)
    matrix = nn.Parameter(theirs[0].weight.detach().flatten(1))
    before = matrix.detach().clone()
    reference = torch.optim.Muon([matrix], lr=0.006, momentum=0.8, weight_decay=0.1 / 0.3)
    others = MomentumSGD(
        list(theirs.named_parameters())[1:], learning_rate=0.02, momentum=0.8, weight_decay=0.02
    )

    def step() -> None:
        others.step()
        matrix.grad = theirs[0].weight.grad.flatten(1)
        reference.step()
        with torch.no_grad():
            theirs[0].weight.copy_(matrix.view_as(theirs[0].weight))
            theirs[0].weight.grad = None

    train(theirs, others.zero_grad, step)
    moved = (matrix - before).norm()
    assert moved > 0.05 * before.norm()
    assert (ours[0].weight.flatten(1) - matrix).norm() < 0.02 * moved


def test_muon_moves_all_except_hidden_convolutions_as_sgd_does():
    def network() -> nn.Sequential:
        torch.manual_seed(2)
        first, hidden = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 5, 3)
        return nn.Sequential(first, nn.BatchNorm2d(4), hidden, nn.Flatten(), nn.Linear(20, 2))

    settings = {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}
    one, other = network(), network()
    optimizers = (
        MomentumSGD(one.named_parameters(), **settings),
        Muon(other.named_parameters(), relative_rate=0.5, **settings),
    )
    images = torch.randn(8, 1, 6, 6)
    for it, optimizer in zip((one, other), optimizers, strict=True):
        it(images).square().mean().backward()
        optimizer.step()
    for (name, sgd), muon in zip(one.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(sgd, muon) == (name != "2.weight"), name


def test_muon_leaves_a_convolution_that_puts_out_the_answer_to_sgd():
    def network() -> nn.Sequential:
        torch.manual_seed(2)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 5, 3), nn.Conv2d(5, 3, 1))

    one, other = network(), network()
    settings = {"learning_rate": 0.1, "momentum": 0.9}
    for it, optimizer in (
        (one, MomentumSGD(one.named_parameters(), **settings)),
        (other, Muon(other.named_parameters(), relative_rate=0.5, **settings)),
    ):
        it(torch.ones(2, 1, 6, 6)).square().mean().backward()
        optimizer.step()
    moved_alike = [
        torch.equal(sgd, muon)
        for (name, sgd), muon in zip(one.named_parameters(), other.parameters(), strict=True)
        if name.endswith("weight")
    ]
    assert moved_alike == [True, False, True]


@pytest.mark.parametrize("shape", [(16, 144), (64, 432), (96, 40), (5, 5)])
def test_orthogonalizing_keeps_singular_vectors_and_evens_out_singular_values(
    shape: tuple[int, int],
):
    torch.manual_seed(7)
    matrix = torch.randn(shape) * 10 ** torch.linspace(-2, 1, shape[1])
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    after = left.T @ orthogonalized(matrix) @ right.T
    is_large = values > 0.003 * matrix.norm()
    assert ((after.diag() > 0.65) & (after.diag() < 1.25))[is_large].all()
    assert (after - after.diag().diag()).abs().max() < 1e-3
    of_a_small_gradient = orthogonalized(matrix * 1e-3)
    assert torch.allclose(of_a_small_gradient, orthogonalized(matrix), atol=1e-3)
    assert torch.equal(orthogonalized(torch.zeros(shape)), torch.zeros(shape))


def test_the_recipe_decides_which_optimizer():
    plain, muon = (make_optimizer(make(), Recipe(muon=value)) for value in (0.0, 0.5))
    assert type(plain) is MomentumSGD
    assert isinstance(muon, Muon)
    assert muon.relative_rate == 0.5


def test_a_saved_optimizer_continues_to_the_same_bits():
    settings = {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.05}
    networks = [make(), make()]
    first, second = (MomentumSGD(it.named_parameters(), **settings) for it in networks)
    train(networks[0], first.zero_grad, first.step)
    networks[1].load_state_dict(networks[0].state_dict())
    second.load_state_dict({name: value.clone() for name, value in first.state_dict().items()})
    for network, optimizer in zip(networks, (first, second), strict=True):
        train(network, optimizer.zero_grad, optimizer.step)
    for one, other in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(one, other)


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
