"""How a gradient becomes a step, and how long the step is."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from digitlab.train.recipe import Recipe


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
        What `network.named_parameters()` yields; those that are not learnt are left alone.
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
            velocity = self.velocities[name]
            velocity.mul_(self.momentum).add_(parameter.grad)
            if self.weight_decay and parameter.dim() > 1:
                velocity.add_(parameter, alpha=self.weight_decay)
            if self._rate_on_gpu is None:
                parameter.add_(velocity, alpha=-self.learning_rate)
            else:
                parameter.addcmul_(velocity, self._rate_on_gpu, value=-1)

    def state(self) -> dict[str, Tensor]:
        """Return the velocities by the parameters' names."""
        return self.velocities

    def load_state(self, velocities: dict[str, Tensor]) -> None:
        """Take over the velocities that `state` returned, perhaps in another process."""
        for name, velocity in self.velocities.items():
            velocity.copy_(velocities[name])
