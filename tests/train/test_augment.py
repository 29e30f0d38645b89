"""Augmentation changes how an image looks; it stays an image of the same kind."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.train import augment
from digitlab.train.augment import augmented, dilated, elastic_displacement, sampling_grid


@pytest.fixture
def images(small_mnist: Dataset) -> Tensor:
    return torch.from_numpy(small_mnist.train_images)


def test_images_stay_images(images: Tensor):
    torch.manual_seed(1)
    changed = augmented(images, 1.0)
    assert (changed.shape, changed.dtype) == (images.shape, torch.uint8)
    assert not (changed == images).all(dim=(1, 2)).any()
    ink, ink_before = (i.float().mean(dim=(1, 2)) for i in (changed, images))
    assert (ink > 0.4 * ink_before).all()
    assert (ink < 3.2 * ink_before).all()


def test_strength_0_changes_only_the_brightness(images: Tensor):
    brightest = images.amax(dim=(1, 2), keepdim=True).float()
    changed = augmented(images, 0.0).float() - images * (255 / brightest)
    assert changed.abs().max() < 1


def test_the_same_random_state_gives_the_same_images(images: Tensor):
    state = torch.get_rng_state()
    first = augmented(images, 1.0)
    assert not torch.equal(augmented(images, 1.0), first)
    torch.set_rng_state(state)
    assert torch.equal(augmented(images, 1.0), first)


def test_paper_stays_paper():
    assert not augmented(torch.zeros(3, 28, 28, dtype=torch.uint8), 2.0).any()


def test_dilation_is_max_pooling(images: Tensor):
    ink = images.float()
    assert torch.equal(dilated(ink), F.max_pool2d(ink, 3, stride=1, padding=1))


def test_the_sampling_grid_is_pytorchs_affine_grid(monkeypatch: pytest.MonkeyPatch):
    for name in ("SLANT", "SCALE", "SHIFT", "BEND"):
        monkeypatch.setattr(augment, name, 0.0)
    torch.manual_seed(4)
    found = sampling_grid(5, 1.0, torch.device("cpu"))
    torch.manual_seed(4)
    angle = augment.ROTATION * (2 * torch.rand(6, 5)[0] - 1)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros(5)
    change = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(5, 2, 3)
    assert torch.allclose(found, F.affine_grid(change, [5, 1, 28, 28], False), atol=1e-6)


def test_the_elastic_displacement_is_smooth_and_small():
    torch.manual_seed(2)
    moves = elastic_displacement(400, 1.0, torch.device("cpu"))
    assert moves.shape == (400, 28, 28, 2)
    assert 0.5 * augment.BEND < moves.std() < 1.2 * augment.BEND
    assert moves.diff(dim=1).std() < 0.3 * moves.std()
    assert moves.mean().abs() < 0.1 * augment.BEND
