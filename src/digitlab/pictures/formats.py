"""The formats that are decoded, and what to do about a file in another one."""

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")  # all of Pillow's other decoders stay off
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")

_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_KNOWN = (  # first bytes, name, remedy
    (b"%PDF-", "a PDF document", "save the page as PNG first, for example with `pdftoppm -png`"),
    (b"%!PS", "a PostScript document", "save the page as PNG first"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture", "convert it to PNG or JPEG first"),
    (b"\xff\x0a", "a JPEG XL picture", "convert it to PNG or JPEG first"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", "convert it to PNG or JPEG first"),
    (b"8BPS", "a Photoshop document", "export it as PNG first"),
    (b"PK\x03\x04", "a ZIP archive or an office document", "save its picture as PNG first"),
)


def remedy_for(content: bytes) -> str:
    """Say what a file that Pillow cannot decode is, and what to do: the end of a sentence.

    >>> remedy_for(b"%PDF-1.7 ...")
    'is a PDF document: save the page as PNG first, for example with `pdftoppm -png`'
    """
    for start, kind, remedy in _KNOWN:
        if content.startswith(start):
            return f"is {kind}: {remedy}"
    if content[4:8] == b"ftyp":  # ISO base media: its brands, four bytes each, say what is inside
        end = min(int.from_bytes(content[:4]), 256)
        brands = {content[start : start + 4] for start in range(8, end, 4)}
        if brands & _AVIF:
            return "is an AVIF picture: convert it to PNG or JPEG first"
        if brands & _HEIC:
            return (
                "is a HEIC photo: convert it to JPEG first (an iPhone takes JPEGs with "
                "Settings > Camera > Formats > Most Compatible)"
            )
        return "is a video: save one frame of it as PNG first"
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<") and b"<svg" in start:
        return "is an SVG drawing: export it as PNG first"
    return f"is not a picture of a known format ({', '.join(FORMATS)})"
