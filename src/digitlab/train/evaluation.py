"""A network's answers to images, without learning from them."""

import torch
from torch import Tensor, nn

from digitlab.train.batches import normalise


@torch.inference_mode()
def answer(
    network: nn.Module, images: Tensor, *, mean: float, std: float, batch_size: int
) -> Tensor:
    """Return the log-probabilities, float32 (N, 10), for uint8 images (N, 28, 28).

    The network answers in evaluation mode: nothing is dropped, no gradient is kept.
    """
    network.eval()
    batches = images.split(batch_size)
    return torch.cat([network(normalise(batch, mean, std)) for batch in batches])
