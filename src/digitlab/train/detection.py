"""From which probability on a picture is taken for a digit: chosen on pictures not learned from."""

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.data.dataset import Dataset
from digitlab.models.calibration import (
    Calibration,
    Detection,
    LogProbabilities,
    find_detection_threshold,
    temperature_scaled,
)
from digitlab.synth.degraded import degraded_copies, foreign_forms
from digitlab.synth.non_digits import held_out_non_digits
from digitlab.train.networks import DeepNetwork, detects_digits, normalize
from digitlab.train.order import split_of
from digitlab.train.trained import TrainedNetwork

_PLAIN, _DEGRADED, _FOREIGN = "held-out digits", "degraded digits", "digits in foreign forms"

REFUSED = {_PLAIN: 0.005, _DEGRADED: 0.01, _FOREIGN: 0.01}
"""The share of each kind of digits that may be taken for no digit."""

_SEED = 2002  # of the pictures that are drawn
_PER_KIND = 500  # pictures of each kind of no digit
_AT_ONCE = 500
_WITHOUT_HELD_OUT = 5_000  # training images that are used if none were held out

_Images = NDArray[np.uint8]  # N x 28 x 28
_Outputs = tuple[LogProbabilities, NDArray[np.float32]]  # N x classes, N


def calibrate_detection(
    trained: TrainedNetwork, dataset: Dataset, calibration: Calibration
) -> Detection | None:
    """Choose the threshold of `is_digit` on held-out training images and drawn pictures.

    The digits are the held-out images, degraded copies of them, and the same digits in forms that
    MNIST's writers rarely used. The pictures of no digit are made of faces, fonts and photographs
    that no network learns from. If nothing was held out, training images take the place of the
    held-out ones, and more real digits may be refused than the card says. Takes about 20 s.
    `calibration` is the network's. None if the network has no such output.
    """
    network = trained.network
    if not detects_digits(network):
        return None
    mean = dataset.mean if trained.mean is None else trained.mean
    std = dataset.std if trained.std is None else trained.std
    images, labels = _held_out(trained, dataset)
    digits = {
        _PLAIN: images,
        _DEGRADED: degraded_copies(images, labels, seed=_SEED),
        _FOREIGN: foreign_forms(images, labels, seed=_SEED),
    }
    others = held_out_non_digits(images, labels, seed=_SEED, count=_PER_KIND)
    outputs = {
        kind: _outputs(network, pictures, mean, std, calibration.temperature)
        for kind, pictures in {**digits, **others}.items()
    }
    threshold = min(find_detection_threshold(outputs[kind][1], REFUSED[kind]) for kind in digits)

    def sure(kind: str) -> NDArray[np.bool_]:
        answers, is_digit = outputs[kind]
        return calibration.is_sure(answers) & (is_digit >= threshold)

    def wrong(kind: str) -> float:
        are_wrong = outputs[kind][0].argmax(axis=1) != labels
        return float((are_wrong & sure(kind)).sum() / max(1, sure(kind).sum()))

    return Detection(
        threshold=threshold,
        refused={kind: float((outputs[kind][1] < threshold).mean()) for kind in digits},
        wrong={kind: wrong(kind) for kind in digits},
        answered={kind: float(sure(kind).mean()) for kind in others},
    )


def _held_out(trained: TrainedNetwork, dataset: Dataset) -> tuple[_Images, NDArray[np.integer]]:
    learned, held_out = split_of(trained.recipe, dataset)
    used = (held_out if len(held_out) else learned[:_WITHOUT_HELD_OUT]).numpy()
    return dataset.train_images[used], dataset.train_labels[used]


@torch.inference_mode()
def _outputs(
    network: DeepNetwork, pictures: _Images, mean: float, std: float, temperature: float
) -> _Outputs:
    """Return the calibrated answers, and the probabilities that the pictures show a digit."""
    network.eval()
    parts = torch.from_numpy(pictures).split(_AT_ONCE)
    pairs = [network.classify_and_detect(normalize(part, mean, std)) for part in parts]
    answers, log_odds = (torch.cat(it) for it in zip(*pairs, strict=True))
    return temperature_scaled(answers.numpy(), temperature), log_odds.sigmoid().numpy()
