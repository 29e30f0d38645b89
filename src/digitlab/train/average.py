"""The weights' running average, which is tested and used in place of the last weights."""

import copy

import torch
from torch import Tensor, nn

from digitlab.train.networks import load_weights


class RunningAverage:
    """A second network whose weights follow the learning one's, slowly.

    After each step every weight a of the average becomes `decay * a + (1 - decay) * w`, and so do
    the means and variances that batch norm keeps; whole numbers are copied. The first steps keep
    less, or the random first weights would stay in it for long.

    Source: B. Polyak and A. Juditsky, "Acceleration of stochastic approximation by averaging"
    (1992), in its exponential form.

    Parameters
    ----------
    network
        The network that learns.
    decay
        How much of the average each step keeps, above 0 and below 1.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network)
        self.decay = decay

    @torch.no_grad()
    def follow(self, network: nn.Module, step: int) -> None:
        """Take the learning network's weights in, after so many steps (counted from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        state = network.state_dict()
        for name, mean in self.network.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(state[name], 1 - decay)
            else:
                mean.copy_(state[name])

    def state_dict(self) -> dict[str, Tensor]:
        """Return the average by the tensors' names."""
        return self.network.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what `state_dict` returned, perhaps in another process."""
        load_weights(self.network, state)
