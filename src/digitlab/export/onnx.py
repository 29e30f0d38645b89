"""A trained network as a model in use: `model.onnx`, checked against PyTorch, and its card."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.export.graph import to_bytes, to_graph
from digitlab.models.calibration import LogProbabilities
from digitlab.models.card import ANSWERS, IMAGES, IS_DIGIT, WEIGHTS, ModelCard, write_model
from digitlab.models.classifier import Classifier
from digitlab.records.report import make_report
from digitlab.train.detection import calibrate_detection
from digitlab.train.layers import layer_outputs
from digitlab.train.networks import count_parameters, detects_digits, normalize
from digitlab.train.trained import TrainedNetwork, calibrate_trained

_TOLERANCE = 1e-4  # of a log-probability, between PyTorch and the file
_RELATIVE = 1e-6  # the same for large ones, as a share of their size
_BATCH_SIZES = (1, 2, 17)  # at which the two are compared, besides the whole test set at once
_TEMPORARY = "layer:"  # before the names of the inner outputs, until they cannot clash
_TESTED = ("correct", "total", "accuracy", "interval", "loss", "calibration")  # of the report


class _FromBytes(nn.Module):
    """A network with its normalization, which also puts out its inner layers.

    In: uint8 (N, 28, 28). Out: the log-probabilities; the probability that it is a digit at all, if
    the network has this output; then the output of each inner layer: see `layer_outputs`.
    """

    def __init__(self, network: nn.Module, mean: float, std: float) -> None:
        super().__init__()
        self.network, self.mean, self.std = network, mean, std
        two, three = (
            layer_outputs(network, normalize(torch.zeros(n, 28, 28, dtype=torch.uint8), mean, std))
            for n in (2, 3)
        )
        self.answers = [ANSWERS, IS_DIGIT] if detects_digits(network) else [ANSWERS]
        self.inner: dict[str, Tensor] = {}
        for name, output in two.items():
            if output.shape[0] != 2 or three[name].shape != (3, *output.shape[1:]):
                continue  # its first dimension is not that of the images
            shown = _free_name(name, {IMAGES, *self.answers, *self.inner})
            self.inner[shown] = output
            network.get_submodule(name).register_forward_hook(partial(self._keep, shown))

    def _keep(self, name: str, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        self.inner[name] = output.clone()  # what follows may change it in place

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the answers, and the output of each inner layer."""
        pixels = normalize(images, self.mean, self.std)
        if not detects_digits(self.network):
            return self.network(pixels), *self.inner.values()
        answers, log_odds = self.network.classify_and_detect(pixels)
        return answers, log_odds.sigmoid(), *self.inner.values()


def export_onnx(
    trained: TrainedNetwork, dataset: Dataset, out: Path, *, origin: dict[str, Any]
) -> tuple[Path, Path]:
    """Write `model.onnx` and `model.json` to the folder `out`; return their paths.

    The file is checked before it is written: in batches of 1, 2 and 17 images and with the whole
    test set at once, its log-probabilities, and the probabilities that it is a digit at all, must
    be within 1e-4 of PyTorch's. The test set is that
    of `dataset`, which the network was trained on; its held-out images calibrate the model. The
    network is moved to the CPU and put into evaluation mode. `origin` is what made it, for the
    card: `commands`, `machine`, `versions` and `extra_pictures`.

    Raises `DigitlabError` if the network cannot be written as ONNX, or the file does not give its
    answers, or cannot be written.
    """
    calibration = calibrate_trained(trained, dataset, torch.device("cpu"))
    module = _FromBytes(trained.network, dataset.mean, dataset.std).eval()
    weights = to_onnx(module)
    answers, is_digit = _answers(module, dataset.test_images)
    report = make_report(
        answers, dataset, model=WEIGHTS, epochs=trained.epochs, calibration=calibration
    )
    card = ModelCard(
        sha256=hashlib.sha256(weights).hexdigest(),
        dataset=_last_name(dataset.name),
        classes=list(dataset.classes),
        parameters=count_parameters(trained.network),
        layers={name: list(output.shape[1:]) for name, output in module.inner.items()},
        calibration=calibration,
        test={name: msgspec.to_builtins(getattr(report, name)) for name in _TESTED},
        recipe=msgspec.to_builtins(trained.recipe)
        | {"network": _last_name(trained.recipe.network)},
        seed=trained.seed,
        epochs=trained.epochs,
        data_sha256=dataset.digests,
        is_digit=calibrate_detection(trained, dataset, calibration),
        preparation=dataset.preparation,
        **origin,
    )
    classifier = Classifier(weights, card)
    for count in _BATCH_SIZES:
        expected = _answers(module, dataset.test_images[:count])
        _check_equal(*expected, classifier, dataset.test_images)
    _check_equal(answers, is_digit, classifier, dataset.test_images)
    return write_model(out, weights, card)


