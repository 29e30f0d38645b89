"""Reading an ONNX file without the onnx package: as that package reads it, and damaged files."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import digitlab
from digitlab.errors import DigitlabError
from digitlab.models.onnx_graph import Graph, Node, read_graph, without_output

SHIPPED = (Path(digitlab.__file__).parent / "pretrained" / "model.onnx").read_bytes()


def test_the_shipped_model_is_read_as_the_onnx_package_reads_it():
    graph, expected = read_graph(SHIPPED), onnx.load_from_string(SHIPPED).graph
    assert set(graph.weights) == {it.name for it in expected.initializer}
    for tensor in expected.initializer:
        np.testing.assert_array_equal(graph.weights[tensor.name], numpy_helper.to_array(tensor))
    for node, other in zip(graph.nodes, expected.node, strict=True):
        assert (node.operator, node.inputs, node.outputs) == (
            other.op_type, list(other.input), list(other.output),
        )  # fmt: skip
        attributes = {it.name: helper.get_attribute_value(it) for it in other.attribute}
        as_text = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
        assert node.attributes == as_text


def test_values_that_are_written_one_by_one_are_read_too():
    tensors = [
        helper.make_tensor("floats", TensorProto.FLOAT, [2, 1], [1.5, -2]),
        helper.make_tensor("whole", TensorProto.INT64, [3], [-1, 0, 2**40]),
        helper.make_tensor("text", TensorProto.STRING, [1], [b"left out"]),
    ]
    node = helper.make_node("Mine", ["a"], ["b"], domain="org.example", pads=[-1, 2], slope=0.5)
    graph = read_graph(
        helper.make_model(helper.make_graph([node], "g", [], [], tensors)).SerializeToString()
    )
    assert graph.weights["floats"].tolist() == [[1.5], [-2.0]]
    assert graph.weights["whole"].tolist() == [-1, 0, 2**40]
    assert set(graph.weights) == {"floats", "whole"}
    assert graph.nodes[0].operator == "org.example.Mine"
    assert graph.nodes[0].attributes == {"pads": [-1, 2], "slope": 0.5}


def test_weights_in_another_file_or_of_another_size_are_refused():
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [2], [1, 2])
    tensor.dims[0] = 3
    model = helper.make_model(helper.make_graph([], "g", [], [], [tensor]))
    with pytest.raises(DigitlabError, match=r"w of shape \[3\] has 2 values"):
        read_graph(model.SerializeToString())
    tensor.data_location = TensorProto.EXTERNAL
    model = helper.make_model(helper.make_graph([], "g", [], [], [tensor]))
    with pytest.raises(DigitlabError, match="w are in another file"):
        read_graph(model.SerializeToString())


@settings(max_examples=150)
@given(st.data())
def test_damaged_bytes_are_refused_in_one_sentence_or_read(data: st.DataObject):
    """Bytes are changed where the operations are, since nearly all others are weights."""
    content = bytearray(SHIPPED[:6000])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content) + SHIPPED[6000:], bytes(content[:cut])):
        try:
            read_graph(damaged)
        except DigitlabError as error:
            assert "damaged" in str(error)  # noqa: PT017 - it may also be read


def test_an_output_is_left_out_with_all_that_only_it_needs():
    def node(inputs: str, output: str) -> Node:
        return Node(operator="Op", inputs=inputs.split(), outputs=[output], attributes={})

    shared, answer = node("images", "features"), node("features w", "answer")
    side, end = node("features v", "score"), node("score", "is_digit")
    graph = Graph(nodes=[shared, side, answer, end], weights={})
    assert without_output(graph, "is_digit").nodes == [shared, answer]
    assert without_output(graph, "nothing").nodes == graph.nodes
