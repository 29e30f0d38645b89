"""A run as the two files that the tutorial's own script saves and loads."""

import io
from pathlib import Path

import torch

from digitlab.errors import DigitlabError
from digitlab.files import write_whole
from digitlab.train.build import build_network, load_weights
from digitlab.train.checkpoint import load_checkpoint_to_use


def export_tutorial(run: Path, out: Path) -> tuple[Path, Path]:
    """Write `model.pth` and `optimizer.pth` of a run's last checkpoint into the folder `out`.

    They hold the `state_dict` of the network and of its SGD optimizer, in PyTorch's format:
    what the tutorial's `network.load_state_dict(torch.load("model.pth"))` expects.

    Raises `DigitlabError` if the run has no complete checkpoint, its network is not the tutorial's,
    or the files cannot be written.
    """
    checkpoint = load_checkpoint_to_use(run)
    recipe = checkpoint.progress.recipe
    if recipe.network != "tutorial":
        raise DigitlabError(
            f"{run} has the network {recipe.network!r}, which the tutorial's script cannot load"
        )
    network = build_network(recipe)
    load_weights(network, checkpoint.part("network"))
    optimizer = torch.optim.SGD(
        network.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum
    )
    velocities = checkpoint.part("velocity")
    for name, parameter in network.named_parameters():
        optimizer.state[parameter]["momentum_buffer"] = velocities[name]
    paths = out / "model.pth", out / "optimizer.pth"
    try:
        out.mkdir(parents=True, exist_ok=True)
        weights = {name: weight.contiguous() for name, weight in network.state_dict().items()}
        for path, state in zip(paths, (weights, optimizer.state_dict()), strict=True):
            content = io.BytesIO()
            torch.save(state, content)
            write_whole(path, content.getvalue())
    except OSError as error:
        raise DigitlabError(f"{error.filename} cannot be written ({error.strerror})") from error
    return paths
