"""Part 3: what a step would do is shown before it is taken, and it is what PyTorch would do."""

import re

import pytest
import torch
import torch.nn.functional as F

from digitlab.lab.bundle import bundle_of_model
from tests.lab.arithmetic.test_net import decoded
from tests.lab.page.conftest import Open, settle, until
from tests.lab.test_example import EXAMPLE

START = "net=example&truth=3&part=learn&weight=conv1.weight.12"


def numbers(text: str) -> list[float]:
    return [float(it) for it in re.findall(r"-?\d+\.\d+", text.replace("\u2212", "-"))]


def test_a_step_does_what_was_shown_before_it_and_is_undone(open_page: Open):
    page = open_page(START)
    page.wait_for_selector(".learn-bars")
    before = page.inner_text("#learn-evidence .loss")
    promised = numbers(page.inner_text(".learn-sum"))[-1]
    now, after = numbers(before)
    assert now > 10 > after  # the drawing is a seven, said to be a three
    page.click("[data-key=one]")
    settle(page)
    assert numbers(page.inner_text("#learn-evidence .loss"))[0] == pytest.approx(after, abs=0.006)
    kept = numbers(page.inner_text(".learn-sum > :nth-child(11)"))
    assert kept[0] == pytest.approx(promised, abs=1e-5)
    assert page.inner_text("#answer .digit") == "3"  # the whole page shows the new network
    page.click("[data-key=ten]")
    settle(page)
    assert "11 steps" in page.inner_text("#learn-controls")
    # No part claims the figures of the network before these steps.
    assert page.inner_text("#network .figures").endswith("changed by your 11 steps")
    assert "plus your 11 steps" in page.inner_text("#run .machine")
    assert page.inner_text("#run .confusion-region h3").endswith("after your 11 steps")
    page.click("[data-key=undo]")
    settle(page)
    assert "1 step taken" in page.inner_text("#learn-controls")
    page.click("[data-key=start]")
    settle(page)
    assert page.inner_text("#learn-evidence .loss") == before
    assert page.is_disabled("[data-key=undo]")
    assert page.inner_text("#network .figures").endswith("right")


def test_a_rate_out_of_range_stays_to_be_corrected(open_page: Open):
    page = open_page(START)
    for key, wrong, limit, right in (("rate", "50", "10", "10"), ("momentum", "1", "0.999", "0")):
        field = page.locator(f"[data-key={key}]")
        field.fill(wrong)
        field.blur()
        settle(page)
        assert f"0 to {limit}" in page.inner_text("#learn-controls .learn-fields")
        assert field.get_attribute("aria-invalid") == "true"
        assert field.input_value() == wrong
        assert page.is_disabled("[data-key=one]")
        field.fill(right)
        field.blur()
        settle(page)
        assert page.is_enabled("[data-key=one]")


@pytest.mark.slow
def test_the_price_is_counted_on_the_test_images(open_page: Open):
    page = open_page(START)
    place = "document.querySelector('.learn-figures div:last-child b')?.textContent"
    until(page, rf"/^\d+ → \d+$/.test({place})")
    now, after = map(int, page.evaluate(place).split(" → "))
    images = page.evaluate(
        """async () => {
          const { test } = await (await import("/shell/source.js")).images();
          return [Array.from(test.images), test.labels];
        }"""
    )
    bundle = bundle_of_model(EXAMPLE)
    weights = {k: torch.from_numpy(decoded(v)) for k, v in bundle["weights"].items()}
    x = (torch.tensor(images[0]).view(-1, 1, 28, 28) / 255 - bundle["mean"]) / bundle["std"]
    for i in (1, 2):
        x = F.conv2d(x, weights[f"conv{i}.weight"], weights[f"conv{i}.bias"])
        x = F.relu(F.max_pool2d(x, 2))
    x = F.relu(F.linear(x.flatten(1), weights["fc1.weight"], weights["fc1.bias"]))
    answers = F.linear(x, weights["fc2.weight"], weights["fc2.bias"]).argmax(dim=1)
    assert now == int((answers == torch.tensor(images[1])).sum())
    assert after < now  # one drawing with a wrong label costs others