def to_onnx(module: _FromBytes) -> bytes:
    """Return the network as the bytes of an ONNX file, for batches of any size.

    Raises `DigitlabError` if it does something that such a file cannot hold.
    """
    model = to_graph(
        module,
        torch.zeros(2, 28, 28, dtype=torch.uint8),
        {0: torch.export.Dim("n")},
        inputs=[IMAGES],
        outputs=[*module.answers, *(_TEMPORARY + name for name in module.inner)],
        name=type(module.network).__name__,
    )
    _name_outputs(model.graph)
    return to_bytes(model)


def _last_name(name: str) -> str:
    """Return the last part of a name that may be a path on this machine, for the card.

    >>> _last_name("/home/me/nets/mine.py:Net"), _last_name("mnist")
    ('mine.py:Net', 'mnist')
    """
    return Path(name).name


def _name_outputs(graph: Any) -> None:
    """Give the inner outputs the names of their layers.

    A layer may have the name that the exporter gave to some inner value (`conv2d`, `relu`): that
    value is then renamed, because a name may be used only once.
    """
    named = {it.name: it.name.removeprefix(_TEMPORARY) for it in graph.output}
    taken = {name for node in graph.node for name in node.output} | {*named.values()}
    for node in graph.node:
        for name in node.output:
            if name not in named and name in named.values():
                taken.add(free := _free_name(name, taken))
                named[name] = free
    for node in graph.node:
        node.input[:] = [named.get(name, name) for name in node.input]
        node.output[:] = [named.get(name, name) for name in node.output]
    for value in (*graph.value_info, *graph.output):
        value.name = named.get(value.name, value.name)


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name, with underscores at its end if it is taken."""
    while name in taken:
        name += "_"
    return name


def _check_equal(
    expected: LogProbabilities,
    expected_digit: NDArray[np.float32] | None,
    classifier: Classifier,
    images: NDArray[np.uint8],
) -> None:
    """Compare a model file with PyTorch's answers, (N, classes) and (N,), to the first `images`.

    The classifier gets the images in one batch. Raises `DigitlabError` if a log-probability differs
    by more than 1e-4, or an answer differs.
    """
    count = len(expected)
    found, found_digit = classifier.outputs(images[:count], at_once=count)
    # Large numbers have larger rounding errors.
    difference = float((np.abs(expected - found) - _RELATIVE * np.abs(expected)).max())
    if expected_digit is not None and found_digit is not None:
        difference = max(difference, float(np.abs(expected_digit - found_digit).max()))
    changed = np.count_nonzero(expected.argmax(axis=1) != found.argmax(axis=1))
    if changed or not difference <= _TOLERANCE:  # "not": NaN compares as false
        raise DigitlabError(
            f"the exported network does not give PyTorch's answers: {changed} of {count} answers "
            f"differ, and log-probabilities by up to {difference:.1e} where {_TOLERANCE:.0e} is "
            "allowed; nothing was written"
        )


@torch.inference_mode()
def _answers(
    module: _FromBytes, images: NDArray[np.uint8]
) -> tuple[LogProbabilities, NDArray[np.float32] | None]:
    """Return the log-probabilities, and the probabilities that they are digits, if it has any."""
    count = len(module.answers)
    outputs = [module(part)[:count] for part in torch.from_numpy(images).split(1000)]
    answers, *others = (torch.cat(parts).numpy() for parts in zip(*outputs, strict=True))
    return answers, others[0] if others else None
