"""Pages as hOCR 1.2: a web page whose elements say where each word was found.

The format: http://kba.github.io/hocr-spec/1.2/.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from digitlab.cli.page_answers import Answer, Answers, ascii_only, opened
from digitlab.errors import printable
from digitlab.models.probability import percent
from digitlab.pages.answers import Box, Word, around, text_of
from digitlab.version import __version__

_HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="zxx" lang="zxx">
<head>
<meta charset="utf-8"/>
<title>{{title}}</title>
<meta name="ocr-system" content="digitlab {__version__}"/>
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word ocr_noise"/>
<meta name="ocr-langs" content="unknown"/>
<meta name="ocr-scripts" content="Zyyy"/>
</head>
<body>
"""  # zxx: no language; Zyyy: characters of any script, such as digits
_FOOT = "</body>\n</html>\n"


def hocr(answers: Answers, paths: Sequence[Path]) -> Iterator[str]:
    """Yield the beginning of the document, each page that could be opened, and the end."""
    title = printable(paths[0]) if len(paths) == 1 else f"{len(paths)} pictures"
    yield ascii_only(_HEAD.format(title=escape(title)))
    for answer in opened(answers):
        lines = _page(answer, is_alone=len(paths) == 1)
        yield ascii_only("".join(f"{line}\n" for line in lines))
    yield _FOOT


def _page(answer: Answer, *, is_alone: bool) -> Iterator[str]:
    page, place = answer.page, f"{answer.place}_{answer.number}"
    name = printable(answer.path).replace('"', "%22")
    facts = [f'image "{name}"', _bbox((0, 0, *page.size))]
    facts += [f'x_source "{name}" {answer.number}'] if answer.pages > 1 else []
    facts += [f"ppageno {answer.number - 1}"] if is_alone else []  # it must be unique
    yield _opened("div", "ocr_page", f"page_{place}", *facts)
    if page.lines:
        yield _opened(
            "div", "ocr_carea", f"area_{place}", _bbox(around([it.box for it in page.lines]))
        )
    # How the writing is turned, counterclockwise: the picture was turned back to be read.
    turned = [f"textangle {page.turned}"] if page.turned else []
    word_number = 0
    for index, (line, words) in enumerate(zip(page.lines, page.words, strict=True), 1):
        yield _opened("span", "ocr_line", f"line_{place}_{index}", _bbox(line.box), *turned)
        for word in words:
            word_number += 1
            yield _word(word, f"word_{place}_{word_number}")
        yield "</span><br/>"
    yield from ["</div>"] if page.lines else []
    for index, ink in enumerate(page.ignored, 1):
        yield _opened("div", "ocr_noise", f"ignored_{place}_{index}", _bbox(ink.box)) + "</div>"
    yield "</div>"


def _word(word: Word, name: str) -> str:
    boxes = " ".join(_corners(it.box) for it in word)
    confidences = [percent(it.probability).removesuffix("%") for it in word]
    facts = [
        _bbox(around([it.box for it in word])),
        f"x_wconf {min(map(float, confidences)):.2f}",
        f"x_bboxes {boxes}",
        f"x_confs {' '.join(confidences)}",
    ]
    return _opened("span", "ocrx_word", name, *facts) + f"{escape(text_of(word))}</span>"


def _opened(tag: str, kind: str, name: str, *facts: str) -> str:
    return f'<{tag} class="{kind}" id="{name}" title={quoteattr("; ".join(facts))}>'


def _bbox(box: Box) -> str:
    return f"bbox {_corners(box)}"


def _corners(box: Box) -> str:
    x, y, width, height = box
    return f"{x} {y} {x + width} {y + height}"
