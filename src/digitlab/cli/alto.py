"""Pages as ALTO 4.4, the XML in which libraries and archives keep the text of their scans.

The format: https://www.loc.gov/standards/alto/.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from digitlab.cli.page_answers import Answer, Answers, ascii_only, opened
from digitlab.errors import printable
from digitlab.models.probability import cut_off
from digitlab.pages.answers import Box, Character, ReadDigit, Word, around, text_of
from digitlab.version import __version__

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="{_NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd" \
SCHEMAVERSION="4.4">
<Description>
<MeasurementUnit>pixel</MeasurementUnit>
<sourceImageInformation>
{{sources}}
</sourceImageInformation>
<Processing ID="reading">
<processingCategory>contentGeneration</processingCategory>
<processingSoftware>
<softwareName>digitlab</softwareName>
<softwareVersion>{__version__}</softwareVersion>
</processingSoftware>
</Processing>
</Description>
<Layout>
"""
_FOOT = "</Layout>\n</alto>\n"
_LEAST_VARIANT = 0.01  # a less likely digit is no variant


def alto(answers: Answers, paths: Sequence[Path]) -> Iterator[str]:
    """Yield the beginning of the document, each page that could be opened, and the end.

    ALTO names one file. Of several, all are listed; `page_3_1` is page 1 of the third.
    """
    tag = "fileName" if len(paths) == 1 else "fileIdentifier"
    sources = [f"<{tag}>{escape(printable(path))}</{tag}>" for path in paths]
    yield ascii_only(_HEAD.format(sources="\n".join(sources)))
    count = 0
    for count, answer in enumerate(opened(answers), 1):
        yield ascii_only("".join(f"{line}\n" for line in _page(answer, count)))
    if count == 0:  # the schema wants at least one
        yield '<Page ID="page_0" PHYSICAL_IMG_NR="0" QUALITY="Missing"/>\n'
    yield _FOOT


def _page(answer: Answer, count: int) -> Iterator[str]:
    page, place = answer.page, f"{answer.place}_{answer.number}"
    width, height = page.size
    yield (
        f'<Page ID="page_{place}" PHYSICAL_IMG_NR="{count}" WIDTH="{width}" HEIGHT="{height}" '
        'PROCESSINGREFS="reading">'
    )
    yield f"<PrintSpace{_at((0, 0, width, height))}>"
    if page.lines:
        # How the writing is turned, counterclockwise: the picture was turned back to be read.
        turned = f' ROTATION="{page.turned}"' if page.turned else ""
        box = around([line.box for line in page.lines])
        yield f'<TextBlock ID="block_{place}"{_at(box)}{turned}>'
        for index, (line, words) in enumerate(zip(page.lines, page.words, strict=True), 1):
            yield f'<TextLine ID="line_{place}_{index}"{_at(line.box)}>'
            yield "\n<SP/>\n".join(map(_string, words))
            yield "</TextLine>"
        yield "</TextBlock>"
    for index, ink in enumerate(page.ignored, 1):
        yield f'<Illustration ID="ignored_{place}_{index}" TYPE="ignored"{_at(ink.box)}/>'
    yield "</PrintSpace>"
    yield "</Page>"


def _string(word: Word) -> str:
    confidence = cut_off(min(it.probability for it in word))
    return "\n".join(
        [
            f"<String CONTENT={quoteattr(text_of(word))}{_at(around([it.box for it in word]))} "
            f'WC="{confidence:.6f}">',
            *map(_glyph, word),
            "</String>",
        ]
    )


def _glyph(character: Character) -> str:
    """Return a digit or sign; for an unsure digit, also what it may be, the most likely first."""
    head = (
        f"<Glyph CONTENT={quoteattr(character.character)}{_at(character.box)} "
        f'GC="{cut_off(character.probability):.6f}"'
    )
    if not (isinstance(character, ReadDigit) and character.unsure):
        return f"{head}/>"
    likely = sorted(enumerate(character.probabilities), key=lambda it: -it[1])
    variants = [
        f'<Variant CONTENT="{digit}" VC="{cut_off(share):.6f}"/>'
        for digit, share in likely
        if share >= _LEAST_VARIANT or digit == character.digit
    ]
    return "\n".join([f"{head}>", *variants, "</Glyph>"])


def _at(box: Box) -> str:
    x, y, width, height = box
    return f' HPOS="{x}" VPOS="{y}" WIDTH="{width}" HEIGHT="{height}"'
