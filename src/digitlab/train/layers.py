"""Look inside a network: what its layers put out, whatever its class."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from digitlab.data.dataset import Dataset
from digitlab.records.inside import Inside, reduced_output
from digitlab.train.networks import normalize

_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def layer_outputs(network: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Return the output of each inner layer by its name, in the order in which they are called.

    Inner layers are all convolutions and linear layers that `forward` calls, except the last one
    called, whose output is the scores. Of a layer that is called several times, the last call
    counts. `images` are normalized, float32 (N, 1, 28, 28), on the network's device. The network is
    put into evaluation mode.
    """
    return _inner_outputs(network, _layer_calls(network, images))


def look_inside(network: nn.Module, dataset: Dataset) -> Inside:
    """Return the first kernels, and what every inner layer puts out for the first test image.

    The kernels are those of the first convolution with two spatial dimensions. If it has several
    input channels, each kernel is the sum over them: its effect on an image whose channels are all
    the same. The network is put into evaluation mode.
    """
    device = next((it.device for it in network.parameters()), torch.device("cpu"))
    # Two images: a network may drop the dimension of a batch of one.
    pair = torch.from_numpy(np.resize(dataset.test_images[:2], (2, 28, 28))).to(device)
    images = normalize(pair, dataset.mean, dataset.std)
    calls = _layer_calls(network, images)
    outputs = _inner_outputs(network, calls)
    layers = [reduced_output(name, _to_numpy(output[0])) for name, output in outputs.items()]
    kernels = next((it.weight for it, _ in calls if isinstance(it, nn.Conv2d)), None)
    with torch.inference_mode():
        scores = network(images)[0]
    return Inside(
        image=dataset.test_images[0],
        index=0,
        label=int(dataset.test_labels[0]),
        kernels=None if kernels is None else _to_numpy(kernels.detach().sum(dim=1)),
        layers=[layer for layer in layers if layer is not None],
        probabilities=_to_numpy(scores.softmax(dim=0)),
    )


@torch.no_grad()  # and not inference mode, which would mark layers that are made here
def _layer_calls(network: nn.Module, images: Tensor) -> list[tuple[nn.Module, Tensor]]:
    """Return every call of a convolution or linear layer in one `forward`, with its output."""
    calls: list[tuple[nn.Module, Tensor]] = []

    def keep(module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(module, _LAYERS):
            calls.append((module, output.clone()))  # what follows may change it in place

    network.eval()
    # A hook for all modules, because some networks create layers when they are first called.
    hook = register_module_forward_hook(keep)
    try:
        network(images)
    finally:
        hook.remove()
    return calls


def _inner_outputs(network: nn.Module, calls: list[tuple[nn.Module, Tensor]]) -> dict[str, Tensor]:
    """Return the last output of each layer, in the order of these calls, without the very last."""
    names = {module: name for name, module in network.named_modules()}
    outputs: dict[str, Tensor] = {}
    for module, output in calls:
        if module in names:
            outputs.pop(names[module], None)  # a later call moves it to the end
            outputs[names[module]] = output
    if outputs:
        outputs.popitem()
    return outputs


def _to_numpy(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy()
