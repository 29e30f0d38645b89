"""Pixels of any kind to gray levels: colors, transparency, 16 bits, palettes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import PictureError

Gray = NDArray[np.uint8]  # height x width; 0 = black, 255 = white

CHANNEL_GAIN = 1.6  # a color channel must show this much more contrast to be used alone
PAINTED = 25.0  # gray levels of spread in the visible part: it has a paper of its own


def eight_bits(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Bring uint8, uint16 (10, 12 or 16 bits in use), bool or float in 0..1 to 0..255.

    >>> eight_bits(np.array([0.0, 0.5, 1.0]))
    array([  0, 128, 255], dtype=uint8)
    >>> eight_bits(np.array([0, 2048, 4095], np.uint16))
    array([  0, 128, 255], dtype=uint8)
    """
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array, dtype=np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):  # also true of NaN
            raise PictureError(f"floats must lie in 0..1 without NaN, not in {low:g}..{high:g}")
        scaled: NDArray[np.uint8] = (array.astype(np.float32) * 255 + 0.5).astype(np.uint8)
        return scaled
    if np.issubdtype(array.dtype, np.integer):
        numbers = array.astype(np.int64)
        least, most = int(numbers.min()), int(numbers.max())
        if least < 0 or most > 65535:
            raise PictureError(f"integers must lie in 0..65535, not in {least}..{most}")
        unused = 0 if most < 256 else max(10, most.bit_length() + most.bit_length() % 2) - 8
        return (numbers >> unused).astype(np.uint8)
    raise PictureError(f"an array must be of uint8, uint16, bool or float, not {array.dtype}")


def gray_levels(image: Image.Image, largest_side: int | None) -> Gray:
    """Flatten a decoded image of any mode to gray: palette, 16 bits, CMYK, transparency."""
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(eight_bits(np.asarray(image)))
    elif image.mode in ("LA", "La", "PA", "RGBa") or (
        image.mode != "RGBA" and "transparency" in image.info
    ):
        image = image.convert("RGBA")
    elif image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGB")  # CMYK, YCbCr, LAB, HSV
    factor = max(image.size) // largest_side if largest_side else 1
    if factor > 1:
        image = image.reduce(factor)
    if image.mode == "L":
        return np.asarray(image, np.uint8)
    if image.mode == "RGBA":
        if image.getchannel("A").getextrema()[0] != 255:
            return opaque(image)
        image = image.convert("RGB")
    return best_channel(image)


def best_channel(image: Image.Image) -> Gray:
    """Return an RGB image's luminance, or the one channel that shows clearly more of it."""
    luminance = image.convert("L")
    step = max(1, max(image.size) // 64)
    coarse = np.asarray(image.reduce(step), np.float32)
    spreads = coarse.std(axis=(0, 1))  # of red, green, blue
    best = int(spreads.argmax())
    if spreads[best] > CHANNEL_GAIN * np.asarray(luminance.reduce(step), np.float32).std():
        return np.asarray(image.getchannel(best), np.uint8)
    return np.asarray(luminance, np.uint8)


def opaque(image: Image.Image) -> Gray:
    """Put something behind a transparent picture so that its ink stays visible.

    Where the visible part is of one color it is ink alone: dark ink goes on white, light ink on
    black. Where it has light and dark of its own, the holes are filled with its commonest gray.
    """
    gray = np.asarray(image.convert("RGB").convert("L"), np.float32)  # height x width
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    visible = gray[alpha > 0.5]
    if visible.size == 0:
        return np.full(gray.shape, 255, np.uint8)
    behind = 255.0 if visible.mean() < 128 else 0.0
    if visible.std() > PAINTED:
        behind = float(np.median(visible))
    return np.rint(gray * alpha + behind * (1 - alpha)).astype(np.uint8)
