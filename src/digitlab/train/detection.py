"""From which probability on a picture is taken for a digit: chosen on pictures not learned from."""

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.data.dataset import Dataset
from digitlab.models.calibration import Detection, fit_detection
from digitlab.synth.degraded import degraded_copies
from digitlab.synth.non_digits import held_out_non_digits
from digitlab.train.examples import split_of
from digitlab.train.networks import detects_digits, normalize
from digitlab.train.trained import TrainedNetwork

REFUSED = 0.005
"""The share of held-out digits, degraded or not, that may be taken for no digit."""

_SEED = 2002  # of the pictures that are drawn; no training's, which would be 1, 2, ...
_PER_KIND = 500  # pictures of each kind of no digit
_AT_ONCE = 500


def calibrate_detection(trained: TrainedNetwork, dataset: Dataset) -> Detection | None:
    """Choose the threshold of `is_digit` on held-out training images and drawn pictures.

    The digits are the held-out images, and degraded copies of them. The pictures of no digit are
    made of faces, fonts and photographs that no network learns from. If nothing was held out, the
    training images take the place of the held-out ones, and more real digits may be refused than
    the card says. Takes about 20 s. None if the network has no such output.
    """
    network = trained.network
    if not detects_digits(network):
        return None
    learned, held_out = split_of(trained.recipe, dataset)
    used = (held_out if len(held_out) else learned[:5000]).numpy()
    images, labels = dataset.train_images[used], dataset.train_labels[used]
    mean = dataset.mean if trained.mean is None else trained.mean
    std = dataset.std if trained.std is None else trained.std
    network.eval()

    @torch.inference_mode()
    def is_digit(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = torch.from_numpy(pictures).split(_AT_ONCE)
        outputs = [network.classify_and_detect(normalize(part, mean, std))[1] for part in parts]
        return np.asarray(torch.cat(outputs).sigmoid().numpy())

    digits = {
        "held-out digits": images,
        "degraded held-out digits": degraded_copies(images, labels, seed=_SEED),
    }
    others = held_out_non_digits(images, labels, seed=_SEED, count=_PER_KIND)
    return fit_detection(
        {kind: is_digit(pictures) for kind, pictures in digits.items()},
        {kind: is_digit(pictures) for kind, pictures in others.items()},
        refused=REFUSED,
    )
