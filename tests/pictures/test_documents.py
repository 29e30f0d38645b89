"""Documents of several pages, and photos that need an extra: PDF, TIFF, HEIC."""

import io
import threading
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import digitlab.pictures.formats as formats_module
import digitlab.pictures.pdf as pdf_module
from digitlab.errors import PictureError
from digitlab.pictures.digit import prepare
from digitlab.pictures.documents import NoSuchPageError, open_document
from digitlab.pictures.open import open_picture
from digitlab.pictures.pdf import MOST_PIXELS, PdfDocument
from tests.pictures.drawn import apart, file, seven

SEVEN = Image.fromarray(seven(light=False))


def pages(kind: str, *images: Image.Image, **options: object) -> bytes:
    """Return a PDF or TIFF file with a page per image."""
    copies = [image.copy() for image in images]  # Pillow's PDF writer changes them
    stream = io.BytesIO()
    copies[0].save(stream, kind, save_all=True, append_images=copies[1:], **options)
    return stream.getvalue()


def heic(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, **options)
    return stream.getvalue()


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF file with these objects; the first one is the catalog."""
    content, starts = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        starts.append(b"%010d 00000 n \n" % len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(starts)
    root = b"trailer<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, trailer)
    return content + table + root + b"startxref\n%d\n%%%%EOF\n" % len(content)


def one_page(width: int, height: int, *forms: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF file of a page that draws the first of some forms ten times."""
    box = b"[0 0 %d %d]" % (width, height)
    drawn = b"/F Do " * (10 if forms else 0)
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R"
        b"/Resources<</XObject<</F 5 0 R>>>>>>" % box,
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        *forms,
        trailer=trailer,
    )


def nested(levels: int) -> bytes:
    """Return a small PDF file whose page is a form in a form ..., each drawn ten times."""
    use, last = b"/F Do " * 10, b"0 0 300 300 re f"
    contents = [use] * (levels - 1) + [last]
    return one_page(
        600, 800,
        *(
            b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F %d 0 R>>>>"
            b"/Length %d>>stream\n%s\nendstream" % (6 + level, len(content), content)
            for level, content in enumerate(contents)
        ),
    )  # fmt: skip


LOCKED = one_page(
    200, 200,
    trailer=b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" + b"00" * 32 + b">/U<" + b"11" * 32
    + b">>>/ID[<00><00>]",
)  # fmt: skip
EMPTY = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")


@pytest.mark.parametrize("kind", ["PDF", "TIFF"])
def test_each_page_is_opened_when_it_is_asked_for(kind: str, tmp_path: Path):
    sides = (200, 150, 300)
    options = {"resolution": 200} if kind == "PDF" else {}
    content = pages(kind, *(SEVEN.resize((side, side)) for side in sides), **options)
    path = tmp_path / "scan"
    path.write_bytes(content)
    with open_document(path) as document:
        assert document.pages == 3
        for picture, side in zip(document, sides, strict=True):
            assert picture.size == (side, side)  # type: ignore[union-attr]
            assert apart(prepare(picture), prepare(SEVEN)) < 0.2  # type: ignore[arg-type]
        assert document.page(2).name == f"{path}, page 2"
        with pytest.raises(NoSuchPageError, match="no page 4: the document has 3 pages"):
            document.page(4)
    with pytest.raises(PictureError, match=r"has 3 pages, .* `digitlab read` or `Reader.read_pag"):
        open_picture(path)


def test_one_picture_is_a_document_of_one_page():
    for source in (file(SEVEN), SEVEN, np.asarray(SEVEN), heic(SEVEN), pages("PDF", SEVEN)):
        with open_document(source) as document:
            assert document.pages == 1
            (picture,) = document
            assert apart(prepare(picture), prepare(SEVEN)) < 0.2  # type: ignore[arg-type]
        assert apart(prepare(source), prepare(SEVEN)) < 0.2


def test_a_damaged_page_hinders_no_other():
    content = pages("TIFF", SEVEN, SEVEN)
    with open_document(content[:-2000]) as document:
        good, bad = document
    assert good.size == SEVEN.size  # type: ignore[union-attr]
    assert isinstance(bad, PictureError)
    assert str(bad).startswith("the picture, page 2 is damaged")


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_is_upright(orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = Image.new("RGB", (300, 200), "white")
    picture = open_picture(heic(photo, exif=exif.tobytes()))
    assert picture.size == picture.image.size == ((300, 200) if orientation == 1 else (200, 300))
    assert picture.gray().min() > 250


def test_a_huge_page_is_drawn_with_fewer_dots_per_inch():
    small, huge = open_picture(one_page(144, 72)), open_picture(one_page(14_400, 7_200))
    assert small.size == (400, 200)  # 2 x 1 inches at 200 dpi
    assert 0.99 * MOST_PIXELS < huge.size[0] * huge.size[1] < 1.01 * MOST_PIXELS
    assert huge.size[0] == pytest.approx(2 * huge.size[1], abs=2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LOCKED, "is protected by a password: save a copy of it without one"),
        (EMPTY, "is damaged: no page was found"),
        (b"%PDF-1.7\nnothing", "is damaged"),
        (pages("PDF", SEVEN)[:300], "is damaged"),
        (heic(SEVEN)[:-100], "is damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is damaged"),
    ],
)
def test_what_cannot_be_opened_ends_in_a_sentence(content: bytes, words: str):
    with pytest.raises(PictureError, match=words) as refused, open_document(content) as document:
        document.page(1)
    assert "\n" not in str(refused.value)


def test_what_would_take_hours_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf_module, "_MOST_SECONDS", 1)
    with pytest.raises(PictureError, match="takes more than 1 seconds to draw"):
        open_picture(nested(6))
    monkeypatch.setattr(pdf_module, "_MOST_BYTES", 30_000_000)
    with pytest.raises(PictureError, match="or needs more than"):
        open_picture(one_page(2_000, 2_000))


def test_after_a_page_that_ended_the_process_the_next_is_drawn():
    document = PdfDocument(pages("PDF", SEVEN, SEVEN), "scan.pdf")
    try:
        document._worker.kill()  # type: ignore[union-attr]
        with pytest.raises(PictureError, match=r"scan.pdf is damaged, or needs"):
            document.page(0)
        assert document.page(1).size == (500, 500)
    finally:
        document.close()


def test_documents_are_read_by_several_threads_at_once():
    content, sizes = pages("PDF", SEVEN, SEVEN), []

    def draw() -> None:
        with open_document(content) as document:
            sizes.extend(page.size for page in document)  # type: ignore[union-attr]

    threads = [threading.Thread(target=draw) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(500, 500)] * 6


def test_without_the_extra_a_sentence_names_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(formats_module, "find_spec", lambda name: None)
    for content, words in ((pages("PDF", SEVEN), r"\[pdf\]"), (heic(SEVEN), r"\[heic\]")):
        with pytest.raises(PictureError, match=rf"run `pip install '\.{words}'` in digitlab's"):
            open_picture(content)
        with pytest.raises(PictureError, match=words), open_document(content):
            pass


def test_pillow_itself_opens_no_more_than_before():
    prepare(heic(SEVEN))
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(heic(SEVEN)))
