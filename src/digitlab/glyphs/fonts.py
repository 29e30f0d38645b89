"""The fonts that other packages install: matplotlib's, which is not imported, and Pillow's own."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

from digitlab.errors import DigitlabError

PILLOW = "Aileron"
"""Pillow's own font, which is always there."""

TEXT_FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "Mono", "Mono-Bold")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)
"""Those with letters, and with digits that all have one height."""

DIGIT_FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralItalic", "cmr10", "cmss10", "cmti10", "cmtt10",
)  # fmt: skip
"""Those in which digits are printed for the digit classifier."""


def is_installed(name: str) -> bool:
    """Return whether there is such a font."""
    folder = _folder()
    return name == PILLOW or (folder is not None and (folder / f"{name}.ttf").is_file())


@cache
def load_font(
    name: str, size: float, layout: ImageFont.Layout | None = None
) -> ImageFont.FreeTypeFont:
    """Return a font, named as its file without `.ttf`, in a size in pixels.

    `layout` decides how characters are put next to each other; Pillow's best one by default.
    Raises `DigitlabError` if matplotlib is missing.
    """
    if name == PILLOW:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font
    folder = _folder()
    if folder is None:
        raise DigitlabError(
            "text cannot be printed without matplotlib, which contains the fonts; "
            "`pip install matplotlib` installs it"
        )
    return ImageFont.truetype(folder / f"{name}.ttf", size, layout_engine=layout)


def _folder() -> Path | None:
    """Return where matplotlib keeps its fonts; None if it is not installed."""
    matplotlib = find_spec("matplotlib")  # does not import it, which would take half a second
    if matplotlib is None or matplotlib.origin is None:
        return None
    return Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf"
