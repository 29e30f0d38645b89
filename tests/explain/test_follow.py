"""One picture in numbers: every sum shown adds up to what the network computed."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from digitlab.data.dataset import Dataset
from digitlab.explain.answer import answer_of
from digitlab.explain.call import Call
from digitlab.explain.follow import follow
from digitlab.explain.followed import Followed, summands, total_of
from digitlab.explain.picture import prepare_picture
from digitlab.explain.subject import SHIPPED, find_subject
from digitlab.explain.trace import trace
from digitlab.named_recipes import IMAGE_RECIPES
from digitlab.reader import Reader


def check_sums(followed: list[Followed], calls: list[Call]) -> None:
    for it, call in zip(followed, calls, strict=True):
        assert it.value == pytest.approx(float(call.output.max()))
        if it.form in ("value", "function"):
            continue
        total = total_of(it)
        assert total is not None
        assert total == pytest.approx(it.value, rel=1e-4, abs=1e-4), call.name
        if it.form == "products":
            parts = summands(it)
            assert len(parts) <= 26
            assert math.fsum(part.value for part in parts) == pytest.approx(total)


@pytest.mark.parametrize("what", [SHIPPED, *IMAGE_RECIPES])
def test_the_sums_of_every_network_add_up(what: str, mnist: Dataset):
    calls = find_subject(what).run(mnist.test_images[0])
    followed = follow(calls)
    check_sums(followed, calls)
    assert "value" not in {it.form for it in followed}
    first = followed[0]
    assert first.form == "products"
    assert len([term for term in first.terms if term.index]) == 25


def test_the_sums_of_ones_own_network(unusual: nn.Module):
    torch.manual_seed(0)
    calls = trace(unusual, torch.randn(1, 1, 28, 28))
    followed = follow(calls)
    check_sums(followed, calls)
    forms = {call.name: it.form for call, it in zip(calls, followed, strict=True)}
    assert {"grouped", "wide", "pool", "+", "torch.cat"} <= {
        name for name, form in forms.items() if form != "value"
    }
    assert forms["torch.cumsum"] == "value"  # nothing is invented


def test_the_last_of_several_groups():
    layer = nn.Conv2d(4, 4, 3, groups=2)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 50.0]))
    module = nn.Sequential(nn.Conv2d(1, 4, 3), layer)
    torch.manual_seed(0)
    found = follow(trace(module, torch.randn(1, 1, 28, 28)))[1]
    assert (found.form, found.index[0]) == ("products", 3)
    assert {term.index[0] for term in found.terms if term.index} == {2, 3}


def test_arithmetic_that_is_not_the_networks_is_not_shown(mnist: Dataset):
    calls = find_subject("tutorial").run(mnist.test_images[0])
    other = replace(calls[0], output=calls[0].output + 1)  # as if it did something else
    assert follow([calls[0]])[0].form == "products"
    assert follow([other])[0].form == "value"


def test_the_answer(mnist: Dataset):
    subject = find_subject(SHIPPED)
    calls = subject.run(mnist.test_images[0])
    answer = answer_of(calls, subject.temperature)
    assert answer is not None
    scores = torch.tensor([answer.scores], dtype=torch.float64)
    assert np.allclose(answer.probabilities, F.softmax(scores, dim=1)[0])
    logarithms = F.log_softmax(scores, dim=1)
    losses = [F.nll_loss(logarithms, torch.tensor([label])).item() for label in range(10)]
    assert np.allclose(answer.losses, losses)
    assert np.allclose(-calls[-1].output[0], losses, atol=1e-4)
    total = sum(answer.exponentials)
    assert np.allclose(answer.probabilities, [it / total for it in answer.exponentials])
    predicted = Reader().predict(mnist.test_images[0])
    assert np.allclose(answer.calibrated, predicted.probabilities, atol=1e-5)


def test_scores_that_are_too_large_for_exp(unusual: nn.Module):
    module = nn.Sequential(nn.Flatten(), nn.Linear(784, 3), nn.LogSoftmax(dim=1))
    with torch.no_grad():
        module[1].bias.copy_(torch.tensor([5000.0, 4999.0, -5000.0]))
    answer = answer_of(trace(module, torch.zeros(1, 1, 28, 28)))
    assert answer is not None
    assert answer.shifted
    assert np.allclose(answer.probabilities, [0.731059, 0.268941, 0], atol=1e-5)
    assert np.isfinite(answer.losses).all()


def test_a_picture_before_and_after(mnist: Dataset):
    digit = mnist.test_images[0]
    same = prepare_picture(255 - digit, "mnist")
    assert same.is_unchanged
    assert np.array_equal(same.digit, digit)
    page = np.full((120, 160), 230, np.uint8)
    page[30:90, 40:48] = 10
    found = prepare_picture(page, "mnist")
    assert (found.size, found.ink_is_light, found.is_unchanged) == ((160, 120), False, False)
    assert found.ink_box == (30, 90, 40, 48)
    top, bottom, _, _ = found.digit_box
    assert bottom - top == 20
    assert np.allclose(found.center, 14, atol=0.6)
    corner = np.zeros((28, 28), np.uint8)
    corner[4:7, 20] = 255
    assert prepare_picture(corner, "as-is").center == (5, 20)
