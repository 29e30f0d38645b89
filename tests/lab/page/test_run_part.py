"""Part 4: the page goes through a run's moments, tests the network, and controls a training."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from digitlab.lab.images import LoadedOnce
from digitlab.lab.server import EXAMPLE
from digitlab.language import Language
from digitlab.recipe_help import help_in
from digitlab.records.snapshots import SNAPSHOTS, read_snapshot
from tests.lab.conftest import Client
from tests.lab.page.conftest import Open, answer, settle, until
from tests.lab.page.numpy_network import passes

if TYPE_CHECKING:
    from playwright.sync_api import Page

STATE = "async () => [...(await import('/shell/state.js'))"
NETWORK = "async () => { const it = (await import('/shell/state.js')).get('network');"
LATEST = "async () => (await import('/shell/state.js')).get('latest')"
TESTED = "(async () => Boolean((await import('/shell/state.js')).get('tested')?.result))()"


def show(open_page: Open, address: str, **more: Any) -> "Page":
    """Return the page with its part about runs, once it has read the drawing at each moment."""
    page = open_page(f"part=run&{address}", reload=True, **more)
    page.wait_for_selector("#run .moment.now .read-as:not(:empty)")
    return page


def weights(page: "Page", name: str) -> Any:
    """Return the weights of the network that the whole page shows."""
    values = page.evaluate(NETWORK + f"return [...it.weights['{name}']]; }}")
    return np.array(values, np.float32)


def test_the_whole_page_follows_the_moment(open_page: Open) -> None:
    page = show(open_page, "lang=en")
    slider = page.get_by_role("slider", name="Moment of the training")
    slider.focus()
    for key, step in (("Home", 0), ("PageUp", 16), ("ArrowLeft", 8), ("End", 7504)):
        page.keyboard.press(key)
        until(page, f"location.hash.includes('step={step}&')")
        page.wait_for_selector(f"#run .machine strong >> text={step:,}")
        expected = read_snapshot(EXAMPLE / SNAPSHOTS, step)
        for name in ("conv1.weight", "fc2.bias"):
            assert np.array_equal(weights(page, name), expected[name].astype(np.float32).ravel())
        page.wait_for_selector("#run .moment.now .read-as:not(:empty)")
        reading = page.inner_text("#run .moment.now .read-as")
        until(page, f"document.querySelector('#answer .digit').textContent === '{reading[0]}'")
        assert reading.endswith("?") == answer(page).endswith("unsure")
        assert slider.get_attribute("aria-valuetext").startswith("after ")
    # At the end of an epoch the whole test set was tested: the record has these figures.
    assert page.inner_text("#run .flag").split() == ["0.039", "98.81%"]
    page.locator("#run .moment >> text=1,024").click()
    page.wait_for_selector("#run .machine strong >> text=16")
    page.click("#run >> text=change since the start")
    until(page, "location.hash.includes('kernels=change')")


def test_back_from_a_moment_the_page_does_not_go_along(open_page: Open) -> None:
    open_page("part=run&lang=en&net=example&step=1024")
    page = open_page("part=run&lang=en&net=example")
    assert page.evaluate(LATEST) is None


def test_when_a_run_ends_its_moments_are_loaded_again(open_page: Open, lasting_lab: Client) -> None:
    run = lasting_lab.get("/lab/runs/example")
    seen = [step for step in run["snapshots"] if step <= 938]
    goes_on = run | {"status": "running", "snapshots": seen, "report": None, "event": "0.938"}
    is_over = False

    def answer_run(route: Any) -> None:
        route.continue_() if is_over else route.fulfill(json=goes_on)

    def answer_network(route: Any) -> None:
        """Answer as for a run that goes on: at its newest snapshot, and not yet calibrated."""
        if is_over:
            route.continue_()
            return
        address = route.request.url.removeprefix(lasting_lab.address)
        is_newest = "?" not in address
        bundle = lasting_lab.get(f"{address}?step=938" if is_newest else address)
        route.fulfill(json=bundle | {"temperature": 60.0})

    def answer_events(route: Any) -> None:
        nonlocal is_over
        if is_over:  # otherwise the browser asks again
            event = 'event: status\nid: 0.938\ndata: {"status": "finished"}\n\n'
            route.fulfill(content_type="text/event-stream", body=event)
        else:
            route.fulfill(content_type="text/event-stream", body="retry: 200\n\n")

    page = open_page("lang=en")
    page.route("**/lab/runs/example", answer_run)
    page.route("**/lab/networks/example*", answer_network)
    page.route("**/lab/runs/example/events*", answer_events)
    try:
        show(open_page, "lang=en&net=example")
        page.wait_for_selector("#run .moment.now .read-as >> text=7?")
        is_over = True
        until(page, f"({NETWORK} return it.step === null; }})()")
        page.wait_for_selector("#run .moment.now .read-as >> text=/^7$/")
        assert answer(page).startswith("7 ")
    finally:
        page.unroute_all()


@pytest.mark.slow
def test_confusions_and_neighbors_are_those_of_numpy(
    open_page: Open, lasting_lab: Client, images: LoadedOnce
) -> None:
    page = show(open_page, "lang=en&net=example&step=1024")
    bundle = lasting_lab.get("/lab/networks/example?step=1024")
    mnist = images.dataset()
    answers = np.array([passes(bundle, it.ravel())[-1].argmax() for it in mnist.test_images[:1000]])
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (mnist.test_labels[:1000], answers), 1)

    until(page, TESTED)
    settle(page)
    rows = page.locator("#run .confusion tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.querySelectorAll('td')].map((it) => +it.textContent))"
    )
    assert np.array_equal(rows, expected)
    assert np.sum(rows) == 1000
    wrong = np.flatnonzero(answers != mnist.test_labels[:1000])
    assert page.locator("#run .mistakes li").count() == len(wrong)

    # The nearest of the training images, in the 50 numbers that enter the last layer.
    page.locator("#run .mistakes button").first.click()
    page.wait_for_selector("#run .neighbors li")
    until(page, "/mistake=\\d+/.test(location.hash)")
    index = int(page.evaluate("location.hash.match(/mistake=(\\d+)/)[1]"))
    assert index in wrong
    entered = max(i for i, line in enumerate(bundle["lines"]) if line["op"] == "linear")
    features = [passes(bundle, it.ravel())[entered] for it in mnist.train_images[:1000]]
    own = passes(bundle, mnist.test_images[index].ravel())[entered]
    distances = np.linalg.norm(np.array(features) - own, axis=1)
    nearest = np.argsort(distances)[:8]
    shown = [it.split() for it in page.locator("#run .neighbors li").all_inner_texts()]
    assert [int(label) for label, _ in shown] == mnist.train_labels[nearest].tolist()
    assert [float(it) for _, it in shown] == pytest.approx(distances[nearest], abs=0.051)

    # It can be looked into like a drawing.
    page.click("text=Put it on the pad")
    until(page, f"location.hash.includes('sample={index}')")
    pixels = page.evaluate(STATE + ".get('reading').pixels]")
    assert bytes(pixels) == mnist.test_images[index].tobytes()
    assert answer(page).startswith(str(answers[index]))


def open_form(page: "Page") -> None:
    page.click("[data-key='run.new']")
    page.wait_for_selector("#setting-epochs")


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            {
                (
                    "learning_rate",
                    "-3",
                ): "learning_rate is -3, but must be above 0 and at most 1e30",
                ("augment", "9"): "augment is 9, but must be from 0 to 2",  # of those folded in
                ("epochs", "1.5"): "epochs is 1.5, but must be a whole number",
                ("plain_epochs", "1"): "plain_epochs is 1, but must be below epochs (1)",
                ("seed", "-1"): "seed is -1, but must be at least 0 and below 2^53",
                ("name", "../x"): "a run cannot be named '../x'",
            },
        ),
        (
            "zh",
            {
                ("momentum", "1"): "momentum 现在是 1，应当不小于 0 且小于 1",
                ("epochs", "三"): "epochs 现在是“三”，应当是一个数",
                ("name", "-x"): "不能用“-x”作名称",
            },
        ),
    ],
)
def test_an_impossible_setting_is_told_next_to_its_field(
    open_page: Open, lasting_lab: Client, language: Language, sentences: dict[tuple[str, str], str]
) -> None:
    page = show(open_page, f"lang={language}")
    open_form(page)
    page.select_option("#training-recipe", "fast")
    assert page.input_value("#setting-epochs") == "1"
    assert page.inner_text("#setting-epochs-what") == help_in(language)["epochs"][0]
    for (name, value), sentence in sentences.items():
        before = page.input_value(f"#setting-{name}")
        page.locator(f"#setting-{name}").evaluate("(it, value) => { it.value = value; }", value)
        page.click("#run .training-form [type=submit]")
        problem = page.wait_for_selector(f"#setting-{name}-problem:not([hidden])")
        assert problem.inner_text().startswith(sentence)
        assert page.locator(f"#setting-{name}").get_attribute("aria-invalid") == "true"
        assert page.evaluate("document.activeElement.id") == f"setting-{name}"
        page.fill(f"#setting-{name}", before)
    assert lasting_lab.get("/lab/runs") == []


@pytest.mark.slow
def test_a_training_is_started_paused_continued_and_finished(open_page: Open, lab: Client) -> None:
    page = show(open_page, "lang=en", url=lab.address)
    open_form(page)
    for name, value in (("epochs", "3"), ("train_images", "600"), ("name", "mine")):
        page.fill(f"#setting-{name}", value)
    page.click("text=Start the training")
    page.click("[data-key='run.pause']")
    page.wait_for_selector("[data-key='run.resume']:not([disabled])")
    assert page.inner_text("#run .run-state").startswith("paused")
    assert lab.get("/lab/runs/mine")["status"] == "paused"
    page.click("[data-key='run.resume']")
    page.wait_for_selector("#run .run-state >> text=finished")
    run = lab.get("/lab/runs/mine")
    assert run["status"] == "finished"
    assert run["record"]["recipe"]["train_images"] == 600
    # The page went along: it shows the last snapshot, and can go back to every other one.
    last = run["snapshots"][-1]
    assert last == 30
    page.wait_for_selector(f"#run .machine strong >> text={last}")
    until(page, "document.querySelector('#network select').value === 'mine'")
    assert "step=" not in page.evaluate("location.hash")  # so that a reload goes along as well
    assert page.locator("#run .stops span").count() == len(run["snapshots"])
    expected = read_snapshot(lab.lab.runs.folder / "mine" / SNAPSHOTS, last)
    assert np.array_equal(weights(page, "conv1.weight"), expected["conv1.weight"].ravel())
    until(page, f"({LATEST}.step === null)()")  # the trained network instead of the last moment
    page.click("text=whole test set")
    mistakes = run["report"]["total"] - run["report"]["correct"]
    page.wait_for_selector(f"#run .gallery-region >> text={mistakes:,} mistakes: what it is")


@pytest.mark.parametrize(
    ("width", "language"), [pytest.param(1440, "en", marks=pytest.mark.slow), (320, "zh")]
)
def test_axe_finds_nothing(open_page: Open, width: int, language: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    theme = "dark" if width < 400 else "light"
    page = show(open_page, f"lang={language}&net=example&step=64", width=width, theme=theme)
    until(page, TESTED)
    page.locator("#run .mistakes button").first.click()
    open_form(page)
    page.click("#run .all-settings summary")
    page.wait_for_selector("#run .mistake-picture")
    found = Axe().run(page, context="#run").response["violations"]
    assert [(it["id"], it["nodes"][0]["html"]) for it in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert re.search("[一-鿿]" if language == "zh" else "Close", page.inner_text("#run"))
