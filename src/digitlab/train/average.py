"""An exponential moving average (EMA) of the weights, which is tested and used instead of them."""

import copy

import torch
from torch import Tensor, nn

from digitlab.train.build import load_weights


class ExponentialMovingAverage:
    """A copy of a network whose weights are an average over the training steps so far.

    After each step every weight a of the average becomes `decay * a + (1 - decay) * w`, where w is
    the current weight. Batch norm's running means and variances are averaged the same way; its
    batch counters are copied.

    The average starts as the random initial weights. So that these fade quickly, step number t,
    counted from 0, uses `(1 + t) / (10 + t)` as long as that is less than `decay`.

    Sources: B. Polyak and A. Juditsky, "Acceleration of stochastic approximation by averaging"
    (1992) for averaging; the warm-up is that of TensorFlow's `ExponentialMovingAverage`.

    Parameters
    ----------
    network
        The network to average; it is copied.
    decay
        How much of the average each step keeps, above 0 and below 1.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Update the average with the network's weights after this step, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        current = network.state_dict()
        averages = self.network.state_dict().items()
        # By address, because two names may stand for the same weights.
        pairs = {average.data_ptr(): (average, current[name]) for name, average in averages}
        floats = [pair for pair in pairs.values() if pair[0].is_floating_point()]
        # One call for all of them: on a GPU, one program instead of dozens.
        torch._foreach_lerp_([it for it, _ in floats], [it for _, it in floats], 1 - decay)
        for average, new in pairs.values():
            if not average.is_floating_point():
                average.copy_(new)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averaged tensors by name."""
        return self.network.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore what `state_dict` returned; raise `DigitlabError` if it is another network's."""
        load_weights(self.network, state)
