"""A short run of each recipe gives the losses that it gave when the recipe's figures were measured.

This pins what no other test computes independently: the initial weights, the order of the images,
the random changes to them, the dropout masks, the whitened first layer, the recipes themselves. A
run has two epochs of a few steps; where the recipe has plain epochs, the second is one. The last
number is the test loss of the weights in use, which are averaged if the recipe says so.

Processors and thread counts add numbers in different orders, so float32 results differ by about
1e-7. In a network with batch norm, at the recipes' own learning rates, such a difference grows up
to tenfold per step and reaches 1e-2 after five steps; a tolerance for that would hide real changes.
So the learning rate of those recipes is divided by 100 here. What then remains was measured with
two threads, SSE4.1 or no vector instructions, without oneDNN, and with MKL's kernels for any
processor: at most 1e-4 in training losses and 2e-6 in test losses, and with bfloat16, whose
rounding error is up to 4e-3 per number, 3e-4 and 5e-6. The tolerances are five times that, and ten
times or more for bfloat16, which was measured only where PyTorch emulates it.

The numbers were recorded on an AMD EPYC (Zen 3) with PyTorch 2.13.0. After a change that is
meant to change them, run the tests and copy the new ones from the failures.
"""

from dataclasses import replace

import pytest
import torch

from digitlab.data.dataset import Dataset
from digitlab.named_recipes import IMAGE_RECIPES, find_recipe
from digitlab.records.history import TestPoint, TrainPoint
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training

GOLDEN: dict[tuple[str, str], tuple[list[float], float]] = {
    ("tutorial", "float32"): (
        [
            2.325041, 2.311180, 2.374915, 2.303256, 2.297804,
            2.296281, 2.269294, 2.265398, 2.290266, 2.287279,
        ],
        2.2641581,
    ),
    ("fast", "float32"): (
        [
            2.306137, 2.281877, 2.276761, 2.230926, 2.236377,
            2.189558, 2.155569, 2.155374, 2.148960, 2.117814,
        ],
        2.274089,
    ),
    ("fast", "bfloat16"): ([2.290605, 2.305093, 2.257417, 2.237687], 2.3001496),
    ("compact", "float32"): (
        [
            2.342391, 2.315992, 2.335535, 2.282518, 2.275391,
            2.296610, 2.222960, 2.267116, 2.236349, 2.207616,
        ],
        2.3067651,
    ),
    ("compact", "bfloat16"): ([2.263853, 2.239042, 2.307254, 2.206136], 2.3047259),
    ("best", "float32"): (
        [
            3.236953, 3.254220, 3.209681, 3.199756, 3.180975,
            2.386575, 2.347880, 2.353551, 2.353522, 2.296249,
        ],
        2.3088565,
    ),
    ("best", "bfloat16"): ([3.285537, 3.172657, 2.404383, 2.419354], 2.3048319),
}  # fmt: skip
"""By recipe and precision: the loss before each step, and the test loss after the last."""

STEPS = {"float32": 5, "bfloat16": 2}  # per epoch; bfloat16 is slow where it is emulated

TOLERANCES = {"float32": (5e-4, 1e-5), "bfloat16": (3e-3, 1e-4)}
"""Relative, of training losses and of the test loss."""


@pytest.mark.usefixtures("few_non_digits")
@pytest.mark.parametrize(("name", "precision"), GOLDEN)
def test_a_short_run_is_as_it_was(
    name: str, precision: str, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
):
    recipe = find_recipe(name)
    if recipe.dropout and not torch.backends.mkl.is_available():
        pytest.skip("without MKL, PyTorch draws other dropout masks")
    # Where the processor has no bfloat16, PyTorch emulates it.
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    short = replace(
        recipe,
        epochs=2,
        plain_epochs=min(1, recipe.plain_epochs),
        train_images=STEPS[precision] * recipe.batch_size,
        learning_rate=recipe.learning_rate / (1 if name == "tutorial" else 100),
        precision=precision,
        log_every=1,
        test_each_epoch=False,
    )
    part = replace(mnist, test_images=mnist.test_images[:300], test_labels=mnist.test_labels[:300])
    points = list(Training(short, part, seed=1, device=set_up_device("cpu")).run())
    losses = [point.loss for point in points if isinstance(point, TrainPoint)]
    (test_loss,) = (point.loss for point in points if isinstance(point, TestPoint))

    expected, expected_test_loss = GOLDEN[name, precision]
    tolerance, test_tolerance = TOLERANCES[precision]
    assert losses == pytest.approx(expected, rel=tolerance)
    assert test_loss == pytest.approx(expected_test_loss, rel=test_tolerance)


def test_every_recipe_has_a_golden_run():
    in_its_own_precision = {(name, recipe.precision) for name, recipe in IMAGE_RECIPES.items()}
    in_float32 = {(name, "float32") for name in IMAGE_RECIPES}
    assert GOLDEN.keys() == in_its_own_precision | in_float32
