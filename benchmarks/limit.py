"""Measure how far training and inference are from what the machine's arithmetic allows.

    python -m benchmarks.limit [--recipes tutorial best]

The multiply-adds of a network are counted layer by layer for one image. The machine's attainable
rate is that of a large matrix product in PyTorch, with as many threads. The limit is the count
divided by the rate. Inference needs the count of each layer once. Training needs it once more for
the gradient of the layer's weights, if they are learned, and once more for the gradient of its
input, if a layer before it is learned. The optimizer's arithmetic is not counted: it belongs to the
way of learning, not to the network. Everything is measured in batches of the recipe's size and in
float32, whatever the recipe's precision is.

The second table shows how PyTorch's profiler splits the time of a training step: the share of
convolutions and linear layers, which the limit counts, and the rest.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated

import torch
from cyclopts import Parameter
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from benchmarks.measure import print_environment, print_table, run_program, seconds_of
from digitlab.data.catalog import MNIST
from digitlab.named_recipes import IMAGE_RECIPES, find_recipe
from digitlab.train.build import build_network
from digitlab.train.device import set_up_device
from digitlab.train.networks import normalize
from digitlab.train.optimizer import MomentumSGD, make_optimizer
from digitlab.train.step import mean_loss, train_step

MATRIX_SIDE = 2048
RUNS = 7
STEPS = 30  # profiled

KINDS = {
    "convolutions and linear layers": ("conv", "addmm", "aten::mm"),
    "batch norm": ("batch_norm",),
    "pooling and ReLU": ("max_pool", "clamp_min", "relu", "threshold", "aten::fill_", "aten::mean"),
}
"""Kinds of work, with parts of the names that the profiler gives them."""

normalized = partial(normalize, mean=MNIST.mean, std=MNIST.std)


def set_up(recipe_name: str) -> tuple[nn.Module, MomentumSGD, Tensor, Callable[[], Tensor]]:
    """Return a recipe's network, its optimizer, random images (uint8), and a training step."""
    recipe = replace(find_recipe(recipe_name), learning_rate=1e-4)
    torch.manual_seed(1)
    network = build_network(recipe).train()
    optimizer = make_optimizer(network, recipe)
    pixels = torch.randint(256, (recipe.batch_size, 28, 28), dtype=torch.uint8)
    labels = torch.randint(10, (recipe.batch_size,))
    loss_of = partial(mean_loss, smoothing=recipe.label_smoothing)
    step = partial(train_step, network, optimizer, normalized(pixels), labels, loss_of)
    return network, optimizer, pixels, step


def multiply_adds(network: nn.Module) -> tuple[int, int]:
    """Return the multiply-adds per image, for inference and for training.

    Pooling, batch norm and the like are not counted.
    """
    inference: list[int] = []
    training: list[int] = []

    def count(layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        once = output[0].numel() * layer.weight[0].numel()
        is_learned_before = training != inference
        inference.append(once)
        training.append(once * (1 + layer.weight.requires_grad + is_learned_before))

    layers = [it for it in network.modules() if isinstance(it, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return sum(inference), sum(training)


def least_seconds(function: Callable[[], object]) -> float:
    """Return the least wall seconds of several calls."""
    return min(seconds_of(function, RUNS))


def attainable_rate() -> float:
    """Return the multiply-adds per second of a large float32 matrix product."""
    a, b = torch.rand(MATRIX_SIDE, MATRIX_SIDE), torch.rand(MATRIX_SIDE, MATRIX_SIDE)
    return statistics.median(MATRIX_SIDE**3 / least_seconds(lambda: a @ b) for _ in range(3))


def distance_row(recipe_name: str, rate: float) -> dict[str, str]:
    """Return a recipe's multiply-adds, its microseconds per image and its share of the limit."""
    network, optimizer, pixels, step = set_up(recipe_name)
    images, batch = normalized(pixels), len(pixels)
    infer = torch.inference_mode()(partial(network, images))
    network.eval()
    inference = least_seconds(infer) / batch
    network.train()
    training = least_seconds(step) / batch
    others = (least_seconds(lambda: normalized(pixels)) + least_seconds(optimizer.step)) / batch
    once, learning = multiply_adds(network)
    return {
        "recipe": recipe_name,
        "multiply-adds per image, inference; training": f"{once:,}; {learning:,}",
        "inference, µs per image": f"{inference * 1e6:.1f}",
        "inference, of the limit": f"{once / rate / inference:.0%}",
        "training, µs per image": f"{training * 1e6:.1f}",
        "training, of the limit": f"{learning / rate / training:.0%}",
        "normalizing and optimizer, µs": f"{others * 1e6:.1f}",
    }


def profiled(function: Callable[[], object]) -> tuple[profile, float]:
    """Return the profiler's record of some calls, and their wall seconds."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        start = time.perf_counter()
        for _ in range(STEPS):
            function()
        seconds = time.perf_counter() - start
    return profiler, seconds


def shares_of_a_step(recipe_name: str) -> dict[str, float]:
    """Return the share of each kind of work in the time of a training step, 0 to 1."""
    _, optimizer, _, step = set_up(recipe_name)
    for _ in range(STEPS):
        step()
    # The optimizer is timed alone: its matrix products have the same names as the network's.
    _, optimizing = profiled(optimizer.step)
    optimizer.step = lambda: None  # type: ignore[method-assign]
    profiler, rest = profiled(step)
    seconds = dict.fromkeys(KINDS, 0.0) | {"optimizer": optimizing}
    for event in profiler.key_averages():
        for kind, names in KINDS.items():
            if any(name in event.key for name in names):
                seconds[kind] += event.self_cpu_time_total / 1e6
                break
    shares = {kind: found / (optimizing + rest) for kind, found in seconds.items()}
    return shares | {"the rest: loss, dispatch, Python": 1 - sum(shares.values())}


def share_rows(recipe_names: list[str]) -> Iterator[dict[str, str]]:
    """Yield one row per kind of work, with one column per recipe."""
    shares = {name: shares_of_a_step(name) for name in recipe_names}
    for kind in next(iter(shares.values())):
        yield {"time of a training step": kind} | {
            name: f"{share[kind]:.0%}" for name, share in shares.items()
        }


def measure_limit(
    *,
    recipes: Annotated[
        list[str] | None,
        Parameter(help="Names of recipes; all, if not given.", consume_multiple=True, negative=""),
    ] = None,
) -> None:
    """Measure, and print both tables."""
    names = recipes or list(IMAGE_RECIPES)
    for name in names:
        find_recipe(name)  # an unknown name should fail before anything is measured
    set_up_device("cpu")
    print_environment("torch", threads=torch.get_num_threads())
    rate = attainable_rate()
    print(f"attainable: {rate / 1e9:.1f} G multiply-adds per second in float32")
    print_table(distance_row(name, rate) for name in names)
    print_table(share_rows(names))


if __name__ == "__main__":
    run_program(measure_limit, __doc__)
