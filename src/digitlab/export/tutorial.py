"""A run as the two files that the tutorial's own script saves and loads."""

from pathlib import Path

import torch

from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train.checkpoint import load_checkpoint_to_use, named_below
from digitlab.train.networks import build_network, load_weights

NETWORK_FILE = "model.pth"
OPTIMIZER_FILE = "optimizer.pth"


def export_tutorial(run: Path, out: Path) -> tuple[Path, Path]:
    """Write `model.pth` and `optimizer.pth` of a run's last checkpoint into the folder `out`.

    They hold the `state_dict` of the network and of its SGD optimizer, in PyTorch's own format:
    what the tutorial's `network.load_state_dict(torch.load("model.pth"))` expects.

    Raises
    ------
    DigitlabError
        If the run has no whole checkpoint or is of another network than the tutorial's, or the
        files cannot be written.
    """
    checkpoint = load_checkpoint_to_use(run)
    recipe = Recipe.from_json(checkpoint.record["recipe"])
    if recipe.network != "tutorial":
        raise DigitlabError(
            f"{run} is of the network {recipe.network!r}, which the tutorial's script does not know"
        )
    network = build_network(recipe)
    load_weights(network, named_below("network", checkpoint.tensors))
    optimizer = torch.optim.SGD(
        network.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum
    )
    velocities = named_below("velocity", checkpoint.tensors)
    for name, parameter in network.named_parameters():
        optimizer.state[parameter]["momentum_buffer"] = velocities[name]
    paths = out / NETWORK_FILE, out / OPTIMIZER_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        weights = {name: weight.contiguous() for name, weight in network.state_dict().items()}
        for path, state in zip(paths, (weights, optimizer.state_dict()), strict=True):
            temporary = path.with_name(f".{path.name}.tmp")
            torch.save(state, temporary)
            temporary.replace(path)
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError
        raise DigitlabError(f"{out} cannot be written ({error})") from error
    return paths
