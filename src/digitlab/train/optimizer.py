"""How a gradient becomes a step, and how long the step is."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from digitlab.recipe import Recipe


def learning_rate_at(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of a step, counted from 0, of so many in all.

    One cycle rises in a straight line over `recipe.warm_up` of the steps and falls along half a
    cosine to 0; a triangle falls in a straight line.

    Source: L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
    using large learning rates" (2018), without its changes of the momentum; the cosine is from
    I. Loshchilov and F. Hutter, "SGDR" (ICLR 2017).

    >>> one_cycle = Recipe(schedule="one-cycle", warm_up=0.5, learning_rate=1.0)
    >>> [round(learning_rate_at(one_cycle, step, 8), 2) for step in range(8)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.85, 0.5, 0.15]
    >>> triangle = Recipe(schedule="triangle", warm_up=0.5, learning_rate=1.0)
    >>> [round(learning_rate_at(triangle, step, 8), 2) for step in range(8)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    rising = recipe.warm_up * steps
    if step < rising:
        return recipe.learning_rate * min(1.0, (step + 1) / rising)
    fallen = (step - rising) / (steps - rising)  # 0 to below 1
    if recipe.schedule == "triangle":
        return recipe.learning_rate * (1 - fallen)
    return recipe.learning_rate * (1 + math.cos(math.pi * fallen)) / 2


class MomentumSGD:
    """Stochastic gradient descent with momentum, over all of a network's parameters.

    Each weight w keeps a velocity v, which starts at 0. A step with gradient g does::

        v = momentum * v + g
        w = w - learning_rate * v

    With weight decay, `weight_decay * w` is added to g first; not for the parameters that have one
    number a channel (biases, batch norm), which say how bright a channel is and not what it sees.

    The arithmetic is that of `torch.optim.SGD(…, lr=…, momentum=…)`, to the last bit. It is
    written out because it is the heart of the matter, and because PyTorch's own class takes a
    second to import what this one does not need.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (ICML 2013), in the form that PyTorch gives it.

    Parameters
    ----------
    named_parameters
        What `network.named_parameters()` yields; those that are not learned are left alone.
    learning_rate
        How far a step goes, above 0.
    momentum
        How much of the last velocity is kept, from 0 to below 1.
    weight_decay
        How strongly weights are pulled towards 0, at least 0.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        learning_rate: float,
        momentum: float,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = {name: w for name, w in named_parameters if w.requires_grad}
        self.velocities = {name: torch.zeros_like(w) for name, w in self.parameters.items()}
        self.momentum = momentum
        self.weight_decay = weight_decay
        device = next(iter(self.parameters.values())).device
        # A step that a GPU has recorded reads the rate where it lies in the GPU's memory.
        self._rate_on_gpu = torch.zeros((), device=device) if device.type == "cuda" else None
        self.learning_rate = learning_rate

    @property
    def learning_rate(self) -> float:
        """How far the next step goes."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        """Change how far the next step goes."""
        self._learning_rate = rate
        if self._rate_on_gpu is not None:
            self._rate_on_gpu.fill_(rate)

    def zero_grad(self) -> None:
        """Forget the gradient: `backward` adds to what is there."""
        for parameter in self.parameters.values():
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change every weight by its gradient, which `backward` has left."""
        for name, parameter in self.parameters.items():
            assert parameter.grad is not None
            velocity = self.velocities[name].mul_(self.momentum).add_(parameter.grad)
            direction = self._direction(parameter, parameter.grad, velocity)
            if self._rate_on_gpu is None:
                parameter.add_(direction, alpha=-self.learning_rate)
            else:
                parameter.addcmul_(direction, self._rate_on_gpu, value=-1)

    def _direction(self, weight: Tensor, gradient: Tensor, velocity: Tensor) -> Tensor:
        """Return what a step subtracts, but for its rate; weight decay goes into the velocity."""
        if self.weight_decay and weight.dim() > 1:
            velocity.add_(weight, alpha=self.weight_decay)
        return velocity

    def state_dict(self) -> dict[str, Tensor]:
        """Return the velocities by the parameters' names."""
        return self.velocities

    def load_state_dict(self, velocities: dict[str, Tensor]) -> None:
        """Take over the velocities that `state_dict` returned, perhaps in another process."""
        for name, velocity in self.velocities.items():
            velocity.copy_(velocities[name])


