"""How figures are written, and the letters in them.

The first import of matplotlib writes its list of fonts to the user's cache folder (the one that
`matplotlib.get_cachedir()` returns), so that later imports are faster. It is the only file that
drawing a figure writes besides the figure.
"""

import importlib.util
from contextlib import suppress
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

_FIRST_WIDE = "\u2e80"
"""From here on are the scripts of East Asia, which matplotlib's font lacks."""
WIDE_FONTS = (
    *("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf"),
    *("msyh.ttc", "msgothic.ttc", "malgun.ttf"),  # Windows
    *("PingFang.ttc", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc"),  # macOS
)

PNG_OPTIONS = {"compress_level": 1}
"""For Pillow. Its default, 6, takes several times as long for files that are little smaller."""

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


def font_for(text: str, pixels: int) -> Font:
    """Return a font that has the letters of a text, if one is installed.

    It is matplotlib's own, so that all figures have the same letters, or for Chinese, Japanese and
    Korean the first that the system has of several widespread ones.
    """
    is_wide = any(character >= _FIRST_WIDE for character in text)
    return (_wide_font(pixels) if is_wide else None) or _usual_font(pixels)


@cache
def _usual_font(pixels: int) -> Font:
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return ImageFont.load_default(pixels)
    fonts = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / "DejaVuSans.ttf", pixels)


@cache
def _wide_font(pixels: int) -> Font | None:
    for name in WIDE_FONTS:
        with suppress(OSError):  # it is not installed
            return ImageFont.truetype(name, pixels)  # Pillow looks in the system's folders
    return None


def width_of(text: str, size: int) -> float:
    """Return how wide a text is in pixels."""
    return font_for(text, size).getlength(text)


def shortened(text: str, width: float, size: int) -> str:
    """Return a text on one line, cut and ended with "…" if it is wider than `width` pixels."""
    text = printable(text)
    if width_of(text, size) <= width:
        return text
    while text and width_of(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
