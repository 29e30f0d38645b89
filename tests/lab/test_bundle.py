"""Bundles: every network of the package, other models of the same operations, and refusals."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import numpy_helper

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.lab.bundle import bundle_of_model, bundle_of_snapshot
from digitlab.lab.lines import known_lines
from digitlab.models.card import read_model, write_model
from digitlab.workbench import Run

SHIPPED = Path(digitlab.__file__).parent / "pretrained"


def test_the_shipped_model_is_a_bundle_with_its_calibration_and_its_missing_dropout():
    bundle = bundle_of_model(SHIPPED, name="shipped")
    card = json.loads((SHIPPED / "model.json").read_text())
    assert json.loads(json.dumps(bundle)) == bundle
    assert (bundle["name"], bundle["title"]) == ("shipped", "the best network")
    assert (bundle["mean"], bundle["std"]) == (0.1307, 0.3081)
    assert bundle["threshold"] == card["calibration"]["threshold"]
    assert bundle["accuracy"] == card["test"]["accuracy"]
    assert bundle["lines"] == known_lines("best", 0.0)
    small = bundle_of_model(SHIPPED, type="float16")
    assert len(json.dumps(small)) < 0.52 * len(json.dumps(bundle))


@pytest.mark.parametrize(
    "network", ["tutorial", "fast", pytest.param("compact", marks=pytest.mark.slow)]
)
def test_a_run_is_the_same_network_as_a_model_and_as_a_snapshot(
    network: str, small_mnist: Dataset, tmp_path: Path
):
    run = Run.start(
        tmp_path / "mine", network, dataset=replace(small_mnist, name="mnist"), epochs=1,
        batch_size=100, dropout=0.25, snapshots=True,
    )  # fmt: skip
    run.export()
    exported, last = bundle_of_model(run.path), bundle_of_snapshot(run.path, 6)
    assert exported["lines"] == last["lines"] == known_lines(network, 0.25)
    shapes = [
        {name: it["shape"] for name, it in bundle["weights"].items()} for bundle in (exported, last)
    ]
    assert shapes[0] == shapes[1]
    assert (last["name"], last["step"], last["examples"]) == ("mine", 6, 600)
    assert run.report is not None
    assert last["accuracy"] == exported["accuracy"] == run.report.accuracy
    assert bundle_of_snapshot(run.path, 4)["examples"] == 400
    with pytest.raises(DigitlabError, match="no snapshot after 5 steps; there are 5, from 0 to 6"):
        bundle_of_snapshot(run.path, 5)


@pytest.fixture
def changed(tmp_path: Path) -> Any:
    """Return a function that makes a model from the shipped one with another graph."""

    def changed(change: Any) -> Path:
        content, card = read_model(SHIPPED)
        model = onnx.load_from_string(content)
        change(model.graph)
        content = model.SerializeToString()
        digest = hashlib.sha256(content).hexdigest()
        write_model(tmp_path, content, replace(card, sha256=digest))
        return tmp_path

    return changed


def set_attribute(graph: Any, operator: str, name: str, value: Any) -> None:
    node = next(node for node in graph.node if node.op_type == operator)
    kept = [it for it in node.attribute if it.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])


def operator(graph: Any, old: str, new: str) -> None:
    next(node for node in graph.node if node.op_type == old).op_type = new


def weight(graph: Any, name: str, change: Any) -> None:
    tensor = next(it for it in graph.initializer if it.name == name)
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor).copy()), name))


def test_a_model_of_another_kind_gets_lines_of_its_own_operations(changed: Any):
    def without_second_norm(graph: Any) -> None:
        node = [node for node in graph.node if node.op_type == "BatchNormalization"][1]
        after = next(other for other in graph.node if node.output[0] in other.input)
        after.input[0] = node.input[0]
        graph.node.remove(node)

    bundle = bundle_of_model(changed(without_second_norm), title="mine")
    assert bundle["title"] == "mine"
    codes = [line["code"] for line in bundle["lines"]]
    assert codes[4:6] == ["x = self.conv2(x)", "x = F.relu(x)"]
    assert "x = self.drop(x)" not in codes
    assert "norm2.weight" not in bundle["weights"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: operator(g, "Relu", "Sigmoid"), "the operation Sigmoid.*it can compute Conv"),
        (
            lambda g: set_attribute(g, "Conv", "pads", [1, 1, 1, 1]),
            r"Conv with pads \[1, 1, 1, 1\]",
        ),
        (lambda g: set_attribute(g, "MaxPool", "strides", [1, 1]), "windows of 2 pixels"),
        (lambda g: set_attribute(g, "MaxPool", "kernel_shape", [2, 3]), "only squares"),
        (lambda g: operator(g, "Unsqueeze", "Relu"), "begins with Relu, Cast"),
        (lambda g: weight(g, "val_4", lambda it: it * 0), "divide by a deviation above 0"),
        (lambda g: weight(g, "network.fc.bias", lambda it: it[:9]), "x = self.fc.*cannot take"),
        (lambda g: weight(g, "network.conv2.weight", lambda it: it * float("nan")), "NaN"),
        (lambda g: g.node[-1].input.__setitem__(0, "conv1"), "what the last one left"),
        (lambda g: g.node[5].input.__setitem__(1, "network.norm1.weight"), "cannot take|not the"),
    ],
)
def test_what_the_page_cannot_compute_is_refused(changed: Any, change: Any, message: str):
    with pytest.raises(DigitlabError, match=message):
        bundle_of_model(changed(change))
