import math

import pytest
import torch
import torch.nn.functional as F

from digitlab.train.step import NO_DIGIT, digit_loss, mean_loss


@pytest.fixture
def log_probabilities() -> torch.Tensor:
    torch.manual_seed(1)
    return F.log_softmax(torch.randn(40, 10), dim=1)


LABELS = torch.arange(40) % 10


def test_for_digits_it_is_the_negative_log_likelihood(log_probabilities: torch.Tensor):
    assert torch.equal(mean_loss(log_probabilities, LABELS), F.nll_loss(log_probabilities, LABELS))


def test_for_no_digit_the_best_answer_is_to_be_unsure(log_probabilities: torch.Tensor):
    labels = torch.full((40,), NO_DIGIT)
    unsure = torch.full((40, 10), -math.log(10))
    assert mean_loss(unsure, labels) == pytest.approx(math.log(10), rel=1e-6)
    assert mean_loss(log_probabilities, labels) > math.log(10)


def test_digits_and_no_digits_count_alike(log_probabilities: torch.Tensor):
    labels = torch.where(torch.arange(40) < 30, LABELS, NO_DIGIT)
    digits = mean_loss(log_probabilities[:30], labels[:30])
    others = mean_loss(log_probabilities[30:], labels[30:])
    both = mean_loss(log_probabilities, labels)
    assert both == pytest.approx((30 * digits + 10 * others).item() / 40, rel=1e-5)


def test_smoothing_is_pytorchs_own():
    scores = torch.randn(64, 10, generator=torch.Generator().manual_seed(3))
    labels = torch.arange(64) % 10
    ours = mean_loss(scores.log_softmax(dim=1), labels, smoothing=0.1)
    assert torch.allclose(ours, F.cross_entropy(scores, labels, label_smoothing=0.1))


def test_smoothing_leaves_the_target_of_no_digit_as_it_is():
    log_probabilities = torch.full((4, 10), 0.1).log()
    labels = torch.tensor([NO_DIGIT, 1, NO_DIGIT, 2])
    assert mean_loss(log_probabilities, labels, smoothing=0.2) == pytest.approx(math.log(10))


def test_the_mean_can_be_over_the_digits_alone(log_probabilities: torch.Tensor):
    labels = torch.where(torch.arange(40) < 30, LABELS, NO_DIGIT)
    digits = mean_loss(log_probabilities[:30], labels[:30])
    assert mean_loss(log_probabilities, labels, digits_only=True) == pytest.approx(digits.item())


def test_the_loss_of_is_it_a_digit_is_binary_cross_entropy():
    log_odds = torch.tensor([2.0, -1.0, 0.5])
    labels = torch.tensor([7, NO_DIGIT, NO_DIGIT])
    right = torch.tensor([2.0, 1.0, -0.5]).sigmoid()
    assert digit_loss(log_odds, labels) == pytest.approx(-right.log().mean().item())


def test_digits_alone_do_not_teach_what_is_no_digit():
    log_odds = torch.tensor([2.0, -1.0], requires_grad=True)
    digit_loss(log_odds, torch.tensor([7, 0])).backward()
    assert not log_odds.grad.any()
