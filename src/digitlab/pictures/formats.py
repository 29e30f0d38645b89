"""The formats that are decoded, and what to do about a file in another one."""

from importlib.util import find_spec

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")  # all of Pillow's other decoders stay off
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_EXTRAS = {"heic": ("pillow_heif", (".heic", ".heif")), "pdf": ("pypdfium2", (".pdf",))}
"""Formats that need a package of their own: its module, and the suffixes of such files."""

_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_KNOWN = (  # first bytes, name, remedy
    (b"%!PS", "a PostScript document", "save the page as PNG first"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture", "convert it to PNG or JPEG first"),
    (b"\xff\x0a", "a JPEG XL picture", "convert it to PNG or JPEG first"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", "convert it to PNG or JPEG first"),
    (b"8BPS", "a Photoshop document", "export it as PNG first"),
    (b"PK\x03\x04", "a ZIP archive or an office document", "save its picture as PNG first"),
)


def has_extra(name: str) -> bool:
    """Return whether the package for `heic` or `pdf` is installed."""
    return find_spec(_EXTRAS[name][0]) is not None


def suffixes_with(*extras: str) -> tuple[str, ...]:
    """Return the suffixes of pictures, also of `heic` and `pdf` if their packages are installed."""
    found = [_EXTRAS[name][1] for name in extras if has_extra(name)]
    return SUFFIXES + tuple(suffix for suffixes in found for suffix in suffixes)


def is_pdf(content: bytes) -> bool:
    r"""Return whether a file is a PDF document: some have a few other bytes before it.

    >>> is_pdf(b"\n%PDF-1.7 ..."), is_pdf(b"PDF")
    (True, False)
    """
    return content[:1024].lstrip(b"\xef\xbb\xbf\0\t\n\f\r ").startswith(b"%PDF-")


def is_heic(content: bytes) -> bool:
    """Return whether a file is a HEIC photo.

    >>> is_heic(bytes([0, 0, 0, 24]) + b"ftypheic" + bytes(4) + b"mif1heic")
    True
    """
    brands = _brands(content)
    return bool(brands & _HEIC) and not brands & _AVIF


def _brands(content: bytes) -> set[bytes]:
    """Return what an ISO base media file says is inside: its brands, four bytes each."""
    if content[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(content[:4]), 256)
    return {content[start : start + 4] for start in range(8, end, 4)}


def remedy_for(content: bytes) -> str:
    """Say what a file that Pillow cannot decode is, and what to do: the end of a sentence.

    >>> remedy_for(b"8BPS ...")
    'is a Photoshop document: export it as PNG first'
    """
    if is_pdf(content):
        return (
            "is a PDF document: run `pip install '.[pdf]'` in digitlab's folder, or save the page "
            "as PNG first, for example with `pdftoppm -png`"
        )
    for start, kind, remedy in _KNOWN:
        if content.startswith(start):
            return f"is {kind}: {remedy}"
    if is_heic(content):
        return (
            "is a HEIC photo: run `pip install '.[heic]'` in digitlab's folder, or convert it to "
            "JPEG first (an iPhone takes JPEGs with Settings > Camera > Formats > Most Compatible)"
        )
    if brands := _brands(content):
        if brands & _AVIF:
            return "is an AVIF picture: convert it to PNG or JPEG first"
        return "is a video: save one frame of it as PNG first"
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<") and b"<svg" in start:
        return "is an SVG drawing: export it as PNG first"
    return f"is not a picture of a known format ({', '.join(FORMATS)})"


def several_pages(name: str, pages: int) -> str:
    """Return the sentence about a document where one picture is expected."""
    return (
        f"{name} has {pages:,} pages, but one picture is expected: read them with `digitlab read` "
        "or `Reader.read_pages`"
    )
