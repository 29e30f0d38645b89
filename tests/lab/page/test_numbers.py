"""Part 2: every kind of number opens, is the network's own, and its terms add up to it."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from digitlab.lab.bundle import bundle_of_model
from digitlab.lab.server import EXAMPLE
from digitlab.reader import PRETRAINED
from tests.lab.page.conftest import Open, settle, until
from tests.lab.page.numpy_network import passes

BUNDLES = {"example": bundle_of_model(EXAMPLE), "shipped": bundle_of_model(PRETRAINED)}
MINUS = "\u2212"


def _numbers(text: str) -> list[float]:
    """Return the numbers in what the page shows, with its signs and separators."""
    plain = text.replace(MINUS, "-").replace("\u202f", "").replace(",", "")
    return [float(it) for it in re.findall(r"-?\d+(?:\.\d+)?", plain)]


def _show(page: Page, net: str, line: int, index: list[int]) -> None:
    page.evaluate(
        "async ([line, number]) => "
        "(await import('/shell/state.js')).set({line, number, input: null})",
        [line, index],
    )
    settle(page)


def _pixels(page: Page) -> list[int]:
    found: list[int] = page.evaluate(
        "async () => [...(await import('/shell/state.js')).get('reading').pixels]"
    )
    return found


def _terms(page: Page, line: int, index: list[int]) -> dict[str, Any]:
    """Return the terms behind a number as the page has them."""
    found: dict[str, Any] = page.evaluate(
        """async ([line, index]) => {
          const { get } = await import('/shell/state.js');
          const { termsOf } = await import('/inside/terms.js');
          const { network, reading } = { network: get('network'), reading: get('reading') };
          const terms = termsOf(network, reading.pass, line, index, reading.pixels);
          const plain = (it) => ArrayBuffer.isView(it) ? [...it] : it;
          if (terms.parts) terms.parts = terms.parts.map((part) => plain(part.products));
          return Object.fromEntries(Object.entries(terms).map(([key, it]) => [key, plain(it)]));
        }""",
        [line, index],
    )
    return found


@pytest.mark.parametrize("net", BUNDLES)
def test_every_line_shows_the_numbers_that_numpy_computes(open_page: Open, net: str) -> None:
    page = open_page(f"net={net}&line=1")
    bundle = BUNDLES[net]
    values = passes(bundle, _pixels(page))
    random = np.random.default_rng(1)
    last = {it["op"]: number for number, it in enumerate(bundle["lines"], 1)}
    for line in (0, *last.values()):  # one of each operation
        expected = values[line]
        index = [int(random.integers(side)) for side in expected.shape]
        truth = float(expected[tuple(index)])
        _show(page, net, line, index)
        name, shown = page.inner_text("#number .name"), page.inner_text("#number .equals")
        assert name.endswith("".join(f"[{i}]" for i in index))
        assert abs(_numbers(shown)[0] - truth) < 0.0051, (line, name)
        terms = _terms(page, line, index)
        assert abs(terms["value"] - truth) < 1e-3
        _check(terms, truth)
        _check_figures(page, terms, _numbers(shown)[0])


def _check(terms: dict[str, Any], truth: float) -> None:
    """Check that a number is what its terms make of it."""
    bias = terms.get("bias") or 0
    made = {
        "input": lambda: (terms["pixel"] / 255 - terms["mean"]) / terms["std"],
        "conv": lambda: sum(map(sum, terms["parts"])) + bias,
        "linear": lambda: sum(terms["products"]) + bias,
        "max_pool": lambda: terms["window"][terms["winner"]],
        "relu": lambda: max(0.0, terms["before"]),
        "norm": lambda: (
            (terms["before"] - terms["mean"]) / terms["deviation"] * terms["scale"]
            + terms["offset"]
        ),
        "dropout": lambda: terms["before"] * terms["factor"],
        "dropout2d": lambda: terms["before"] * terms["factor"],
        "flatten": lambda: truth,
        "log_softmax": lambda: truth,
    }[terms["op"]]()
    assert abs(made - truth) < 1e-3, terms["op"]
    if terms["op"] == "log_softmax":
        assert abs(sum(terms["shares"]) - 1) < 1e-9


def _check_figures(page: Page, terms: dict[str, Any], shown: float) -> None:
    """Check that who adds up the figures of a sum gets the sum, to the last digit shown."""
    if terms["op"] not in ("conv", "linear"):
        return
    figures = [_numbers(it)[0] for it in page.locator(".sum .value").all_inner_texts()]
    signs = page.locator(".sum .operator").all_inner_texts()
    total = figures[0] + sum(
        (-1 if sign == MINUS else 1) * it for sign, it in zip(signs, figures[1:-1], strict=False)
    )
    assert abs(total - figures[-1]) < 1e-9
    assert abs(figures[-1] - shown) < 1e-9


def test_rounded_terms_add_up_to_the_rounded_sum(open_page: Open) -> None:
    page = open_page()
    worst = page.evaluate(
        """async () => {
          const { roundToSum } = await import('/shell/format.js');
          let worst = 0;
          for (let i = 0; i < 200; i += 1) {
            const terms = Array.from({ length: 1 + i }, () => (Math.random() - 0.4) * 3);
            const total = terms.reduce((sum, term) => sum + term, 0);
            const rounded = roundToSum(terms, total);
            const sum = Math.round(100 * rounded.reduce((all, term) => all + term, 0));
            if (sum !== Math.round(100 * total)) return 'wrong sum';
            worst = Math.max(worst, ...terms.map((term, k) => Math.abs(term - rounded[k])));
          }
          return worst;
        }"""
    )
    assert worst < 0.0101


def test_a_partial_sum_opens_to_its_own_products(open_page: Open) -> None:
    page = open_page("line=4&at=3.2.5")
    partials = page.locator(".partials .grid")
    box = partials.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    settle(page)
    assert "relu[7]" in page.inner_text(".multiplication")
    until(page, "location.hash.includes('in=7')")


def test_the_place_is_kept_from_line_to_line_and_shown_on_the_pad(open_page: Open) -> None:
    page = open_page("line=1&at=3.10.8")
    frames = []
    for line in (1, 2, 4, 6):
        page.locator(f"#line-{line}").click()
        settle(page)
        box = page.locator(".marks .frame").bounding_box()
        assert box
        frames.append((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]))
    centers = np.array(frames)
    assert (np.diff(centers[:, 2]) > 0).all()  # deeper values look at more of the picture
    assert np.ptp(centers[:, :2], axis=0).max() < 30  # pixels of the screen


def test_keys_move_over_the_cells_and_the_maps(open_page: Open) -> None:
    page = open_page("line=1&at=3.9.5")
    page.locator('#maps [data-cell="chosen"]').focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.inner_text("#number .name") == "conv1[3][9][6]"
    page.keyboard.press("Shift+ArrowRight")
    until(page, "document.activeElement.getAttribute('aria-label')?.startsWith('Map 4')")
    assert page.inner_text("#number .name") == "conv1[4][9][6]"
    until(page, "document.getElementById('live').textContent.includes('conv1[4][9][6]')")
    shown = page.locator(':focus [role="gridcell"]').text_content()
    assert shown is not None
    assert shown in page.inner_text("#number .equals")


def test_a_score_is_traced_back_to_the_pixels(open_page: Open) -> None:
    page = open_page("line=13&at=7")
    page.get_by_role("button", name="Which pixels spoke").click()
    page.get_by_label("and not").select_option("1")
    settle(page)
    assert page.locator(".pad-surface .trace").is_visible()
    # To first order, what the pixels add up to is the change of the score from blank paper; with
    # ReLU and pooling piecewise linear, the gradient itself is exact: checked by a small step.
    error = page.evaluate(
        """async () => {
          const { get } = await import('/shell/state.js');
          const { traceBack } = await import('/inside/trace.js');
          const { forward } = await import('/arithmetic/net.js');
          const network = get('network');
          const { pixels, pass } = get('reading');
          const traced = traceBack(network, pass, 7, 1);
          const score = (values) => {
            const scores = forward(network, values).values.at(-2);
            return scores[7] - scores[1];
          };
          const at = traced.indexOf(Math.max(...traced));
          const less = Float64Array.from(pixels);
          less[at] -= 0.5;
          const slope = (score(pixels) - score(less)) / 0.5;
          return Math.abs(slope * pixels[at] - traced[at]) / traced[at];
        }"""
    )
    assert error < 0.02


@pytest.mark.parametrize(
    "name",
    [
        "pooling", "centering",
        *(pytest.param(it, marks=pytest.mark.slow) for it in ("ReLU", "+ dropout", "normalizing")),
    ],
)  # fmt: skip
def test_what_is_taken_away_changes_the_network_at_once(open_page: Open, name: str) -> None:
    page = open_page("line=13")
    whole = page.inner_text("#number .softmax")
    box = page.get_by_role("checkbox", name=name)
    box.click()
    settle(page)
    assert page.inner_text("#number .softmax") != whole
    until(page, "document.querySelector('.outcome').textContent.includes('instead of')")
    less, full = _numbers(page.inner_text(".outcome"))[-2:]
    assert 190 <= full <= 200
    assert less <= full
    box.click()
    settle(page)
    assert page.inner_text("#number .softmax") == whole


def test_one_by_one_runs_through_the_terms_and_stops(open_page: Open) -> None:
    page = open_page("line=1&at=3.9.5")
    end = page.inner_text(".sum .result .value")
    page.get_by_role("button", name="one by one").click()
    until(
        page,
        "document.querySelector('.sum').textContent.match(/^.*?\\d+ products/)"
        " && !document.querySelector('.sum').textContent.includes('25 products')",
    )
    page.get_by_role("button", name="stop").click()
    settle(page)
    assert page.inner_text(".sum .result .value") == end
