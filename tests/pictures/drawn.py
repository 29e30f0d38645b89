"""What the tests of pictures share: a drawn digit, picture files, and how far images differ."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Gray = NDArray[np.uint8]


def seven(side: int = 120, *, pen: int = 12, margin: int = 30, light: bool = False) -> Gray:
    """Draw a 7 with straight strokes: dark on white, or light on black."""
    image = Image.new("L", (side + 2 * margin, side + 2 * margin), 255)
    places = [(0.1, 0.05), (0.9, 0.05), (0.4, 0.95)]
    line = [(margin + x * side, margin + y * side) for x, y in places]
    ImageDraw.Draw(image).line(line, fill=0, width=pen, joint="curve")
    gray = np.asarray(image, np.uint8)
    return 255 - gray if light else gray


def file(image: Image.Image | Gray, kind: str = "PNG", **options: object) -> bytes:
    """Return the bytes of a picture file."""
    stream = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(stream, kind, **options)
    return stream.getvalue()


def apart(a: Gray, b: Gray) -> float:
    """Return the share of ink in which two images differ."""
    return float(np.abs(a.astype(int) - b).sum() / max(1, int(a.sum()), int(b.sum())))
