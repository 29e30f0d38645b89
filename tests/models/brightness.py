"""A model that answers how bright a picture is: three classes, taken as they are."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from digitlab.models.card import read_model, write_model
from digitlab.reader import PRETRAINED

CLASSES = ("dark", "half gray", "bright")  # mean pixel below 85, below 170, and above


def write_brightness_model(folder: Path, **card: object) -> Path:
    """Write the model to a folder, with these fields of the card changed; return the folder."""
    # Score k is k * mean - 42.5 * k * (k + 1): the scores cross at means of 85 and 170.
    columns = np.arange(3, dtype=np.float32)
    weights = np.tile(columns / 784, (784, 1)).astype(np.float32)
    bias = -42.5 * columns * (columns + 1)
    nodes = [
        helper.make_node("Cast", ["images"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["log_probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 28, 28])],
        [helper.make_tensor_value_info("log_probabilities", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    usual = {
        "sha256": hashlib.sha256(model).hexdigest(),
        "dataset": "brightness",
        "classes": list(CLASSES),
        "preparation": "as-is",
        "layers": {},
        "is_digit": None,
    }
    write_model(folder, model, replace(read_model(PRETRAINED)[1], **{**usual, **card}))
    return folder
