"""A trained network as a model in use: `model.onnx`, proven equal, and `model.json`, its card."""

import hashlib
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.models.calibration import LogProbabilities
from digitlab.models.card import ANSWERS, IMAGES, WEIGHTS, ModelCard, write_model
from digitlab.models.classifier import Classifier
from digitlab.records.report import make_report
from digitlab.train.networks import count_parameters, normalize
from digitlab.train.trained import TrainedNetwork, calibrate_trained

TOLERANCE = 1e-4  # of a log-probability, between PyTorch and the file
BATCH_SIZES = (1, 2, 17)  # at which the two are compared, beside the whole test set in one
TESTED = ("correct", "total", "accuracy", "interval", "loss", "calibration")  # of the report


class _FromBytes(nn.Module):
    """A network with what stands before it and beside it: from bytes to answers and layers.

    In: uint8 (N, 28, 28). Out: the log-probabilities, then what each of `network.layers` says.
    """

    def __init__(self, network: nn.Module, mean: float, std: float) -> None:
        super().__init__()
        self.network = network
        self.mean, self.std = mean, std
        self.names: tuple[str, ...] = network.layers  # type: ignore[assignment] # not a module
        self.said: dict[str, Tensor] = {}
        for name in self.names:
            network.get_submodule(name).register_forward_hook(self._listener(name))

    def _listener(self, name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def listen(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            self.said[name] = output

        return listen

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the log-probabilities, and what each of the layers says."""
        answers = self.network(normalize(images, self.mean, self.std))
        return answers, *(self.said[name] for name in self.names)


def export_onnx(
    trained: TrainedNetwork, dataset: Dataset, out: Path, *, origin: dict[str, Any]
) -> tuple[Path, Path]:
    """Write `model.onnx` and `model.json` into the folder `out`; return their paths.

    The file is proven before it is written: at batches of 1, 2 and 17 images and over the whole
    test set it must give PyTorch's answers, with log-probabilities within 1e-4.

    Parameters
    ----------
    trained
        The network; it is moved to the CPU and put into evaluation mode.
    dataset
        What it learned: its test set proves the file, and its held-out images calibrate it.
    origin
        What made the network, for the card: `commands`, `machine` and `versions`.

    Raises
    ------
    DigitlabError
        If the file does not answer as the network does, or cannot be written.
    """
    cpu = torch.device("cpu")
    calibration = calibrate_trained(trained, dataset, cpu)
    module = _FromBytes(trained.network, dataset.entry.mean, dataset.entry.std).eval()
    weights = to_onnx(module)
    answers = _answers(module, dataset.test_images)
    report = make_report(
        answers, dataset, model=WEIGHTS, epochs=trained.epochs, calibration=calibration
    )
    card = ModelCard(
        sha256=hashlib.sha256(weights).hexdigest(),
        dataset=dataset.entry.name,
        classes=list(dataset.entry.classes),
        parameters=count_parameters(trained.network),
        layers=_shapes(module),
        calibration=calibration,
        test={name: report[name] for name in TESTED},
        recipe=trained.recipe.as_json(),
        seed=trained.seed,
        epochs=trained.epochs,
        data_sha256=dataset.digests,
        **origin,
    )
    prove_equal(module, Classifier(weights, card), dataset.test_images)
    return write_model(out, weights, card)


def to_onnx(module: _FromBytes) -> bytes:
    """Return the network as the bytes of an ONNX file, for batches of any size."""
    example = torch.zeros(2, 28, 28, dtype=torch.uint8)  # two: of one, the size would be fixed
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)  # it tells of packages that it would use if they were there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own use of what PyTorch deprecates
            program = torch.onnx.export(
                module,
                (example,),
                input_names=[IMAGES],
                output_names=[ANSWERS, *module.names],
                dynamic_shapes={"images": {0: torch.export.Dim("n")}},
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    assert program is not None
    model = program.model_proto
    # What the exporter notes for those who debug it: lines and folders of this machine.
    del model.metadata_props[:]
    for entry in (*model.graph.node, *model.graph.value_info, model.graph):
        del entry.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
    weights: bytes = model.SerializeToString(deterministic=True)
    return weights


def prove_equal(
    module: nn.Module, classifier: Classifier, images: NDArray[np.uint8]
) -> dict[int, float]:
    """Return the largest difference of a log-probability, for each number of images at once.

    Raises
    ------
    DigitlabError
        If one is above 1e-4, or an answer is another.
    """
    differences: dict[int, float] = {}
    for count in (*BATCH_SIZES, len(images)):
        ours = _answers(module, images[:count])
        theirs = classifier.log_probabilities(images[:count], at_once=count)
        differences[count] = float(np.abs(ours - theirs).max())
        changed = np.count_nonzero(ours.argmax(axis=1) != theirs.argmax(axis=1))
        if changed or not differences[count] <= TOLERANCE:  # not: NaN is no proof
            raise DigitlabError(
                f"the exported network does not answer as PyTorch's does: of {count} images "
                f"{changed} have another answer, and log-probabilities differ by up to "
                f"{differences[count]:.1e} where {TOLERANCE:.0e} is allowed; nothing was written"
            )
    return differences


@torch.inference_mode()
def _answers(module: nn.Module, images: NDArray[np.uint8]) -> LogProbabilities:
    return np.concatenate(
        [module(part)[0].numpy() for part in torch.from_numpy(images).split(1000)]
    )


@torch.inference_mode()
def _shapes(module: _FromBytes) -> dict[str, list[int]]:
    _, *layers = module(torch.zeros(1, 28, 28, dtype=torch.uint8))
    return {name: list(layer.shape[1:]) for name, layer in zip(module.names, layers, strict=True)}
