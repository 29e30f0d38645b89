"""The optimizers, momentum SGD and Muon, and the learning rate schedules."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from digitlab.recipe import Recipe


def learning_rate_at(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of one step, counted from 0, out of `steps` in the whole run.

    Both `one-cycle` and `triangle` rise linearly over the first `recipe.warm_up` of the steps.
    Then `one-cycle` falls to 0 along half a cosine, and `triangle` falls to 0 linearly.

    Sources: L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
    using large learning rates" (2018), except that momentum stays constant here; the cosine is
    from I. Loshchilov and F. Hutter, "SGDR" (ICLR 2017).

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
    progress = (step - rising) / (steps - rising)  # of the fall: 0 to below 1
    if recipe.schedule == "triangle":
        return recipe.learning_rate * (1 - progress)
    return recipe.learning_rate * (1 + math.cos(math.pi * progress)) / 2


class MomentumSGD:
    """Stochastic gradient descent with momentum.

    Each weight w has a velocity v, initially 0. A step with gradient g computes::

        v = momentum * v + g
        w = w - learning_rate * v

    With weight decay, `weight_decay * w` is added to g first, but only for the weights of
    convolutions and linear layers. Biases and batch norm parameters do not decay.

    The arithmetic is the same as that of `torch.optim.SGD`, to the last bit. It is written out
    here because it is the core of learning, and because importing PyTorch's class takes a second.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (ICML 2013), in PyTorch's form.

    Parameters
    ----------
    named_parameters
        What `network.named_parameters()` yields; those that need no gradient are ignored.
    learning_rate
        The step size, above 0. The training loop sets it before every step.
    momentum
        How much of the previous velocity is kept, from 0 to below 1.
    weight_decay
        How strongly weights are pulled towards 0, at least 0.
    clip
        The longest gradient of all weights together: a longer one is shortened; 0 for any length.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        learning_rate: float,
        momentum: float,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        self.parameters = {name: w for name, w in named_parameters if w.requires_grad}
        self.velocities = {name: torch.zeros_like(w) for name, w in self.parameters.items()}
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.clip = clip
        device = next(iter(self.parameters.values())).device
        # A recorded CUDA graph would repeat the number that it was recorded with, so on a GPU
        # the rate is a tensor in GPU memory, which the graph reads anew in every step.
        self._rate_on_gpu = torch.zeros((), device=device) if device.type == "cuda" else None
        self.learning_rate = learning_rate

    @property
    def learning_rate(self) -> float:
        """The size of the next step."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = rate
        if self._rate_on_gpu is not None:
            self._rate_on_gpu.fill_(rate)

    def zero_grad(self) -> None:
        """Clear the gradients, because `backward` adds to those it finds."""
        for parameter in self.parameters.values():
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update every weight with the gradient that `backward` computed."""
        if self.clip:
            nn.utils.clip_grad_norm_(self.parameters.values(), self.clip)
        for name, parameter in self.parameters.items():
            if parameter.grad is None:  # the network did not use it
                continue
            velocity = self.velocities[name].mul_(self.momentum).add_(parameter.grad)
            direction = self._direction(parameter, parameter.grad, velocity)
            if self._rate_on_gpu is None:
                parameter.add_(direction, alpha=-self.learning_rate)
            else:
                parameter.addcmul_(direction, self._rate_on_gpu, value=-1)

    def _direction(self, weight: Tensor, gradient: Tensor, velocity: Tensor) -> Tensor:
        """Return what a step subtracts from the weight, before the learning rate is applied."""
        if self.weight_decay and weight.dim() > 1:
            velocity.add_(weight, alpha=self.weight_decay)
        return velocity

    def state_dict(self) -> dict[str, Tensor]:
        """Return the velocities by the names of their parameters."""
        return self.velocities

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore the velocities that `state_dict` returned, possibly in another process."""
        for name, velocity in self.velocities.items():
            velocity.copy_(state[name])


class Muon(MomentumSGD):
    """Momentum SGD, except that the steps of hidden convolutions are made orthogonal.

    The weights of every convolution except the first, and except one that puts out the network's
    answer, form a matrix with one row per kernel and channels x height x width columns. A gradient
    has large singular values in a few directions of this matrix and small ones in the rest, so SGD
    moves far in few directions and hardly in the others. Muon sets all singular values of the step
    to about 1, whatever the size of the gradient, so the learning rate alone decides the step size.
    Why this helps is not proven; its author supposes that the directions with small singular values
    matter for learning what is rare. All other weights move as in `MomentumSGD`.

    A hidden convolution's matrix w with velocity v and gradient g::

        v = momentum * v + g
        step = orthogonalized(g + momentum * v)
        w = w - learning_rate * (relative_rate * step + weight_decay / (1 - momentum) * w)

    Weight decay does not go through the velocity, where it would change the step's direction and
    not its length; it is applied to the weights directly. In `MomentumSGD`, the velocity adds up
    each pull 1 / (1 - momentum) times, and the same factor is used here.

    Sources: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024),
    without its scale for matrices with more rows than columns, which no convolution here has;
    J. Liu et al., "Muon is scalable for LLM training" (2025) for the weight decay.

    Parameters
    ----------
    named_parameters, learning_rate, momentum, weight_decay, clip
        As in `MomentumSGD`.
    relative_rate
        The step size of hidden convolutions as a multiple of the learning rate, above 0.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        learning_rate: float,
        momentum: float,
        weight_decay: float = 0.0,
        clip: float = 0.0,
        relative_rate: float,
    ) -> None:
        super().__init__(
            named_parameters,
            learning_rate=learning_rate,
            momentum=momentum,
            weight_decay=weight_decay,
            clip=clip,
        )
        self.relative_rate = relative_rate
        self._answer = [it for it in self.parameters.values() if it.dim() > 1][-1]

    def _direction(self, weight: Tensor, gradient: Tensor, velocity: Tensor) -> Tensor:
        # Images have one channel, so only convolutions after the first have several.
        is_hidden_convolution = (
            weight.dim() == 4 and weight.shape[1] > 1 and weight is not self._answer
        )
        if not is_hidden_convolution:
            return super()._direction(weight, gradient, velocity)
        # Nesterov momentum: the velocity after one more step with this gradient.
        matrix = gradient.add(velocity, alpha=self.momentum).flatten(1)  # (kernels, weights each)
        step = self.relative_rate * orthogonalized(matrix).view_as(weight)
        return step.add_(weight, alpha=self.weight_decay / (1 - self.momentum))


