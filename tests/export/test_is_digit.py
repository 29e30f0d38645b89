"""The second output, "is it a digit at all?", from the training to every way of asking a model."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digitlab.data.dataset import Dataset
from digitlab.explain.network import explain_calls
from digitlab.explain.onnx import calls_of
from digitlab.export.onnx import export_onnx
from digitlab.lab.lines import known_lines, lines_of_graph
from digitlab.models.card import ModelCard, read_model, write_model
from digitlab.models.onnx_graph import read_graph
from digitlab.reader import Reader
from digitlab.recipe import Recipe
from digitlab.serve.inference import metadata_of
from digitlab.synth.non_digits import KINDS, non_digits
from digitlab.train.detection import REFUSED
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training
from digitlab.train.networks import normalize
from digitlab.train.trained import TrainedNetwork

RECIPE = Recipe(
    network="compact", epochs=4, batch_size=50, learning_rate=0.1, dropout=0.0,
    schedule="one-cycle", warm_up=0.2, validation=100, train_images=600,
    outliers=0.4, digit_loss=1.0, test_each_epoch=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(small_mnist: Dataset) -> TrainedNetwork:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitlab.train.examples.non_digits", partial(non_digits, count=120))
        training = Training(RECIPE, small_mnist, seed=1, device=set_up_device("cpu"))
        list(training.run())
    network = training.network_in_use.eval()
    return TrainedNetwork(network=network, recipe=RECIPE, source="here", dataset_name="mnist")


@pytest.fixture(scope="module")
def model(
    trained: TrainedNetwork, small_mnist: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("model")
    origin = {"commands": [], "machine": None, "versions": {}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitlab.train.detection._PER_KIND", 10)
        export_onnx(trained, small_mnist, folder, origin=origin)
    return folder


@pytest.fixture
def with_threshold(model: Path, tmp_path: Path) -> Callable[[float], Path]:
    """Return a function that gives the model another threshold of `is_digit`."""

    def with_threshold(threshold: float) -> Path:
        weights, card = read_model(model)
        assert card.is_digit is not None
        other = replace(card, is_digit=replace(card.is_digit, threshold=threshold))
        write_model(tmp_path, weights, other)
        return tmp_path

    return with_threshold


def card_of(model: Path) -> ModelCard:
    return read_model(model)[1]


def test_it_is_learned_and_exported(trained: TrainedNetwork, model: Path, small_mnist: Dataset):
    images = small_mnist.test_images
    _, ours = trained.network.classify_and_detect(
        normalize(torch.from_numpy(images), small_mnist.mean, small_mnist.std)
    )
    classifier = Reader(model).classifier
    answers, is_digit = classifier.outputs(images)
    np.testing.assert_allclose(is_digit, ours.detach().sigmoid().numpy(), atol=1e-4)
    np.testing.assert_array_equal(answers, classifier.log_probabilities(images))
    others = non_digits(small_mnist.train_images, small_mnist.train_labels, seed=9, count=60)
    assert is_digit.mean() > classifier.outputs(others)[1].mean() + 0.2


def test_the_layers_do_not_change_places(model: Path, small_mnist: Dataset):
    layers = Reader(model).classifier.layers(small_mnist.test_images[:2])
    assert list(layers) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert layers["conv1"].shape == (2, 16, 24, 24)


def test_the_card_states_the_threshold_and_how_often_it_is_wrong(model: Path):
    card = card_of(model)
    assert card.parameters == 21_602 + 37
    assert card.is_digit is not None
    assert card.is_digit.refused.keys() == card.is_digit.wrong.keys() == REFUSED.keys()
    for kind, share in card.is_digit.refused.items():
        assert share <= REFUSED[kind]
    assert card.is_digit.answered.keys() == KINDS.keys()


def test_a_refused_picture_is_unsure_but_keeps_its_answer(
    with_threshold: Callable[[float], Path], small_mnist: Dataset
):
    image = small_mnist.test_images[0]
    accepted, refused = (Reader(with_threshold(it)).predict(image) for it in (0.0, 1.0))
    assert (accepted.refused, refused.refused) == (False, True)
    assert refused.unsure
    assert refused.digit == accepted.digit is not None
    assert refused.probabilities == accepted.probabilities
    assert 0 < refused.is_digit == accepted.is_digit < 1
    assert ", no digit?" in repr(refused)
    assert ", no digit?" not in repr(accepted)


def test_a_blank_picture_has_no_such_probability(model: Path):
    reader = Reader(model)
    blank = reader.predict(np.zeros((28, 28), np.uint8))
    assert (blank.is_digit, blank.refused) == (None, False)
    assert reader.record(blank)["is_digit"] is None


def test_the_commands_say_it(
    with_threshold: Callable[[float], Path], call: Callable, small_mnist: Dataset, tmp_path: Path
):
    picture = tmp_path / "digit.png"
    Image.fromarray(small_mnist.test_images[0]).save(picture)
    model = with_threshold(1.0)
    assert call("predict", picture, "--model", model).out.endswith("digit.png  no digit?\n")
    record = json.loads(call("predict", picture, "--model", model, "--json").out)
    assert list(record) == [
        "picture", "digit", "probability", "unsure", "is_digit", "several", "runner_up",
        "probabilities",
    ]  # fmt: skip
    assert record["unsure"]
    (row,) = csv.DictReader(io.StringIO(call("predict", picture, "--model", model, "--csv").out))
    assert float(row["is_digit"]) == pytest.approx(record["is_digit"], abs=1e-6)
    missing = call("predict", tmp_path / "none.png", "--model", model, "--csv").out.splitlines()[1]
    assert missing.split(",")[1:5] == [""] * 4


def test_a_model_that_does_not_use_it_answers_as_before(model: Path, tmp_path: Path):
    weights, card = read_model(model)
    write_model(tmp_path, weights, replace(card, is_digit=None))
    reader = Reader(tmp_path)
    answer = reader.predict(np.eye(28, dtype=np.uint8) * 255)
    assert (answer.is_digit, answer.refused) == (None, False)
    assert "is_digit" not in reader.record(answer)


def test_the_service_offers_it(model: Path):
    reader = Reader(model)
    outputs = {it["name"]: it["shape"] for it in metadata_of(reader.card)["outputs"]}
    assert outputs["is_digit"] == [-1]


def test_the_lab_and_explain_show_what_leads_to_the_ten_probabilities(
    model: Path, small_mnist: Dataset
):
    weights, _ = read_model(model)
    graph = read_graph(weights)
    assert any(node.operator == "Sigmoid" for node in graph.nodes)
    lines, *_ = lines_of_graph(graph)
    known = known_lines("compact", 0.0)
    assert known is not None
    assert [it["op"] for it in lines] == [it["op"] for it in known if it["op"] != "dropout"]
    network = explain_calls(calls_of(weights, graph, small_mnist.test_images[0]))
    assert network.parameters == 21_602
