import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitlab.train.examples import epoch_order, train_batches
from digitlab.train.networks import normalize

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


@given(arrays(np.uint8, (3, 28, 28)))
def test_normalizing_equals_numpys_arithmetic_to_the_bit(images: np.ndarray):
    as_numpy = images[:, None].astype(np.float32) / np.float32(255)
    as_numpy = (as_numpy - np.float32(0.1307)) / np.float32(0.3081)
    ours = normalize(torch.from_numpy(images), 0.1307, 0.3081)
    assert ours.shape == (3, 1, 28, 28)
    assert np.array_equal(ours.numpy(), as_numpy)
