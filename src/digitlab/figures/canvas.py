"""How figures are written, and the letters in them.

The first import of matplotlib writes its list of fonts to the user's cache folder (the one that
`matplotlib.get_cachedir()` returns), so that later imports are faster. It is the only file that
drawing a figure writes besides the figure.
"""

import importlib.util
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import ImageFont

from digitlab.errors import DigitlabError, printable
from digitlab.files import write_whole
from digitlab.language import Language

FORMATS = (".png", ".jpg", ".webp", ".svg", ".pdf")

RED = (197, 32, 38)
BLUE = (31, 92, 184)
ORANGE = (235, 130, 0)
GRAY = (120, 120, 120)
BLACK = (0, 0, 0)

_FIRST_WIDE = "\u2e80"
"""From here on are the scripts of East Asia."""
WIDE_FONTS = (
    *("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf"),
    *("msyh.ttc", "msgothic.ttc", "malgun.ttf"),  # Windows
    *("PingFang.ttc", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc"),  # macOS
)
CHINESE_FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "SourceHanSansSC-Regular.otf"),
    *("wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf"),
    *("msyh.ttc", "simhei.ttf", "simsun.ttc"),  # Windows
    *("PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc"),  # macOS
)
"""Those that have the simplified characters."""

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


@cache  # so that a missing font is reported once
def drawn_language(language: Language) -> Language:
    """Return the language that figures can have: English if no font for another is installed.

    That is then reported on stderr.
    """
    if language == "en" or chinese_face() is not None:
        return language
    print(
        "the words of the figures are English, because no font with Chinese characters is "
        "installed; install one such as Noto Sans CJK (on Debian and Ubuntu: fonts-noto-cjk)",
        file=sys.stderr,
    )
    return "en"


@cache
def chinese_face() -> tuple[str, int] | None:
    """Return the first Chinese font that is installed: its file, and the number of its face.

    A file with faces for several countries has each character as it is written there.
    """
    for name in CHINESE_FONTS:
        with suppress(OSError):  # it is not installed
            path = str(ImageFont.truetype(name).path)  # Pillow looks in the system's folders
            return path, _simplified_face(path)
    return None


def _simplified_face(path: str) -> int:
    """Return the number of a font file's face for simplified Chinese, or 0 if none is named so."""
    number = 0
    with suppress(OSError):  # there is no face with this number
        while not str(ImageFont.truetype(path, index=number).getname()[0]).endswith(" SC"):
            number += 1
        return number
    return 0


def is_wide(text: str) -> bool:
    """Return whether a text has characters of East Asia, which matplotlib's font lacks."""
    return any(character >= _FIRST_WIDE for character in text)


def font_for(text: str, pixels: int, language: Language = "en") -> Font:
    """Return a font that has the letters of a text, if one is installed.

    It is matplotlib's own, so that all figures have the same letters, or for Chinese, Japanese and
    Korean the first that the system has of several widespread ones; in a Chinese figure, a Chinese
    one.
    """
    if not is_wide(text):
        return _usual_font(pixels)
    found = _chinese_font(pixels) if language == "zh" else _wide_font(pixels)
    return found or _usual_font(pixels)


@cache
def _chinese_font(pixels: int) -> Font | None:
    face = chinese_face()
    return None if face is None else ImageFont.truetype(face[0], pixels, index=face[1])


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
