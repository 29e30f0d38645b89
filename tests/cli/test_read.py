"""`digitlab read`: text for people, records for programs, boxes for eyes."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import PIL.Image
import pytest
from PIL import Image

import digitlab.pages.read as read_module
import digitlab.pictures.digit as digit_module
import digitlab.pictures.open as open_module
from digitlab.data.dataset import Dataset
from digitlab.pages.answers import Ignored, Page
from digitlab.reader import Reader
from tests.pages.known import page_of
from tests.pictures.drawn import seven
from tests.pictures.test_documents import heic, pages


@pytest.fixture
def page(tmp_path: Path, mnist: Dataset) -> Path:
    """Return a picture of 72 over 1, large dark digits of MNIST on white paper."""
    sheet = np.full((500, 400), 255, np.uint8)
    for index, (top, left) in zip((0, 1, 2), ((30, 30), (30, 150), (270, 60)), strict=True):
        large = Image.fromarray(255 - mnist.test_images[index]).resize((168, 168))
        place = sheet[top : top + 168, left : left + 168]
        np.minimum(place, np.asarray(large), out=place)
    path = tmp_path / "page.png"
    Image.fromarray(sheet).save(path)
    return path


KNOWN = page_of("12/03 4?\n-\n€5.20 6", turned=90, ignored=(Ignored(box=(500, 300, 30, 40)),))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Let every picture have the same answer, with signs, an unsure digit and ignored ink."""
    monkeypatch.setattr(Reader, "read", lambda self, picture: KNOWN)
    return KNOWN


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Return a folder with two pictures of the same name, a PDF file and one that is broken."""
    folder = tmp_path / "scans"
    (folder / 'a "b" <&>').mkdir(parents=True)
    blank = Image.new("L", (600, 400), 255)
    blank.save(folder / "1.png")
    blank.save(folder / 'a "b" <&>' / "1.png")
    (folder / "two.pdf").write_bytes(pages("PDF", blank, blank))
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a picture")
    return folder


# --- formats ------------------------------------------------------------------------------------


def test_lines_from_top_to_bottom(call: Callable, page: Path):
    outcome = call("read", page)
    assert (outcome.code, outcome.out, outcome.err) == (0, "72\n1\n", "")


def test_json_has_every_digit_and_its_box(call: Callable, page: Path):
    record = json.loads(call("read", "--json", page).out)
    assert (record["picture"], record["page"], record["text"]) == (str(page), 1, "72\n1")
    assert [it["text"] for it in record["numbers"]] == ["72", "1"]
    assert [found["digit"] for found in record["digits"]] == [7, 2, 1]
    ink = np.asarray(Image.open(page)) < 128
    for found in record["digits"]:
        assert 0.5 < found["probability"] <= 1
        assert found["unsure"] is False
        assert found["probabilities"][str(found["digit"])] == found["probability"]
        x, y, width, height = found["box"]
        # There is ink at each of the four sides of the box, except for soft edges.
        inside = ink[y : y + height, x : x + width]
        assert inside[:4].any()
        assert inside[-4:].any()
        assert inside[:, :4].any()
        assert inside[:, -4:].any()
        ink[max(0, y - 3) : y + height + 3, max(0, x - 3) : x + width + 3] = False
    assert not ink.any()


def test_a_folder_is_read_page_by_page(call: Callable, scans: Path, known: Page):
    outcome = call("read", scans)
    inner = scans / 'a "b" <&>' / "1.png"
    names = [scans / "1.png", f"{scans / 'two.pdf'}, page 1", f"{scans / 'two.pdf'}, page 2", inner]
    assert outcome.out == "".join(f"{name}:\n{known.text}\n" for name in names)
    assert outcome.err.count("\n") == 1
    assert "broken.jpg is not a picture of a known format" in outcome.err
    assert outcome.code == 1
    records = [json.loads(line) for line in call("read", "--json", scans).out.splitlines()]
    assert [(Path(it["picture"]).name, it.get("page")) for it in records] == [
        ("1.png", 1), ("broken.jpg", None), ("two.pdf", 1), ("two.pdf", 2), ("1.png", 1),
    ]  # fmt: skip
    assert "is not a picture" in records[1]["error"]
    del records[2]["picture"], records[2]["page"]
    assert records[2] == json.loads(json.dumps(known.record()))


def test_csv_has_a_row_per_number(call: Callable, scans: Path, known: Page):
    rows = list(csv.DictReader(io.StringIO(call("read", scans, "--csv").out)))
    assert [row["text"] for row in rows] == [*["12/03", "4?", "€5.20", "6"], "", *(
        3 * ["12/03", "4?", "€5.20", "6"]
    )]  # fmt: skip
    assert [row["line"] for row in rows[:4]] == ["1", "1", "3", "3"]
    assert [row["page"] for row in rows[4:10:4]] == ["", "1"]
    assert rows[1]["unsure"] == "true"
    assert rows[1]["probability"] == "0.550000"
    box = tuple(int(rows[1][side]) for side in ("x", "y", "width", "height"))
    assert box == known.numbers[1].box
    assert "is not a picture" in rows[4]["error"]
    assert not rows[0]["error"]


def boxes_of(corners: str) -> list[tuple[int, ...]]:
    numbers = [int(it) for it in corners.split()]
    quads = [numbers[i : i + 4] for i in range(0, len(numbers), 4)]
    return [(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in quads]


def test_hocr_has_every_word_where_it_is(call: Callable, scans: Path, known: Page):
    outcome = call("read", scans, "--format", "hocr")
    assert outcome.out.isascii()
    assert "broken.jpg" in outcome.err
    root = ElementTree.fromstring(outcome.out)
    named: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for element in root.iter():
        if kind := element.get("class"):
            facts = dict(it.partition(" ")[::2] for it in element.get("title", "").split("; "))
            named.setdefault(kind, []).append(("".join(element.itertext()).strip(), facts))
    capabilities = root.find(".//*[@name='ocr-capabilities']").get("content").split()  # type: ignore[union-attr]
    assert set(named) <= set(capabilities)
    assert len(named["ocr_page"]) == 4
    assert named["ocr_page"][0][1]["bbox"] == "0 0 600 400"
    assert named["ocr_page"][2][1]["x_source"].endswith('two.pdf" 2')
    assert named["ocr_page"][3][1]["image"].endswith('a %22b%22 <&>/1.png"')
    ids = [it.get("id") for it in root.iter() if it.get("id")]
    assert len(ids) == len(set(ids))
    lines = named["ocr_line"][:3]
    assert ["".join(text.split("\n")) for text, _ in lines] == ["12/034?", "-", "€5.206"]
    assert all(facts["textangle"] == "90" for _, facts in lines)
    words = named["ocrx_word"][:5]
    assert [text for text, _ in words] == ["12/03", "4?", "-", "€5.20", "6"]
    assert boxes_of(words[0][1]["bbox"]) == [known.numbers[0].box]
    expected = [it.box for it in known.words[0][1]]
    assert boxes_of(words[1][1]["x_bboxes"]) == expected
    assert words[1][1]["x_confs"] == "99.75 55.00"
    assert words[1][1]["x_wconf"] == "55.00"
    assert boxes_of(named["ocr_noise"][0][1]["bbox"]) == [(500, 300, 30, 40)]


# The order of the elements, and what each must have, as in alto-4-4.xsd.
ALTO = {
    "alto": (["Description", "Layout"], {"SCHEMAVERSION"}),
    "Description": (["MeasurementUnit", "sourceImageInformation", "Processing"], set()),
    "Processing": (["processingCategory", "processingSoftware"], {"ID"}),
    "processingSoftware": (["softwareName", "softwareVersion"], set()),
    "Layout": (["Page"], set()),
    "Page": (["PrintSpace"], {"ID", "PHYSICAL_IMG_NR"}),
    "PrintSpace": (["TextBlock", "Illustration"], set()),
    "TextBlock": (["TextLine"], {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "String": (["Glyph"], {"CONTENT", "WC"}),
    "Glyph": (["Variant"], {"CONTENT", "GC"}),
}


def test_alto_follows_its_schema(call: Callable, scans: Path, known: Page):
    outcome = call("read", scans, "--format", "alto")
    assert outcome.out.isascii()
    root = ElementTree.fromstring(outcome.out)
    space = "{http://www.loc.gov/standards/alto/ns-v4#}"
    ids: list[str] = []
    for element in root.iter():
        tag = element.tag.removeprefix(space)
        children = [child.tag.removeprefix(space) for child in element]
        order, needed = ALTO.get(tag, (None, set()))
        assert needed <= set(element.attrib)
        if order is not None:
            assert set(children) <= set(order)
            assert children == sorted(children, key=order.index)
        if tag == "TextLine":  # String, then any number of SP and String
            assert children == ["String", *["SP", "String"] * (len(children) // 2)]
        for share in ("WC", "GC", "VC"):
            assert 0 <= float(element.get(share, "0")) <= 1
        ids += [element.attrib["ID"]] if "ID" in element.attrib else []
    assert len(ids) == len(set(ids))
    sources = [it.text for it in root.iter(f"{space}fileIdentifier")]
    assert [Path(str(it)).name for it in sources] == ["1.png", "broken.jpg", "two.pdf", "1.png"]
    found = list(root.iter(f"{space}Page"))
    assert [it.get("ID") for it in found] == ["page_1_1", "page_3_1", "page_3_2", "page_4_1"]
    strings = list(found[0].iter(f"{space}String"))
    assert [it.get("CONTENT") for it in strings] == ["12/03", "4?", "-", "€5.20", "6"]
    for string in strings:
        glyphs = [it.get("CONTENT") for it in string.iter(f"{space}Glyph")]
        assert "".join(map(str, glyphs)) == string.get("CONTENT")
    box = tuple(int(strings[1].attrib[it]) for it in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    assert box == known.numbers[1].box
    variants = [it.get("CONTENT") for it in strings[1].iter(f"{space}Variant")]
    assert variants[:2] == ["5", "6"]
    (block,) = found[0].iter(f"{space}TextBlock")
    assert block.get("ROTATION") == "90"
    assert len(list(found[0].iter(f"{space}Illustration"))) == 1
    alone = ElementTree.fromstring(call("read", scans / "1.png", "--format", "alto").out)
    assert [it.text for it in alone.iter(f"{space}fileName")] == [str(scans / "1.png")]
    none = ElementTree.fromstring(call("read", scans / "broken.jpg", "--format", "alto").out)
    assert len(list(none.iter(f"{space}Page"))) == 1  # the schema wants one


@pytest.mark.parametrize("format", ["text", "json", "csv", "hocr", "alto"])
def test_without_signs(call: Callable, scans: Path, known: Page, format: str):
    words = ("read", scans / "1.png", "--format", format)
    assert "12/03" in call(*words).out
    plain = call(*words, "--digits-only").out
    assert "12/03" not in plain
    assert "1203" in plain
    assert "520" in plain


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.json", '{"picture"'), ("a.CSV", "picture,page"), ("a.hocr", "<?xml"),
        ("a.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<alto'), ("a.txt", "12/03"), ("a", "12"),
    ],
)  # fmt: skip
def test_a_file_has_the_format_of_its_name(
    call: Callable, scans: Path, known: Page, tmp_path: Path, name: str, begins: str
):
    out = tmp_path / name
    outcome = call("read", scans / "1.png", "--out", out)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert out.read_text("utf-8").startswith(begins)
    assert call("read", scans / "1.png", "--out", out, "--format", "text").code == 0
    assert out.read_text("utf-8") == f"{known.text}\n"


def test_a_file_is_written_completely_or_not_at_all(
    call: Callable, scans: Path, known: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    out = tmp_path / "out.txt"
    out.write_text("something old")
    count = iter(range(9))

    def read(self: Reader, picture: object) -> Page:
        if next(count) == 2:
            raise KeyboardInterrupt
        return known

    monkeypatch.setattr(Reader, "read", read)
    assert call("read", scans, "--out", out).code == 130
    assert out.read_text() == "something old"
    assert sorted(it.name for it in tmp_path.iterdir()) == ["out.txt", "scans"]


def test_a_terminal_shows_how_far_it_has_come(
    call: Callable, scans: Path, known: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = call("read", scans / "1.png", scans / "two.pdf", "--out", tmp_path / "a.csv").err
    assert re.search(r"[12]/2.*two\.pdf", shown)
    assert call("read", scans / "1.png", "--out", tmp_path / "a.csv").err == ""
    monkeypatch.setenv("TERM", "dumb")
    assert call("read", scans / "1.png", scans / "two.pdf", "--json").err == ""


def test_wrong_usage(call: Callable, scans: Path, tmp_path: Path):
    picture = scans / "1.png"
    before = picture.read_bytes()
    for words, sentence in (
        (("--json", "--csv"), "--json and --csv exclude each other: give one of them"),
        (("--format", "hocr", "--csv"), "--format hocr and --csv exclude each other"),
        (("--out", picture), "--out would overwrite a picture"),
        (("--out", scans), "scans has other files (1.png): give --out a new folder"),
        (("--out", tmp_path / "no" / "a.txt"), "No such file or directory"),
        (("--boxes", picture), "--boxes would overwrite the picture itself"),
        (("--boxes", scans), "--boxes would overwrite the picture itself"),
        (("--boxes", tmp_path / "b.odd"), "b.odd cannot be written: name it .png or .jpg"),
        (("--boxes", "a\nb.c"), "digitlab: a\\nb.c cannot be written: name it .png or .jpg\n"),
        (
            ("--boxes", "new/"),
            "there is no folder new; the name of a file must end with .png or .jpg",
        ),
        ((picture, "--boxes", tmp_path / "b.png"), "draws one picture, but 2 were given: name a"),
    ):
        outcome = call("read", picture, *words)
        assert (outcome.code, outcome.out) == (1, "")
        assert sentence in outcome.err
        assert outcome.err.count("\n") == 1
    assert picture.read_bytes() == before
    assert call("read", picture, "--format", "docx").code == 2
    assert list(tmp_path.iterdir()) == [scans]


def test_several_are_told_apart_and_a_bad_one_hinders_none(
    call: Callable, page: Path, tmp_path: Path
):
    Image.new("L", (90, 90), 255).save(tmp_path / "blank.png")
    outcome = call("read", page, tmp_path / "nowhere.png", tmp_path / "blank.png")
    assert outcome.code == 1
    assert outcome.out == f"{page}:\n72\n1\n{tmp_path / 'blank.png'}:\n"
    assert "nowhere.png: no such file" in outcome.err
    assert "blank.png: no digit found" in outcome.err
    outcome = call("read", "--json", tmp_path / "nowhere.png", tmp_path / "blank.png")
    bad, blank = map(json.loads, outcome.out.splitlines())
    assert bad.keys() == {"picture", "error"}
    assert (blank["text"], blank["digits"]) == ("", [])
    assert (outcome.code, outcome.err) == (1, "")


def test_stdin_is_a_dash(call: Callable, page: Path, monkeypatch: pytest.MonkeyPatch):
    with page.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        assert call("read", "-").out == "72\n1\n"


def test_a_photo_and_a_document_are_read_and_predicted(call: Callable, tmp_path: Path, page: Path):
    drawn = Image.fromarray(seven())
    (tmp_path / "seven.heic").write_bytes(heic(drawn))
    (tmp_path / "seven.pdf").write_bytes(pages("PDF", drawn))
    for name in ("seven.heic", "seven.pdf"):
        assert call("read", tmp_path / name).out == "7\n"
        assert json.loads(call("predict", "--json", tmp_path / name).out)["digit"] == 7
    (tmp_path / "photos").mkdir()
    (tmp_path / "seven.heic").rename(tmp_path / "photos" / "SEVEN.HEIC")
    assert json.loads(call("predict", "--json", tmp_path / "photos").out)["digit"] == 7
    (tmp_path / "two.pdf").write_bytes(pages("PDF", drawn, Image.open(page)))
    assert call("read", tmp_path / "two.pdf").out.splitlines()[1::2][:2] == ["7", "72"]
    refused = call("predict", tmp_path / "two.pdf")
    assert "two.pdf has 2 pages, but one picture is expected: read them with" in refused.err
    assert (refused.code, refused.out) == (1, "")


# --- boxes --------------------------------------------------------------------------------------


def test_boxes_of_a_folder(call: Callable, scans: Path, known: Page, tmp_path: Path):
    marked = tmp_path / "marked"
    marked.mkdir()
    assert call("read", scans, "--boxes", marked).code == 1  # for the broken one
    written = sorted(str(it.relative_to(marked)) for it in marked.rglob("*") if it.is_file())
    assert written == ["1.png", 'a "b" <&>/1.png', "two.pdf-1.png", "two.pdf-2.png"]
    assert (np.asarray(Image.open(marked / "1.png")) != 255).any()
    outcome = call("read", scans / "two.pdf", "--boxes", tmp_path / "b.png")
    assert outcome.code == 1
    assert "two.pdf has 2 pages: name a folder that exists" in outcome.err


def test_boxes_are_drawn_on_the_picture(call: Callable, page: Path, tmp_path: Path):
    assert call("read", page, "--boxes", tmp_path / "boxes.png").code == 0
    drawn, plain = Image.open(tmp_path / "boxes.png"), Image.open(page)
    assert drawn.size == plain.size
    changed = (np.asarray(drawn) != np.asarray(plain.convert("RGB"))).any(axis=2)
    assert 0.005 < changed.mean() < 0.3


def test_boxes_replace_a_file_whatever_the_picture_comes_from(
    call: Callable, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    boxes = tmp_path / "boxes.png"
    boxes.write_text("something old")
    with page.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        outcome = call("read", "-", "--boxes", boxes)
    assert (outcome.code, outcome.out, outcome.err) == (0, "72\n1\n", "")
    with Image.open(boxes) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (400, 500))
    missing = call("read", "--json", tmp_path / "nowhere.png", "--boxes", boxes)
    assert missing.code == 1
    assert "no such file" in json.loads(missing.out)["error"]


@pytest.mark.parametrize(
    "suffix", ["tif", *(pytest.param(it, marks=pytest.mark.slow) for it in ("png", "PNG"))]
)
def test_boxes_are_written_whole_or_not_at_all(page: Path, tmp_path: Path, suffix: str):
    """A file that may not grow beyond 4 KB stands for a disk that is full."""
    boxes = tmp_path / "out" / f"boxes.{suffix}"
    boxes.parent.mkdir()
    for before in (None, b"something old"):
        if before is not None:
            boxes.write_bytes(before)
        result = subprocess.run(
            ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", sys.executable, "-m", "digitlab",
             "read", str(page), "--boxes", str(boxes)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (result.returncode, result.stdout) == (1, "72\n1\n")
        assert result.stderr == f"digitlab: {boxes} cannot be written (File too large)\n"
        assert list(boxes.parent.iterdir()) == ([] if before is None else [boxes])
        assert before is None or boxes.read_bytes() == before


def test_boxes_end_within_the_picture(call: Callable, page: Path, tmp_path: Path):
    large = Image.open(page).crop((0, 0, 400, 230)).resize((4801, 3203))
    cut = large.crop((0, 0, 2401, 3203))
    cut.save(tmp_path / "large.png")
    record = json.loads(call("read", "--json", tmp_path / "large.png").out)
    assert record["digits"]
    for found in record["digits"]:
        x, y, width, height = found["box"]
        assert x + width <= 2401
        assert y + height <= 3203


# --- once: the picture is decoded, and its ink is found for each purpose -----------------------


@dataclass
class Work:
    """How often pictures were decoded, and the shapes of the gray levels whose ink was found."""

    decoded: int = 0
    inked: list[tuple[int, ...]] = field(default_factory=list)
    """For a page, and to decide whether its writing is large."""
    drawn: list[tuple[int, ...]] = field(default_factory=list)
    """For a digit alone."""
    pages: int = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    decoder, ink_of, page_ink = PIL.Image._getdecoder, open_module.ink_of, read_module.page_ink
    digit_drawing_of = digit_module.digit_drawing_of

    def counted_decoder(mode: str, name: str, *arguments: object) -> object:
        work.decoded += name != "raw"  # which only copies, from an array for example
        return decoder(mode, name, *arguments)

    def counted_ink(gray: np.ndarray) -> np.ndarray:
        work.inked.append(gray.shape)
        return ink_of(gray)

    def counted_drawing(gray: np.ndarray, side: int) -> object:
        work.drawn.append(gray.shape)
        return digit_drawing_of(gray, side)

    def counted_page(picture: open_module.Picture) -> np.ndarray:
        work.pages += 1
        return page_ink(picture)

    monkeypatch.setattr(PIL.Image, "_getdecoder", counted_decoder)
    monkeypatch.setattr(open_module, "ink_of", counted_ink)
    monkeypatch.setattr(digit_module, "digit_drawing_of", counted_drawing)
    monkeypatch.setattr(read_module, "page_ink", counted_page)
    return work


@pytest.mark.parametrize(
    ("command", "side", "kind", "boxes", "inked", "drawn"),
    [
        ("predict", 90, "png", False, [], 90),
        ("predict", 300, "png", False, [], 300),
        ("predict", 3000, "jpg", False, [], 750),
        ("read", 30, "png", False, [30], 30),
        ("read", 90, "png", True, [90], 90),
        ("read", 300, "png", False, [300], 300),
        ("read", 300, "png", True, [300], 300),
        ("read", 900, "png", True, [300, 900], 900),
        ("read", 4000, "jpg", True, [286, 2000], 667),
    ],
)
def test_a_digit_is_decoded_and_its_ink_found_once(
    call: Callable, work: Work, tmp_path: Path,
    command: str, side: int, kind: str, boxes: bool, inked: list[int], drawn: int,
):  # fmt: skip
    path = tmp_path / f"digit.{kind}"
    margin = round(0.15 * side)
    Image.fromarray(seven(side - 2 * margin, pen=side // 12, margin=margin)).save(path)
    marked = ["--boxes", tmp_path / "boxes.png"] if boxes else []
    outcome = call(command, path, "--json", *marked)
    record = json.loads(outcome.out)
    assert record.get("digit", record.get("text")) in (7, "7")
    assert work.decoded == 1
    assert sorted(work.inked) == [(size, size) for size in inked]
    assert work.drawn == [(drawn, drawn)]
    assert work.pages == (command == "read")


@pytest.mark.parametrize("drawn", [[], ["--boxes", "boxes.png"]])
def test_a_page_is_decoded_and_its_ink_found_once(
    call: Callable, work: Work, page: Path, monkeypatch: pytest.MonkeyPatch, drawn: list[str]
):
    monkeypatch.chdir(page.parent)
    assert call("read", page, *drawn).out == "72\n1\n"
    assert work.decoded == 1
    assert len(work.inked) == len(set(work.inked)) <= 1  # to decide whether the writing is large
    assert work.pages == 1
