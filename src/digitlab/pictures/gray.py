"""Gray levels from pixels of any kind: colors, palettes, transparency, 16 bits, floats."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from digitlab.errors import PictureError

Gray = NDArray[np.uint8]  # height x width; 0 = black, 255 = white

_CHANNEL_GAIN = 1.6  # a color channel is used alone if its contrast is this much higher
_PAINTED = 25.0  # standard deviation in gray levels: the visible part has a background of its own
_BLOCK = 1 << 20  # values that are converted at a time, which bounds the memory


def eight_bits(array: NDArray[np.generic], *, highest: float | None = None) -> NDArray[np.uint8]:
    """Convert uint8, uint16 (10, 12 or 16 bits in use), bool or float in 0..1 to 0..255.

    `highest` is the highest value of the whole picture, if this is a part of it. Raises
    PictureError for another dtype, or values outside these ranges.

    >>> eight_bits(np.array([0.0, 0.5, 1.0]))
    array([  0, 128, 255], dtype=uint8)
    >>> eight_bits(np.array([0, 2048, 4095], np.uint16))
    array([  0, 128, 255], dtype=uint8)
    """
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array, dtype=np.uint8)
    is_float = np.issubdtype(array.dtype, np.floating)
    if not (is_float or array.dtype == np.bool_ or np.issubdtype(array.dtype, np.integer)):
        raise PictureError(f"an array must be of uint8, uint16, bool or float, not {array.dtype}")
    low, high = array.min().item(), array.max().item()
    if is_float and not (low >= 0 and high <= 1):  # also true of NaN
        raise PictureError(
            f"floats must be between 0 and 1, without NaN; these go from {low:g} to {high:g}"
        )
    if not is_float and (low < 0 or high > 65535):
        raise PictureError(f"integers must be in 0..65535; these go from {low} to {high}")
    bits = int(high if highest is None else highest).bit_length()
    unused_bits = 0 if bits <= 8 else max(10, bits + bits % 2) - 8
    levels = np.empty(array.shape, np.uint8)
    rows = max(1, _BLOCK * len(array) // array.size)
    for start in range(0, len(array), rows):
        part: Any = array[start : start + rows]
        if is_float:
            levels[start : start + rows] = part.astype(np.float32) * 255 + 0.5
        elif array.dtype == np.bool_:
            levels[start : start + rows] = part * np.uint8(255)
        else:
            levels[start : start + rows] = part >> unused_bits
    return levels


def gray_levels(image: Image.Image, largest_side: int | None, *, best_channel: bool = True) -> Gray:
    """Return the gray levels of a decoded image of any mode.

    They are reduced by a whole factor while the longer side stays at or above `largest_side`. If
    one color channel has clearly more contrast than the luminance, they are those of this channel;
    without `best_channel` they are always the luminance.
    """
    image = _in_common_mode(image)
    factor = max(image.size) // largest_side if largest_side else 1
    if factor > 1:
        image = image.reduce(factor)
    if image.mode == "L":
        return np.asarray(image, np.uint8)
    if not _is_opaque(image):
        return _with_paper(image)
    if _is_gray(image):
        return np.asarray(image.getchannel(0), np.uint8)  # which is also the luminance
    image = image.convert("RGB")
    return _best_channel(image) if best_channel else np.asarray(image.convert("L"), np.uint8)


def _in_common_mode(image: Image.Image, *, highest: float | None = None) -> Image.Image:
    """Return an image of any mode as gray, RGB or RGBA, with 8 bits per channel."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(eight_bits(np.asarray(image), highest=highest))
    if image.mode == "La":  # Pillow converts it into nothing else
        image = image.convert("LA")
    if image.mode in ("LA", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode not in ("L", "RGB", "RGBA"):
        return image.convert("RGB")  # P, CMYK, YCbCr, LAB, HSV
    return image


def reduced_in_strips(image: Image.Image, factor: int) -> Image.Image:
    """Return `_in_common_mode`, averaged over squares, with little memory for the whole picture."""
    extrema: Any = image.getextrema() if image.mode.startswith(("I", "F")) else (None, None)
    rows = factor * max(1, _BLOCK // (image.width * factor))
    strips = []
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        strips.append(_in_common_mode(strip, highest=extrema[1]).reduce(factor))
    size = strips[0].width, sum(strip.height for strip in strips)
    whole = Image.new(strips[0].mode, size)
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def _is_opaque(image: Image.Image) -> bool:
    return image.mode != "RGBA" or image.getchannel("A").getextrema()[0] == 255


def _is_gray(image: Image.Image) -> bool:
    """Check whether red, green and blue are the same everywhere."""
    red = image.getchannel(0)
    others = (image.getchannel(it) for it in (1, 2))
    return not any(ImageChops.difference(red, it).getbbox() for it in others)


def _best_channel(image: Image.Image) -> Gray:
    """Return an RGB image's luminance, or one channel if that has clearly more contrast."""
    luminance = image.convert("L")
    step = max(1, max(image.size) // 64)
    spreads = np.asarray(image.reduce(step), np.float32).std(axis=(0, 1))  # of red, green, blue
    best = int(spreads.argmax())
    if spreads[best] > _CHANNEL_GAIN * np.asarray(luminance.reduce(step), np.float32).std():
        return np.asarray(image.getchannel(best), np.uint8)
    return np.asarray(luminance, np.uint8)


def _with_paper(image: Image.Image) -> Gray:
    """Put a background behind a transparent picture on which its ink stays visible.

    If the visible part has one gray, it is all ink: dark ink is put on white, light ink on black.
    If it has light and dark parts, the holes are filled with its median gray.
    """
    gray = np.asarray(image.convert("RGB").convert("L"), np.float32)  # height x width
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    visible = gray[alpha > 0.5]
    if visible.size == 0:
        return np.full(gray.shape, 255, np.uint8)
    behind = 255.0 if visible.mean() < 128 else 0.0
    if visible.std() > _PAINTED:
        behind = float(np.median(visible))
    return np.rint(gray * alpha + behind * (1 - alpha)).astype(np.uint8)
