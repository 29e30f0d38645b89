"""The pages of a picture file: of a PDF document or TIFF file all, of any other picture one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image

from digitlab.errors import PictureError
from digitlab.pictures.content import read_content
from digitlab.pictures.formats import has_extra, is_pdf
from digitlab.pictures.open import (
    Picture,
    Source,
    image_and_frames,
    open_picture,
    picture_of,
    single_image,
)


class NoSuchPageError(PictureError):
    """A page that the document does not have."""


@dataclass(frozen=True)
class Document:
    """An open document. Iterating gives each page, or why it cannot be used; one is in memory."""

    pages: int
    """How many it has, at least 1."""
    _page: Callable[[int], Picture]

    def page(self, number: int) -> Picture:
        """Return a page, numbered from 1.

        Raises `NoSuchPageError` for another number, and `PictureError` if the page is damaged.
        """
        if not 1 <= number <= self.pages:
            has = "1 page" if self.pages == 1 else f"{self.pages:,} pages"
            raise NoSuchPageError(f"there is no page {number:,}: the document has {has}")
        return self._page(number - 1)

    def __iter__(self) -> Iterator[Picture | PictureError]:
        for number in range(1, self.pages + 1):
            try:
                yield self.page(number)
            except PictureError as error:
                yield error


@contextmanager
def open_document(source: Source, *, largest_side: int | None = None) -> Iterator[Document]:
    """Open a document while the block runs: what `open_picture` opens, also with several pages.

    Takes what `open_picture` takes. Raises `PictureError` if the document cannot be opened; a
    damaged page raises it only when that page is requested.
    """
    if isinstance(source, Picture | Image.Image | np.ndarray):
        picture = open_picture(source, largest_side=largest_side)
        yield Document(1, lambda _: picture)
        return
    name, content = read_content(source)
    if is_pdf(content) and has_extra("pdf"):
        from digitlab.pictures.pdf import PdfDocument

        pdf = PdfDocument(content, name)
        try:
            named = _names(name, pdf.pages)
            yield Document(
                pdf.pages, lambda index: picture_of(pdf.page(index), named(index), largest_side)
            )
        finally:
            pdf.close()
        return
    image, pages = image_and_frames(content, name)
    if pages == 1 or image.format != "TIFF":
        picture = picture_of(single_image(content, name), name, largest_side)
        yield Document(1, lambda _: picture)
        return
    named = _names(name, pages)
    yield Document(
        pages,
        lambda index: picture_of(
            image_and_frames(content, named(index), index)[0], named(index), largest_side
        ),
    )


def _names(name: str, pages: int) -> Callable[[int], str]:
    """Return what error messages call each page."""
    return lambda index: name if pages == 1 else f"{name}, page {index + 1}"
