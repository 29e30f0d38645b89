"""The network of a model file: what it takes, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.models.calibration import tempered
from digitlab.models.card import read_model
from digitlab.models.classifier import BATCH, Classifier
from digitlab.reader import PRETRAINED


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(*read_model(PRETRAINED))


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


def test_the_answers_are_calibrated_by_the_cards_temperature(mnist: Dataset):
    weights, card = read_model(PRETRAINED)
    hot = replace(card, calibration=replace(card.calibration, temperature=3.0))
    classifier, images = Classifier(weights, hot), mnist.test_images[:50]
    np.testing.assert_array_equal(
        classifier.classify(images), tempered(classifier.log_probabilities(images), 3.0)
    )


def test_the_layers_have_the_shapes_that_the_card_tells(classifier: Classifier, mnist: Dataset):
    names = list(classifier.card.layers)
    assert names
    layers = classifier.layers(mnist.test_images[:3], names)
    for name in names:
        assert layers[name].shape == (3, *classifier.card.layers[name])
        assert layers[name].std() > 0
    with pytest.raises(DigitlabError, match="there is no layer 'conv9'; choose among: "):
        classifier.layers(mnist.test_images[:3], ["conv9"])


def test_weights_that_are_no_network_are_refused():
    _, card = read_model(PRETRAINED)
    with pytest.raises(DigitlabError, match="is not a network that runs here"):
        Classifier(b"no network", card)


def test_a_card_that_tells_of_other_layers_is_refused():
    weights, card = read_model(PRETRAINED)
    with pytest.raises(DigitlabError, match="and its card disagree"):
        Classifier(weights, replace(card, layers={"elsewhere": [1]}))
