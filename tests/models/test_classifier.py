"""What a model's network must be, and what happens if it is anything else."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.models.calibration import temperature_scaled
from digitlab.models.card import ModelCard, read_model
from digitlab.models.classifier import BATCH, Classifier
from digitlab.reader import PRETRAINED

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(*read_model(PRETRAINED))


@pytest.fixture(scope="module")
def card() -> ModelCard:
    """Return the shipped card, for networks without inner layers and a second output."""
    return replace(read_model(PRETRAINED)[1], layers={}, is_digit=None)


@pytest.mark.parametrize("count", [0, 1, 2, BATCH, BATCH + 1, 3 * BATCH])
def test_an_answer_does_not_depend_on_its_neighbors(
    classifier: Classifier, mnist: Dataset, count: int
):
    images = mnist.test_images[:count]
    together = classifier.log_probabilities(images)
    alone = [classifier.log_probabilities(images[i : i + 1]) for i in range(count)]
    assert together.shape == (count, 10)
    assert together.dtype == np.float32
    if count:
        np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_answers_are_calibrated_with_the_temperature_in_the_card(mnist: Dataset):
    weights, card = read_model(PRETRAINED)
    hot = replace(card, calibration=replace(card.calibration, temperature=3.0))
    classifier, images = Classifier(weights, hot), mnist.test_images[:50]
    np.testing.assert_array_equal(
        classifier.classify(images), temperature_scaled(classifier.log_probabilities(images), 3.0)
    )


def test_the_layers_have_the_shapes_in_the_card(classifier: Classifier, mnist: Dataset):
    layers = classifier.layers(mnist.test_images[:3])
    assert list(layers) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    for name, layer in layers.items():
        assert layer.shape == (3, *classifier.card.layers[name])
        assert layer.std() > 0


def test_a_card_without_layers_gives_none(card: ModelCard, mnist: Dataset):
    weights, _ = read_model(PRETRAINED)
    assert Classifier(weights, card).layers(mnist.test_images[:3]) == {}


# Networks made here: `uniform` turns images into equal log-probabilities, N x 10.


def tensor(name: str, array: np.ndarray) -> onnx.TensorProto:
    return onnx.numpy_helper.from_array(array, name)


def node(kind: str, inputs: str, outputs: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def scores(weights: np.ndarray) -> list[onnx.NodeProto]:
    """Return nodes from images to `scores`, N x the columns of weights, which are 784 rows."""
    return [
        node("Cast", "images", "float", to=TensorProto.FLOAT),
        node("Flatten", "float", "flat"),
        node("Constant", "", "weights", value=tensor("weights", weights.astype(np.float32))),
        node("MatMul", "flat weights", "scores"),
    ]


def network(
    *nodes: onnx.NodeProto,
    images: tuple[int, list[int | str | None] | None] = (TensorProto.UINT8, ["n", 28, 28]),
    answers: tuple[int, list[int | str | None] | None] = (TensorProto.FLOAT, ["n", 10]),
    more_inputs: tuple[onnx.ValueInfoProto, ...] = (),
    output: str = "log_probabilities",
    functions: tuple[onnx.FunctionProto, ...] = (),
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("images", *images), *more_inputs],
        [helper.make_tensor_value_info(output, *answers)],
    )
    sets = [helper.make_opsetid("", 18), *(helper.make_opsetid("local", 1) for _ in functions)]
    model = helper.make_model(graph, opset_imports=sets, ir_version=9, functions=functions)
    weights: bytes = model.SerializeToString()
    return weights


def normalized(name: str = "scores") -> onnx.NodeProto:
    return node("LogSoftmax", name, "log_probabilities", axis=-1)


ZEROS = np.zeros((784, 10))
IMAGES = np.full((3, 28, 28), 255, np.uint8)


def test_a_network_of_the_right_form_answers(card: ModelCard):
    for first in ("n", None):
        weights = network(*scores(ZEROS), normalized(), images=(TensorProto.UINT8, [first, 28, 28]))
        answers = Classifier(weights, card).classify(IMAGES)
        np.testing.assert_allclose(answers, np.log(0.1), atol=1e-6)


BODY = helper.make_graph(
    [node("Identity", "go", "again"), node("Identity", "state", "next")],
    "body",
    [
        helper.make_tensor_value_info("step", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        helper.make_tensor_value_info("state", TensorProto.FLOAT, ["n", 10]),
    ],
    [
        helper.make_tensor_value_info("again", TensorProto.BOOL, []),
        helper.make_tensor_value_info("next", TensorProto.FLOAT, ["n", 10]),
    ],
)
FOREVER = [
    node("Constant", "", "true", value=helper.make_tensor("", TensorProto.BOOL, [], [True])),
    helper.make_node("Loop", ["", "true", "scores"], ["looped"], body=BODY),
]
LOCAL_FOREVER = helper.make_function(
    "local", "Forever", ["scores"], ["looped"], FOREVER, [helper.make_opsetid("", 18)]
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: b"", "is not a network that runs here"),
        (lambda: b"no network", "is not a network that runs here"),
        (lambda: read_model(PRETRAINED)[0][:-100_000], "is not a network that runs here"),
        (
            lambda: network(*scores(np.zeros((784, 7))), normalized(), answers=(1, ["n", 7])),
            r"log_probabilities is a tensor\(float\) of shape \['n', 7\], but must be a "
            r"tensor\(float\) of shape \['N', 10\]",
        ),
        (
            lambda: network(*scores(np.zeros((784, 12))), normalized(), answers=(1, ["n", 12])),
            r"of shape \['n', 12\], but must be",
        ),
        (
            lambda: network(
                *scores(ZEROS),
                node("ReduceMean", "scores", "log_probabilities", keepdims=0),
                answers=(TensorProto.FLOAT, []),
            ),
            r"of shape \[\], but must be",
        ),
        (
            lambda: network(
                *scores(ZEROS),
                normalized(),
                images=(TensorProto.UINT8, [1, 28, 28]),
                answers=(TensorProto.FLOAT, [1, 10]),
            ),
            r"images is a tensor\(uint8\) of shape \[1, 28, 28\], but must be",
        ),
        (
            lambda: network(
                *scores(ZEROS), normalized(), images=(TensorProto.FLOAT, ["n", 28, 28])
            ),
            r"images is a tensor\(float\) of shape",
        ),
        (
            lambda: network(
                *scores(ZEROS)[:3],
                node("Constant", "", "more", value=tensor("more", ZEROS.astype(np.float32))),
                node("MatMul", "flat more", "scores"),
                node("Cast", "scores", "log_probabilities", to=TensorProto.DOUBLE),
                answers=(TensorProto.DOUBLE, ["n", 10]),
            ),
            r"log_probabilities is a tensor\(double\) of shape",
        ),
        (
            lambda: network(
                *scores(ZEROS),
                node("Add", "scores extra", "sum"),
                normalized("sum"),
                more_inputs=(helper.make_tensor_value_info("extra", TensorProto.FLOAT, [10]),),
            ),
            "must have one input, images, but has: images, extra",
        ),
        (
            lambda: network(
                *scores(ZEROS), node("LogSoftmax", "scores", "answers"), output="answers"
            ),
            "does not match model.json: it has no output log_probabilities",
        ),
        (
            lambda: network(*scores(ZEROS), *FOREVER, normalized("looped")),
            "contains a loop; only networks without loops are run",
        ),
        (
            lambda: network(
                *scores(ZEROS),
                node("Forever", "scores", "looped", domain="local"),
                normalized("looped"),
                functions=(LOCAL_FOREVER,),
            ),
            "contains a loop; only networks without loops are run",
        ),
    ],
)
def test_a_file_that_is_not_such_a_network_is_refused(
    card: ModelCard, make: Callable[[], bytes], message: str
):
    with pytest.raises(DigitlabError, match=message) as caught:
        Classifier(make(), card)
    assert str(caught.value).startswith("model.onnx")
    assert "\n" not in str(caught.value)


def with_value(value: float) -> np.ndarray:
    weights = ZEROS.copy()
    weights[5, 3] = value
    return weights


def reshaped(*shape: int) -> list[onnx.NodeProto]:
    """Return nodes that reshape the scores in a way that is unknown before the network runs."""
    return [
        node("Constant", "", "shape", value=tensor("shape", np.array(shape, np.int64))),
        node("ReduceMin", "float", "darkest", keepdims=0),  # 255 in IMAGES
        node("Cast", "darkest", "white", to=TensorProto.INT64),
        node("Constant", "", "level", value=tensor("level", np.array(255, np.int64))),
        node("Sub", "white level", "zero"),
        node("Add", "shape zero", "unknown"),
        node("Reshape", "scores unknown", "reshaped"),
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: network(*scores(with_value(np.nan)), normalized()), "are NaN or infinite"),
        (lambda: network(*scores(with_value(np.inf)), normalized()), "are NaN or infinite"),
        (
            lambda: network(*scores(with_value(1e38)), node("Neg", "scores", "log_probabilities")),
            "are NaN or infinite",
        ),
        (
            lambda: network(*scores(ZEROS), node("Neg", "scores", "log_probabilities")),
            "whose probabilities do not sum to 1",
        ),
        (
            lambda: network(
                *scores(np.ones((784, 10))), node("Abs", "scores", "log_probabilities")
            ),
            "whose probabilities do not sum to 1",
        ),
        (
            lambda: network(*scores(ZEROS), *reshaped(15, 2), normalized("reshaped")),
            r"gave log_probabilities of shape \(15, 2\) instead of \(3, 10\)",
        ),
        (
            lambda: network(*scores(ZEROS), *reshaped(7, 10), normalized("reshaped")),
            r"failed on a batch of 3 \(.*Reshape",
        ),
    ],
)
def test_outputs_that_are_not_answers_are_an_error(
    card: ModelCard, make: Callable[[], bytes], message: str
):
    classifier = Classifier(make(), card)
    for ask in (classifier.classify, classifier.log_probabilities):
        with pytest.raises(DigitlabError, match=message) as caught:
            ask(IMAGES)
        assert "\n" not in str(caught.value)


def test_a_nan_in_one_batch_of_several_is_an_error(card: ModelCard):
    weights = network(
        *scores(with_value(1.0)), node("Log", "scores", "logarithms"), normalized("logarithms")
    )
    black = np.zeros((3 * BATCH, 28, 28), np.uint8)
    with pytest.raises(DigitlabError, match="are NaN or infinite"):
        Classifier(weights, card).classify(black)


def test_a_card_with_other_layers_is_refused():
    weights, card = read_model(PRETRAINED)
    with pytest.raises(DigitlabError, match="it has no output elsewhere"):
        Classifier(weights, replace(card, layers={"elsewhere": [1]}))
    with pytest.raises(DigitlabError, match=r"conv1 is a .* but must be a .*\['N', 16, 24, 23\]"):
        Classifier(weights, replace(card, layers={"conv1": [16, 24, 23]}))


# Telemetry: test_privacy.py checks that nothing is written or sent.


@pytest.mark.parametrize(
    ("before", "after"), [(None, "1"), ("", "1"), ("0", "0"), ("1", "1"), ("yes", "yes")]
)
def test_telemetry_is_off_unless_the_user_decided(before: str | None, after: str):
    variables = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    if before is not None:
        variables["ORT_DISABLE_TELEMETRY"] = before
    program = (
        "import os, sys\n"
        "import digitlab.models.classifier\n"
        "assert 'onnxruntime' in sys.modules\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{after}\n"


def imported_modules(path: Path) -> set[str]:
    """Return the top-level names of the modules that a Python file imports anywhere."""
    names = set()
    for entry in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(entry, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in entry.names}
        elif isinstance(entry, ast.ImportFrom) and entry.module:
            names.add(entry.module.partition(".")[0])
    return names


def test_onnxruntime_is_imported_in_one_place_only():
    importers = [
        path.relative_to(ROOT).as_posix()
        for room in ("src", "tests", "testsets", "benchmarks")
        for path in (ROOT / room).rglob("*.py")
        if "onnxruntime" in imported_modules(path)
    ]
    assert importers == ["src/digitlab/models/session.py"]
