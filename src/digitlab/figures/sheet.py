"""A sheet of small pictures with texts between them, drawn dot by dot.

Pillow draws it. One set of axes per picture would look the same and take ten times as long.
"""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.figures.canvas import (
    BLACK,
    PNG_OPTIONS,
    Color,
    font_for,
    format_of,
    width_of,
    write_figure,
)
from digitlab.language import Language

_DOTS_PER_INCH = 100


class Sheet:
    """An empty white sheet; all places and sizes are in pixels, from its upper left corner.

    In Chinese, its characters are those of simplified Chinese, which Japanese writes differently.
    """

    def __init__(self, width: int, height: int, language: Language = "en") -> None:
        self.width = width
        self.language = language
        self._picture = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self._picture)

    def paste(self, pixels: NDArray[np.uint8], left: int, top: int, scale: int = 1) -> None:
        """Put in a picture, gray (height, width) or RGB (height, width, 3).

        Each of its pixels becomes a square of `scale` x `scale`.
        """
        height, width = pixels.shape[:2]
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        larger = picture.resize((width * scale, height * scale), Image.Resampling.NEAREST)
        self._picture.paste(larger, (left, top))

    def rectangle(self, left: int, top: int, width: int, height: int, color: Color) -> None:
        """Fill a rectangle."""
        if width > 0 and height > 0:
            self._draw.rectangle((left, top, left + width - 1, top + height - 1), fill=color)

    def frame(
        self, left: int, top: int, width: int, height: int, color: Color = BLACK, thick: int = 1
    ) -> None:
        """Draw a frame around a rectangle, outside of it."""
        box = (left - thick, top - thick, left + width + thick - 1, top + height + thick - 1)
        self._draw.rectangle(box, outline=color, width=thick)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 14,
        color: Color = BLACK,
        anchor: str = "mm",
    ) -> None:
        """Write one line. `anchor` says which point of it is at (x, y).

        Its first letter is l, m or r for left, middle or right; its second is t, m or b for top,
        middle or bottom.
        """
        anchor = anchor.replace("t", "a").replace("b", "d")  # of the font, not of these letters
        font = font_for(text, size, self.language)
        self._draw.text((round(x), round(y)), text, fill=color, font=font, anchor=anchor)

    def upright_text(
        self, x: float, y: float, text: str, *, size: int = 14, anchor: str = "b"
    ) -> None:
        """Write one line from bottom to top, centered at x.

        At y is its lower end, with `anchor` "b", its middle, "m", or its upper end, "t".
        """
        width, height = round(width_of(text, size)) + 2, round(size * 1.4)
        line = Image.new("RGB", (width, height), "white")
        font = font_for(text, size, self.language)
        ImageDraw.Draw(line).text(
            (width // 2, height // 2), text, fill=BLACK, font=font, anchor="mm"
        )
        top = y - {"b": width, "m": width / 2, "t": 0}[anchor]
        self._picture.paste(
            line.transpose(Image.Transpose.ROTATE_90), (round(x - height / 2), round(top))
        )

    def save(self, path: Path) -> Path:
        """Write the sheet in the format of the path's suffix; return the path.

        Raises `DigitlabError` as `format_of` and `write_figure` do.
        """
        kind = format_of(path)
        if kind in ("svg", "pdf"):
            return self._save_as_vectors(path)
        content = io.BytesIO()
        options = PNG_OPTIONS if kind == "png" else {}
        dpi = (_DOTS_PER_INCH, _DOTS_PER_INCH)
        self._picture.save(content, {"jpg": "jpeg"}.get(kind, kind), dpi=dpi, **options)
        return write_figure(path, content.getvalue())

    def _save_as_vectors(self, path: Path) -> Path:
        """Write the sheet as one picture in an SVG or PDF file."""
        from digitlab.figures.plots import new_figure, save_figure  # here: it imports matplotlib

        width, height = self._picture.size
        figure = new_figure(width / _DOTS_PER_INCH, height / _DOTS_PER_INCH, _DOTS_PER_INCH)
        figure.figimage(np.asarray(self._picture))
        return save_figure(figure, path)
