"""A checkpoint: save a training, and continue it in another process bit for bit."""

import torch


def save(path, network, optimizer, step):
    """Write the whole state of a training, before its step number `step`, into one file."""
    state = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
        "step": step,
    }
    torch.save(state, path)


def restore(path, network, optimizer):
    """Load the state into a new network and a new optimizer; return the number of the step."""
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    return state["step"]
