"""Parts 5 and 6 of the page, in a browser: pictures that are brought, and corrections."""

import base64
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import digitlab
from digitlab.pages.answers import Ignored
from tests.lab.conftest import Client
from tests.lab.page.conftest import Open, answering, settle
from tests.pages.known import page_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).parents[3] / "docs" / "images"


ADDRESS = "lang=en&net=shipped"


@pytest.fixture
def page(open_page: Open) -> "Page":
    """Return the page with the shipped network, which no picture was brought to yet."""
    return open_page(ADDRESS, reload=True)


@pytest.fixture
def row(tmp_path: Path) -> Path:
    """Return a picture of the last row of `page.jpg`: ten digits that are soon read."""
    whole = Image.open(IMAGES / "page.jpg")
    whole.crop((0, 734, *whole.size)).reduce(2).save(tmp_path / "row.png")
    return tmp_path / "row.png"


def state(page: "Page", key: str) -> Any:
    """Return what the page's state has for a key."""
    return page.evaluate("async (key) => (await import('/shell/state.js')).get(key)", key)


def show(page: "Page", **keys: str) -> None:
    """Change what is chosen on the page, and wait until it is shown."""
    page.evaluate("async (keys) => (await import('/shell/state.js')).set(keys)", keys)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def bring(page: "Page", path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#picture .button.primary")
    with page.expect_response("**/lab/read"):  # to look at the page meanwhile takes half a core
        chooser.value.set_files(path)
    page.wait_for_selector("#picture .found")


def answer_reading(page: "Page", known: digitlab.Page, changes: Sequence[dict[str, Any]]) -> None:
    """Let the next picture be read as a known page, with changes to each digit's record."""
    pixels = base64.b64encode(bytes(784)).decode()
    digits = [
        it.record() | {"pixels": pixels} | change
        for it, change in zip(known.digits, changes, strict=True)
    ]
    answer = known.record() | {"digits": digits, "single": {"several": False}}
    page.route("**/lab/read", lambda route: route.fulfill(json=answer), times=1)


def seen_pixels(page: "Page") -> bytes:
    """Return the pixels that the network of the page has read."""
    return bytes(
        page.evaluate("async () => [...(await import('/shell/state.js')).get('reading').pixels]")
    )


def test_a_pages_digits_are_boxed_and_flow_through_the_network(page: "Page", row: Path):
    expected = digitlab.load().read(row)
    bring(page, row)
    boxes = page.locator("#picture .box")
    assert boxes.count() == len(expected.digits)
    assert page.inner_text("#picture .found-text").split() == expected.text.split()
    picture = page.locator("#picture .frame-picture").bounding_box()
    scale = picture["width"] / page.evaluate(
        "document.querySelector('.frame-picture img').naturalWidth"
    )
    for index in (0, 5, len(expected.digits) - 1):
        digit, box = expected.digits[index], boxes.nth(index)
        assert box.get_attribute("aria-label").startswith(
            f"Digit {index + 1} of {boxes.count()}: {digit.digit}"
        )
        place = box.bounding_box()
        middle = place["x"] + place["width"] / 2 - picture["x"]
        assert middle == pytest.approx(scale * (digit.box[0] + digit.box[2] / 2), abs=2)
        box.click()
        page.wait_for_function(
            "i => document.querySelectorAll('.box')[i].ariaPressed === 'true'", arg=index
        )
        assert seen_pixels(page) == digit.image.tobytes()
    # The keyboard goes from box to box, and drawing goes on from there.
    boxes.first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#picture .box:nth-child(2)[aria-pressed=true]:focus")
    assert state(page, "brought")["index"] == 1
    page.click("text=scribble")
    page.wait_for_function("async () => (await import('/shell/state.js')).get('brought') === null")


def test_signs_numbers_and_ignored_ink_are_shown(page: "Page", row: Path):
    known = page_of("12/03 4?", turned=90, ignored=(Ignored(box=(500, 300, 30, 40)),))
    answer_reading(page, known, [{}] * len(known.digits))
    bring(page, row)
    assert page.locator("#picture .sign-box").all_inner_texts() == ["/"]
    assert page.locator("#picture .ignored-box").count() == 1
    assert page.inner_text("#picture .found-text") == "12/03 4?"
    detail = page.inner_text("#picture .found-detail")
    assert "The picture was turned 90° clockwise to be read." in detail
    assert "Not read, in thin gray frames: 1" in detail
    page.click("#picture .numbers summary")
    numbers = page.locator("#picture .number")
    texts = [" ".join(it.split()) for it in numbers.all_inner_texts()]
    assert [it.split()[0] for it in texts] == ["12/03", "4?"]
    numbers.nth(1).click()
    page.wait_for_selector("#picture .box:nth-child(5)[aria-pressed=true]")
    show(page, language="zh")
    assert "图片按顺时针转了 90°" in page.inner_text("#picture .found-detail")


def test_one_digit_is_read_as_one(page: "Page"):
    page.click("#picture button >> text=one digit")
    bring(page, IMAGES / "photograph.jpg")
    assert page.locator("#picture .box").count() == 0
    assert page.inner_text("#picture .found-text") == "7"
    assert state(page, "brought")["digit"] == 7


DROP = """async ([base64, type, name]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  if (base64) transfer.items.add(new File([bytes], name, {type}));
  else transfer.setData('text/plain', 'not a file');
  const event = name === 'paste'
    ? new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true, cancelable: true})
    : new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true});
  document.body.dispatchEvent(event);
}"""


@pytest.mark.parametrize(
    "name", ["a dropped file.png", pytest.param("paste", marks=pytest.mark.slow)]
)
def test_a_picture_is_dropped_or_pasted(page: "Page", row: Path, name: str):
    content = base64.b64encode(row.read_bytes()).decode()
    with page.expect_response("**/lab/read"):
        page.evaluate(DROP, [content, "image/png", name])
    page.wait_for_selector("#picture .box")
    assert "3634009299" in page.inner_text("#picture .found-text")


def test_what_is_no_picture_ends_in_a_sentence(page: "Page"):
    for content, kind, sentence in (
        (b"not a picture", "image/png", "is not a picture of a known format"),
        (b"text", "text/plain", "broken.txt is not a picture."),
        (b"", "", "What was dropped is not a picture file."),
    ):
        page.evaluate(DROP, [base64.b64encode(content).decode(), kind, "broken.txt"])
        page.wait_for_selector(f"#picture .problem >> text={sentence}")
        assert page.is_visible("#picture .drop-place")


def test_a_server_that_takes_too_long_is_told(page: "Page", row: Path):
    with answering(page, "/lab/read", 504, {}):
        page.evaluate(DROP, [base64.b64encode(row.read_bytes()).decode(), "image/png", "row.png"])
        page.wait_for_selector("#picture .problem >> text=This took longer than the lab waits.")


@pytest.mark.parametrize("space", [20, 40, 44, 70])
def test_no_label_covers_its_neighbor(page: "Page", row: Path, space: int):
    known = page_of("314159")
    boxes = [{"box": [40 + space * i, 60, 12, 30]} for i in range(6)]
    answer_reading(page, known, boxes)
    bring(page, row)
    settle(page)
    labels = page.locator("#picture .box-label").evaluate_all(
        "labels => labels.map((it) => it.getBoundingClientRect()).map((it) => [it.left, it.right])"
    )
    assert len(labels) == 6
    assert all(right <= left for (_, right), (left, _) in itertools.pairwise(labels[1:]))


def test_corrections_need_consent_and_can_be_taken_back(open_page: Open, lab: Client, row: Path):
    page = open_page(ADDRESS, url=lab.address)
    store = page.locator("#hand-controls .primary")
    assert store.is_disabled()
    page.click("#hand .truth >> text=1")
    assert store.is_disabled()
    assert lab.get("/lab/corrections")["corrections"] == []
    page.check("#hand .consent input")
    store.click()
    page.wait_for_selector("#hand .thumb")
    (stored,) = lab.get("/lab/corrections")["corrections"]
    assert (stored["label"], stored["answer"]) == ("1", "7")
    assert base64.b64decode(stored["pixels"]) == seen_pixels(page)  # the drawing itself was stored
    assert page.is_checked("#hand .consent input")

    # A digit of a picture can be corrected as well; a test image cannot.
    bring(page, row)
    page.locator("#picture .box").nth(4).click()
    page.click("#hand .truth >> text=2")
    store.click()
    page.wait_for_selector("#hand .corrections .thumb:nth-child(2)")
    page.click("#pad >> text=MNIST")
    page.wait_for_selector("#hand >> text=This is a test image of MNIST")
    assert not store.is_visible()

    page.locator("#hand .remove").first.click()
    page.wait_for_selector("#hand .corrections .thumb:nth-child(2)", state="detached")
    page.click("text=Delete all")
    page.click("text=Keep them")
    page.click("text=Delete all")
    page.click("text=Yes, delete")
    page.wait_for_selector("#hand >> text=Nothing is stored yet")
    assert lab.get("/lab/corrections")["corrections"] == []


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("zh", 360),
        *(pytest.param(*it, marks=pytest.mark.slow) for it in (("en", 1440), ("en", 360))),
    ],
)
def test_axe_finds_nothing(page: "Page", row: Path, language: str, width: int):
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    show(page, language=language, part="picture")
    bring(page, row)
    for part in ("picture", "hand"):
        show(page, part=part)
        found = Axe().run(page, context=f"#{part}").response["violations"]
        assert [(it["id"], it["nodes"][0]["html"]) for it in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_a_network_learns_from_corrections_and_is_shown_next_to_the_one_before(
    open_page: Open, lab: Client
):
    page = open_page(ADDRESS, url=lab.address)
    page.click("#hand .truth >> text=7")
    page.check("#hand .consent input")
    page.click("#hand-controls .primary")
    page.wait_for_selector("#hand .corrections .thumb")
    assert "--extra" in page.inner_text("#hand .command code")
    page.click("#hand .learning .primary")
    page.wait_for_selector("#hand .result-table")
    figures = page.locator("#hand .result-figure").all_inner_texts()
    assert figures == ["1 of 1 right", "1 of 1 right"]
    said = "Before: the shipped classifier; after: recipe fast. The difference on MNIST"
    assert said in page.inner_text("#hand .result-table")
    (run,) = lab.get("/lab/runs")
    assert (run["name"], run["status"]) == ("my-hand", "finished")
    assert lab.get("/lab/runs/my-hand")["record"]["extra"]["pictures"] == 1
    page.click("text=Use the new network on this page")
    page.wait_for_function(
        "async () => (await import('/shell/state.js')).get('network').name === 'my-hand'"
    )
    page.wait_for_function(
        "() => /corrections\\s+1/.test(document.querySelector('#run .recipe').innerText)"
    )
    page.reload()
    page.wait_for_selector("#hand .result-table")
    assert page.locator("#hand .result-figure").last.inner_text() == "1 of 1 right"
