"""A trained page network as a model in use: `page.onnx`, checked against PyTorch, and its card."""

import hashlib
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
from digitlab.models.page_card import (
    BOXES,
    CENTERS,
    CLASSES,
    PAGE,
    UNCALIBRATED,
    PageCard,
    write_page_model,
)
from digitlab.models.page_network import Maps, PageFinder, filled
from digitlab.sheets.classes import CLASSES as NAMES
from digitlab.train.networks import count_parameters
from digitlab.train.page_network import page_outputs
from digitlab.train.page_score import ScoredCrops, page_report_of
from digitlab.train.trained import TrainedNetwork

_TOLERANCES = {CENTERS: 1e-4, CLASSES: 1e-3, BOXES: 1e-2}
"""By how much PyTorch and the file may differ: in probability, log-probability and pixels."""
_CHECKED_CROPS = 4
_LARGER_PAGE = (211, 395)  # pixels: neither side is a multiple of 16
_TESTED = (
    *("correct", "total", "accuracy", "interval", "loss"),
    *("missing", "invented", "invented_per_crop", "crops"),
)  # of the report


class _Finder(nn.Module):
    """A page network as it is exported. In: uint8 (N, H, W). Out: the maps."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pages: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return centers, classes and boxes: see `digitlab.models.page_network.Maps`."""
        return page_outputs(self.network(pages))


def export_page(
    trained: TrainedNetwork, dataset: Dataset, out: Path, *, origin: dict[str, Any]
) -> tuple[Path, Path]:
    """Write `page.onnx` and `page.json` to the folder `out`; return their paths.

    The network is tested on crops with the test digits of `dataset`, which it was trained on. The
    file is checked before it is written: on several of these crops and on a larger page, its maps
    must be PyTorch's. `origin` is as for `digitlab.export.onnx.export_onnx`.

    Raises `DigitlabError` if the network cannot be written as ONNX, or the file does not give its
    answers, or cannot be written.
    """
    module = _Finder(trained.network.cpu()).eval()
    weights = _to_onnx(module)
    scored = ScoredCrops.test_set(trained.recipe, dataset, torch.device("cpu"))
    report = page_report_of(
        scored.answers_of(trained.network), dataset, model="page.onnx", epochs=trained.epochs
    )
    card = PageCard(
        sha256=hashlib.sha256(weights).hexdigest(),
        dataset=dataset.name,
        classes=NAMES,
        parameters=count_parameters(trained.network),
        confidence=UNCALIBRATED,
        test={name: msgspec.to_builtins(getattr(report, name)) for name in _TESTED},
        recipe=msgspec.to_builtins(trained.recipe),
        seed=trained.seed,
        epochs=trained.epochs,
        data_sha256=dataset.digests,
        commands=origin["commands"],
        machine=origin["machine"],
        versions=origin["versions"],
    )
    finder = PageFinder(weights, card)
    grays = [crop.gray for crop in scored.crops[:_CHECKED_CROPS]]
    for page in (*grays, _larger_page(grays)):
        _check_equal(module, finder, page)
    return write_page_model(out, weights, card)


def _to_onnx(module: _Finder) -> bytes:
    """Return the network as the bytes of an ONNX file, for any number of pages of any size."""
    height, width = 16 * torch.export.Dim("h"), 16 * torch.export.Dim("w")
    model = to_graph(
        module,
        torch.zeros(2, 64, 96, dtype=torch.uint8),
        {0: torch.export.Dim("n"), 1: height, 2: width},
        inputs=[PAGE],
        outputs=[CENTERS, CLASSES, BOXES],
        name=type(module.network).__name__,
    )
    return to_bytes(model)


def _larger_page(grays: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return a page that shows several crops, side by side."""
    rows = [np.concatenate(grays[first:] + grays[:first], axis=1) for first in range(len(grays))]
    height, width = _LARGER_PAGE
    return np.concatenate(rows)[:height, :width]


@torch.inference_mode()
def _check_equal(module: _Finder, finder: PageFinder, page: NDArray[np.uint8]) -> None:
    """Raise `DigitlabError` if a model file does not find on a page what PyTorch does."""
    outputs = [output[0].numpy() for output in module(torch.from_numpy(filled(page)[None]))]
    expected = Maps(centers=outputs[0], classes=outputs[1], boxes=outputs[2])
    found = finder.maps(page)
    for name, tolerance in _TOLERANCES.items():
        difference = float(abs(getattr(expected, name) - getattr(found, name)).max())
        if not difference <= tolerance:  # "not": NaN compares as false
            raise DigitlabError(
                f"the exported network does not give PyTorch's answers: {name} differ by up to "
                f"{difference:.1e} where {tolerance:.0e} is allowed; nothing was written"
            )