def orthogonalized(matrix: Tensor) -> Tensor:
    """Return the matrix, (rows, columns), with its singular values moved to 0.68 to 1.21.

    Applies a polynomial of degree 5 five times. It changes the singular values, keeps the singular
    vectors, and needs only matrix products. Each round multiplies small values by 3.4; values
    below 0.0015 of the matrix's norm therefore stay below 0.68.

    Source: as `Muon`.

    >>> long_and_short = torch.tensor([[9.0, 0.0], [0.0, 0.1]])
    >>> [round(length, 1) for length in orthogonalized(long_and_short).diag().tolist()]
    [0.7, 0.8]
    """
    x: Tensor = matrix / (matrix.norm() + 1e-7)  # now no singular value is above 1
    for _ in range(5):
        square = x @ x.T  # (rows, rows)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x


def make_optimizer(network: nn.Module, recipe: Recipe) -> MomentumSGD:
    """Return the optimizer that the recipe asks for: `Muon` if `recipe.muon` is above 0."""
    settings = {
        "learning_rate": recipe.learning_rate,
        "momentum": recipe.momentum,
        "weight_decay": recipe.weight_decay,
        "clip": recipe.clip,
    }
    if recipe.muon:
        return Muon(network.named_parameters(), relative_rate=recipe.muon, **settings)
    return MomentumSGD(network.named_parameters(), **settings)
