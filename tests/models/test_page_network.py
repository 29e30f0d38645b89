"""What a page network's file must be; `tests/export/test_page.py` checks what it answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from digitlab.errors import DigitlabError
from digitlab.models.card import read_model
from digitlab.models.page_card import (
    UNCALIBRATED,
    PageCard,
    read_page_model,
    write_page_model,
)
from digitlab.models.page_network import PageFinder
from digitlab.reader import PRETRAINED
from digitlab.sheets.classes import CLASSES

CARD = PageCard(
    sha256="", dataset="mnist", classes=CLASSES, parameters=1, confidence=UNCALIBRATED, test={},
    recipe={}, seed=1, epochs=1, commands=[], data_sha256={}, machine=None, versions={},
)  # fmt: skip


def network(
    center: float = 0.5, score: float = -float(np.log(len(CLASSES))), cell: int = 4
) -> bytes:
    """Return a network that gives every cell of a page the same answer."""
    depths = {"centers": 2, "classes": len(CLASSES), "boxes": 4}
    values = {"centers": center, "classes": score, "boxes": 1.0}
    constants = {"zero": np.zeros(1, np.float32), "one": np.ones(1, np.int64)} | {
        f"{name}_value": np.full((1, depth, 1, 1), values[name], np.float32)
        for name, depth in depths.items()
    }
    sides = [cell, cell]
    nodes = [
        helper.make_node("Cast", ["page"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["levels", "one"], ["channel"]),
        helper.make_node("AveragePool", ["channel"], ["cells"], kernel_shape=sides, strides=sides),
        helper.make_node("Mul", ["cells", "zero"], ["nothing"]),
        *(helper.make_node("Add", ["nothing", f"{name}_value"], [name]) for name in depths),
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", depth, "h", "w"])
        for name, depth in depths.items()
    ]
    page = helper.make_tensor_value_info("page", TensorProto.UINT8, ["n", "hh", "ww"])
    weights = [onnx.numpy_helper.from_array(it, name) for name, it in constants.items()]
    graph = helper.make_graph(nodes, "finder", [page], outputs, weights)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()


PAGE = np.zeros((10, 16), np.uint8)


def test_maps_have_a_cell_for_each_4_pixels():
    maps = PageFinder(network(), CARD, threads=1).maps(PAGE)
    assert maps.centers.shape == (2, 4, 4)
    assert maps.classes.shape == (len(CLASSES), 4, 4)
    assert maps.boxes.shape == (4, 4, 4)


@pytest.mark.parametrize(
    ("weights", "page", "reason"),
    [
        (network(center=1.5), PAGE, "page.onnx gave centers that are no probabilities"),
        (network(center=np.nan), PAGE, "page.onnx gave centers that are NaN or infinite"),
        (network(score=-1.0), PAGE, "gave classes whose probabilities do not sum to 1"),
        (network(cell=8), PAGE, r"gave centers of shape \(1, 2, 2, 2\) instead of \(1, 2, 4, 4\)"),
        (network(), np.zeros((0, 16), np.uint8), "a page must have pixels"),
        (network(), np.zeros((4, 4, 3), np.uint8), "a page must have pixels in two dimensions"),
    ],
)
def test_impossible_answers_and_pages_are_refused(weights: bytes, page: np.ndarray, reason: str):
    finder = PageFinder(weights, CARD, threads=1)
    with pytest.raises(DigitlabError, match=reason):
        finder.maps(page)


def test_another_network_is_refused():
    with pytest.raises(DigitlabError, match="must have one input, page, but has: images"):
        PageFinder(read_model(PRETRAINED)[0], CARD)
    with pytest.raises(DigitlabError, match=r"classes is a .* but must be .*\['N', 12, 'H/4'"):
        PageFinder(network(), replace(CARD, classes=CLASSES[:12]))
    with pytest.raises(DigitlabError, match=r"page\.onnx is not a network that runs here"):
        PageFinder(b"nonsense", CARD)


def test_a_page_model_and_a_classifier_share_a_folder(tmp_path: Path):
    with pytest.raises(DigitlabError, match=r"contains no model: .*page\.onnx cannot be read"):
        read_page_model(tmp_path)
    weights = network()
    digest = "5" * 64
    write_page_model(tmp_path, weights, replace(CARD, sha256=digest))
    with pytest.raises(DigitlabError, match=r"page\.onnx does not match page\.json"):
        read_page_model(tmp_path)
    assert sorted(it.name for it in tmp_path.iterdir()) == ["page.json", "page.onnx"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("offset", it) for it in (-101.0, 101.0, float("nan"))],
        *[
            ("by_center", 101.0),
            ("by_second_look", float("inf")),
            ("by_support", -101.0),
            ("by_size", 101.0),
        ],
        *[("page_weight", -0.1), ("single_weight", -0.1), ("single_weight", 101.0)],
        *[("threshold", 1.1), ("error_rate", 1.0)],
    ],
)
def test_an_impossible_confidence_is_refused(name: str, value: float):
    with pytest.raises(ValueError, match=f"^{name} is"):
        replace(UNCALIBRATED, **{name: value})
