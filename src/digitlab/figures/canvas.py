"""How figures are written, and the letters in them.

The first import of matplotlib writes its list of fonts to the user's cache folder (the one that
`matplotlib.get_cachedir()` returns), so that later imports are faster. It is the only file that
drawing a figure writes besides the figure.
"""

import importlib.util
from functools import cache
from pathlib import Path

from PIL import ImageFont

from digitlab.errors import DigitlabError, printable
from digitlab.files import write_whole

FORMATS = (".png", ".jpg", ".webp", ".svg", ".pdf")

RED = (197, 32, 38)
BLUE = (31, 92, 184)
ORANGE = (235, 130, 0)
GRAY = (120, 120, 120)
BLACK = (0, 0, 0)

PNG_OPTIONS = {"compress_level": 3}
"""For Pillow. Its default, 6, takes three times as long for files that are a tenth smaller."""

Color = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def format_of(path: Path) -> str:
    """Return the format that a figure's name asks for; raise `DigitlabError` if it is unknown."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise DigitlabError(
            f"the figure {path} cannot be written: its name must end in {', '.join(FORMATS[:-1])} "
            f"or {FORMATS[-1]}"
        )
    return suffix[1:]


def write_figure(path: Path, content: bytes) -> Path:
    """Write a figure's file, completely or not at all; return its path.

    Missing folders are created. Raises `DigitlabError` if the path cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise DigitlabError(
            f"the figure {path} cannot be written ({error.strerror or error})"
        ) from error
    return path


@cache
def font_of_size(pixels: int) -> Font:
    """Return matplotlib's default font, so that all figures have the same letters.

    Without matplotlib, it is the font that comes with Pillow.
    """
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return ImageFont.load_default(pixels)
    fonts = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / "DejaVuSans.ttf", pixels)


def width_of(text: str, size: int) -> float:
    """Return how wide a text is in pixels."""
    return font_of_size(size).getlength(text)


def shortened(text: str, width: float, size: int) -> str:
    """Return a text on one line, cut and ended with "…" if it is wider than `width` pixels."""
    text = printable(text)
    if width_of(text, size) <= width:
        return text
    while text and width_of(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
