"""Which images are held out and why; in which order the others are seen."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.train.examples import Examples, train_batches
from digitlab.train.order import epoch_order, split


@pytest.mark.parametrize(("images", "held_out"), [(60_000, 5_000), (5, 2), (5, 4), (3, 0)])
def test_every_image_is_learned_or_held_out_in_one_row(images: int, held_out: int):
    learned, row = split(images, held_out)
    assert sorted([*learned.tolist(), *row.tolist()]) == list(range(images))
    assert (row.diff() == 1).all()
    assert len(row) == held_out
    assert learned.tolist() == sorted(learned.tolist())


def test_what_is_held_out_is_not_learned_and_does_not_depend_on_the_seed(small_mnist: Dataset):
    recipe = Recipe(train_images=300, validation=50)
    one, other = (
        Examples(recipe, small_mnist, seed=seed, device=torch.device("cpu")) for seed in (1, 2)
    )
    assert torch.equal(one.held_out_images, other.held_out_images)
    every = torch.cat([one.images, one.held_out_images]).flatten(1)
    used = torch.from_numpy(small_mnist.train_images[:300]).flatten(1)
    assert sorted(every.tolist()) == sorted(used.tolist())
    assert len(one) == 250


def test_neighbors_are_by_one_hand(mnist: Dataset):
    """Every writer leans in a way of their own: that is why a row is held out, and not a draw."""
    leaning = slants(mnist.train_images)
    for digit in range(10):  # every digit leans in a way of its own too
        own = mnist.train_labels == digit
        leaning[own] = (leaning[own] - leaning[own].mean()) / leaning[own].std()

    def agreement(distance: int) -> float:
        return float((leaning[distance:] * leaning[:-distance]).mean())

    # Two collections take turns, so that the next image but one is the next of its collection.
    told = {2: 0.48, 100: 0.32, 500: 0.18}  # in docs/experiments.md
    assert {it: agreement(it) for it in told} == pytest.approx(told, abs=0.01)
    assert agreement(501) < -0.1  # what is left then is how the two collections differ


def slants(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return by how many pixels a row each image's ink leans, from its moments: (N,)."""
    ink = images.astype(np.float32)
    y, x = np.mgrid[:28, :28].astype(np.float32)
    mass = ink.sum(axis=(1, 2))
    across = x - ((ink * x).sum(axis=(1, 2)) / mass)[:, None, None]
    down = y - ((ink * y).sum(axis=(1, 2)) / mass)[:, None, None]
    slant = (ink * across * down).sum(axis=(1, 2)) / (ink * down**2).sum(axis=(1, 2))
    return slant.astype(np.float64)


seeds = st.integers(0, 2**63 - 1)


@given(st.integers(1, 300), seeds, st.integers(1, 500))
def test_an_epoch_visits_every_image_once(images: int, seed: int, epoch: int):
    assert sorted(epoch_order(images, seed, epoch).tolist()) == list(range(images))


@given(seeds, seeds, st.integers(1, 99), st.integers(1, 99))
def test_order_is_a_function_of_seed_and_epoch_alone(seed: int, other: int, a: int, b: int):
    torch.manual_seed(other)  # the state of the common generator plays no part
    first = epoch_order(1000, seed, a)
    torch.rand(3)
    assert torch.equal(first, epoch_order(1000, seed, a))
    assert torch.equal(first, epoch_order(1000, other, b)) == ((seed, a) == (other, b))


@given(st.integers(1, 100), st.integers(1, 40), st.integers(0, 12), st.integers(0, 99), st.data())
def test_batches_cover_what_is_left_in_order(
    images: int, batch_size: int, first_batch: int, seed: int, data: st.DataObject
):
    pixels = torch.arange(images, dtype=torch.uint8)[:, None, None].expand(-1, 28, 28)
    labels = torch.arange(images)
    order = epoch_order(images, seed, 1)
    batches = list(train_batches(pixels, labels, order, batch_size, first_batch))
    seen = [int(label) for _, batch in batches for label in batch]
    assert seen == order.tolist()[first_batch * batch_size :]
    assert all(len(batch) == batch_size for _, batch in batches[:-1])
    for pixel_batch, label_batch in batches:
        assert torch.equal(pixel_batch[:, 0, 0].long(), label_batch)
