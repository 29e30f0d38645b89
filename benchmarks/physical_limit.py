"""How far training and inference are from what the machine's arithmetic allows.

    python benchmarks/physical_limit.py [--recipes tutorial best]

A network's multiply-adds are counted layer by layer as it answers one image; the machine's
attainable rate is that of a large matrix product in PyTorch, with as many threads. The least time
is the one over the other. In use each layer's count is needed once. In training it is needed once
more for the gradient of its weights, if they are learned, and once more for that of what it is fed,
if anything before it is learned. The optimizer's own arithmetic is not counted: it is a way to
learn, not the network. All is measured in batches of the recipe's size and in float32, whatever
the recipe's precision.

A second table tells where a training step's time goes, by PyTorch's own profiler: the share of the
convolutions and linear layers, which is what the limit counts; and of the rest.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from benchmarks.measure import describe_machine, seconds_of, version_of
from digitlab.data.catalog import MNIST
from digitlab.errors import DigitlabError
from digitlab.recipe import RECIPES, find_recipe
from digitlab.train.device import set_up_device
from digitlab.train.networks import build_network, normalize
from digitlab.train.optimizer import MomentumSGD, make_optimizer
from digitlab.train.step import train_step

SIDE = 2048  # rows and columns of the matrices
RUNS = 7


def multiply_adds(network: nn.Module) -> dict[str, tuple[int, int]]:
    """Return each layer's multiply-adds for one image, by name: to answer, and to learn.

    Pooling and the like are taken to be free.
    """
    counts: dict[str, tuple[int, int]] = {}

    def counter(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def count(layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            answer = output[0].numel() * layer.weight[0].numel()
            is_learned = layer.weight.requires_grad
            learned_before = any(learn > answer for answer, learn in counts.values())
            counts[name] = answer, answer * (1 + is_learned + learned_before)

        return count

    hooks = [
        layer.register_forward_hook(counter(name))
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return counts


def least_seconds(function: Callable[[], object]) -> float:
    """Return the least wall seconds of several calls."""
    return min(seconds_of(function, RUNS))


def attainable_rate() -> float:
    """Return the multiply-adds a second of a large float32 matrix product."""
    a, b = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    return SIDE**3 / least_seconds(lambda: a @ b)


def ready(recipe_name: str) -> tuple[nn.Module, MomentumSGD, Tensor, Callable[[], Tensor]]:
    """Return a recipe's network, its optimizer, normalized images, and a step that learns them."""
    recipe = replace(find_recipe(recipe_name), learning_rate=1e-4)
    torch.manual_seed(1)
    network = build_network(recipe).train()
    optimizer = make_optimizer(network, recipe)
    pixels = torch.randint(256, (recipe.batch_size, 28, 28), dtype=torch.uint8)
    images = normalize(pixels, MNIST.mean, MNIST.std)
    labels = torch.randint(10, (recipe.batch_size,))
    return (
        network,
        optimizer,
        images,
        partial(train_step, network, optimizer, images, labels, recipe.label_smoothing),
    )


def times(recipe_name: str) -> tuple[nn.Module, float, float, float]:
    """Return a recipe's network, and seconds an image: answering, training, input and optimizer."""
    network, optimizer, images, step = ready(recipe_name)
    batch = len(images)
    pixels = torch.zeros(batch, 28, 28, dtype=torch.uint8)

    def answer() -> None:
        with torch.inference_mode():
            network(images)

    network.eval()
    answering = least_seconds(answer)
    network.train()
    training = least_seconds(step)
    beside = least_seconds(lambda: normalize(pixels, MNIST.mean, MNIST.std)) + least_seconds(
        optimizer.step
    )
    return network, answering / batch, training / batch, beside / batch


KINDS = {
    "convolutions and linear layers": ("conv", "addmm", "aten::mm"),
    "batch norm": ("batch_norm",),
    "pooling and ReLU": ("max_pool", "clamp_min", "relu", "threshold", "aten::fill_", "aten::mean"),
}
"""Kinds of work, and what the profiler's names of it contain."""


def profiled(function: Callable[[], object]) -> tuple[profile, float]:
    """Return what PyTorch's profiler saw of 30 calls, and their wall seconds."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        start = time.perf_counter()
        for _ in range(30):
            function()
        wall = time.perf_counter() - start
    return profiler, wall


def where_time_goes(recipe_name: str) -> dict[str, float]:
    """Return each kind's share of a training step's time, 0 to 1, and of all that is left."""
    _, optimizer, _, step = ready(recipe_name)
    for _ in range(30):
        step()
    # The optimizer is timed by itself: by their names its products could be the network's.
    _, optimizing = profiled(optimizer.step)
    optimizer.step = lambda: None  # type: ignore[method-assign]
    profiler, rest = profiled(step)
    wall = optimizing + rest
    seconds = dict.fromkeys(KINDS, 0.0)
    for event in profiler.key_averages():
        for kind, names in KINDS.items():
            if any(name in event.key for name in names):
                seconds[kind] += event.self_cpu_time_total / 1e6
                break
    seconds["optimizer"] = optimizing
    shares = {kind: found / wall for kind, found in seconds.items()}
    return shares | {"the rest: loss, dispatch, Python": 1 - sum(shares.values())}


def main() -> int:
    """Read the command line, measure, print the tables; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the distance to the machine's limit.")
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), help="which ones")
    arguments = parser.parse_args()
    try:
        set_up_device("cpu")
        print(f"machine: {describe_machine()}")
        print(f"versions: Python {platform.python_version()}, torch {version_of('torch')}")
        rate = statistics.median(attainable_rate() for _ in range(3))
        print(
            f"attainable: {rate / 1e9:.1f} G multiply-adds a second, float32, "
            f"{torch.get_num_threads()} threads\n"
        )
        print(
            "| recipe | multiply-adds an image, to answer; to learn | answering, us an image "
            "| of the limit | training, us an image | of the limit | normalizing, optimizer, us |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name in arguments.recipes:
            network, answering, training, beside = times(name)
            layers = multiply_adds(network)
            answer, learn = (sum(counts) for counts in zip(*layers.values(), strict=True))
            print(
                f"| {name} | {answer:,}; {learn:,} "
                f"| {answering * 1e6:.1f} | {answer / rate / answering:.0%} "
                f"| {training * 1e6:.1f} | {learn / rate / training:.0%} | {beside * 1e6:.1f} |"
            )
        print("\n| a training step's time | " + " | ".join(arguments.recipes) + " |")
        print("| --- |" + " --- |" * len(arguments.recipes))
        shares = [where_time_goes(name) for name in arguments.recipes]
        for kind in shares[0]:
            print(f"| {kind} | " + " | ".join(f"{share[kind]:.0%}" for share in shares) + " |")
    except DigitlabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
