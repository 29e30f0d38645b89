"""How the tests of the page run its JavaScript, and the networks that they run it with."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from digitlab.lab.bundle import bundle_of_lines
from digitlab.lab.lines import known_lines
from digitlab.recipe import Recipe
from digitlab.train.build import build_network

HERE = Path(__file__).parent


@pytest.fixture
def node(tmp_path: Path, node_path: str) -> Callable[..., Any]:
    """Return a function that runs one of the checks in `page_checks.js` in Node.

    Arrays are passed as files, everything else as JSON.
    """

    def run(check: str, **arguments: Any) -> Any:
        arrays = {k: v for k, v in arguments.items() if isinstance(v, np.ndarray)}
        for name, array in arrays.items():
            (tmp_path / f"{name}.bin").write_bytes(array.tobytes())
        task = {k: v for k, v in arguments.items() if k not in arrays} | {
            "check": check,
            "bytes": [name for name, it in arrays.items() if it.dtype == np.uint8],
            "floats": [name for name, it in arrays.items() if it.dtype == np.float32],
        }
        (tmp_path / "task.json").write_text(json.dumps(task))
        words = [node_path, HERE / "run_checks.mjs", tmp_path]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "result.json").read_text())

    return run


def network_of(name: str, seed: int = 1) -> nn.Module:
    """Return one of the package's networks with weights like those of a trained one.

    Batch norm's statistics and scales are random, too, since their first values hide mistakes.
    """
    torch.manual_seed(seed)
    network = build_network(Recipe(network=name), 10).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.weight.data, module.bias.data):
                values += 0.3 * torch.randn_like(values)
            module.running_var *= 0.5 + torch.rand_like(module.running_var)
    return network


def bundle_of(network: nn.Module, name: str, **changes: Any) -> dict[str, Any]:
    """Return the bundle of one of the package's networks."""
    lines = known_lines(name, 0.5)
    assert lines is not None
    weights = {k: v.numpy() for k, v in network.state_dict().items() if v.is_floating_point()}
    others = {"classes": [*"0123456789"], "mean": 0.1307, "std": 0.3081, "temperature": 1.0}
    return bundle_of_lines(lines, weights, "float32", **(others | changes))
