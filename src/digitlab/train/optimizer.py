"""How a gradient becomes a step."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class MomentumSGD:
    """Stochastic gradient descent with momentum, over all of a network's parameters.

    Each weight w keeps a velocity v, which starts at 0. A step with gradient g does::

        v = momentum * v + g
        w = w - learning_rate * v

    The arithmetic is that of `torch.optim.SGD(…, lr=…, momentum=…)`, to the last bit. It is
    written out because it is the heart of the matter, and because PyTorch's own class takes a
    second to import what this one does not need.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (ICML 2013), in the form that PyTorch gives it.

    Parameters
    ----------
    named_parameters
        What `network.named_parameters()` yields.
    learning_rate
        How far a step goes, above 0.
    momentum
        How much of the last velocity is kept, from 0 to below 1.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        *,
        learning_rate: float,
        momentum: float,
    ) -> None:
        self.parameters = dict(named_parameters)
        self.velocities = {name: torch.zeros_like(w) for name, w in self.parameters.items()}
        self.learning_rate = learning_rate
        self.momentum = momentum

    def zero_grad(self) -> None:
        """Forget the gradient: `backward` adds to what is there."""
        for parameter in self.parameters.values():
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change every weight by its gradient, which `backward` has left."""
        for name, parameter in self.parameters.items():
            assert parameter.grad is not None
            velocity = self.velocities[name]
            velocity.mul_(self.momentum).add_(parameter.grad)
            parameter.add_(velocity, alpha=-self.learning_rate)

    def state(self) -> dict[str, Tensor]:
        """Return the velocities by the parameters' names."""
        return self.velocities

    def load_state(self, velocities: dict[str, Tensor]) -> None:
        """Take over the velocities that `state` returned, perhaps in another process."""
        for name, velocity in self.velocities.items():
            velocity.copy_(velocities[name])