class Muon(MomentumSGD):
    """Momentum SGD, but hidden convolutions go as far in one direction as in another.

    The weights of a convolution behind the first are a matrix: a row a kernel, with so many
    columns as a kernel has weights (channels x height x width). SGD goes far in few directions of
    such a matrix and hardly in the others. Here the step is made orthogonal before it is gone: its
    singular values, which are its lengths in each direction, all become about 1, for a small
    gradient as for a large one. So the learning rate alone says how far a step goes. Why networks
    learn more by it is not proven; its author supposes that the short directions teach what is
    rare. Everything else (first convolution, linear layers, biases, batch norm) moves as in
    `MomentumSGD`.

    A hidden convolution's matrix w with velocity v and gradient g::

        v = momentum * v + g
        step = orthogonalized(g + momentum * v)
        w = w - learning_rate * (relative_rate * step + weight_decay / (1 - momentum) * w)

    Weight decay is not added to the velocity: there it would turn the step and not lengthen it. It
    pulls at the weights themselves. In `MomentumSGD` the velocity adds up each pull 1 /
    (1 - momentum) times; so the same factor stands here.

    Sources: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024),
    without its scale for matrices with more rows than columns, which no convolution here has;
    J. Liu et al., "Muon is scalable for LLM training" (2025) for the weight decay.

    Parameters
    ----------
    named_parameters, learning_rate, momentum, weight_decay
        As `MomentumSGD` takes them.
    relative_rate
        How long the steps of hidden convolutions are, as a multiple of the learning rate, above 0.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        learning_rate: float,
        momentum: float,
        weight_decay: float = 0.0,
        relative_rate: float,
    ) -> None:
        super().__init__(
            named_parameters,
            learning_rate=learning_rate,
            momentum=momentum,
            weight_decay=weight_decay,
        )
        self.relative_rate = relative_rate

    def _direction(self, weight: Tensor, gradient: Tensor, velocity: Tensor) -> Tensor:
        # Images are gray: only behind the first convolution has a kernel several channels.
        is_hidden_convolution = weight.dim() == 4 and weight.shape[1] > 1
        if not is_hidden_convolution:
            return super()._direction(weight, gradient, velocity)
        # One step ahead (Nesterov): where the velocity goes if the next gradient is like this one.
        matrix = gradient.add(velocity, alpha=self.momentum).flatten(1)  # (kernels, weights of one)
        step = self.relative_rate * orthogonalized(matrix).view_as(weight)
        return step.add_(weight, alpha=self.weight_decay / (1 - self.momentum))


def orthogonalized(matrix: Tensor) -> Tensor:
    """Return the matrix, (rows, columns), with its singular values brought near 1: 0.68 to 1.21.

    Five rounds of a polynomial of degree 5. It changes the singular values and leaves their
    directions, by matrix products alone. Its numbers are such that small values grow fast, 3.4
    times a round; those below 0.0015 of the matrix's norm stay smaller all the same.

    Source: as `Muon`.

    >>> long_and_short = torch.tensor([[9.0, 0.0], [0.0, 0.1]])
    >>> [round(length, 1) for length in orthogonalized(long_and_short).diag().tolist()]
    [0.7, 0.8]
    """
    x: Tensor = matrix / (matrix.norm() + 1e-7)  # no singular value is above 1 now
    for _ in range(5):
        square = x @ x.T  # (rows, rows)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x


def make_optimizer(network: nn.Module, recipe: Recipe) -> MomentumSGD:
    """Return what changes the network's weights, as the recipe wants it."""
    settings = {
        "learning_rate": recipe.learning_rate,
        "momentum": recipe.momentum,
        "weight_decay": recipe.weight_decay,
    }
    if recipe.muon:
        return Muon(network.named_parameters(), relative_rate=recipe.muon, **settings)
    return MomentumSGD(network.named_parameters(), **settings)
