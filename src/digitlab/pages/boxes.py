"""Draw what was read of a page onto the picture."""

import math
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitlab.pages.answers import Box, Character, Page, ReadSign, around
from digitlab.pictures.open import Source, open_picture

# Distinct with color blindness, too (Okabe and Ito, 2008): blue, vermilion, bluish green, gray.
SURE, UNSURE, SIGN, IGNORED = (0, 114, 178), (213, 94, 0), (0, 140, 100), (128, 128, 128)

_LABEL_SHARES = (0.45, 0.36, 0.28, 0.22)  # of the usual digit's height: the first that has room
_LEAST_LABEL = 11  # pixels: smaller letters are unreadable
_ROOMY = 24  # pixels of a digit's height: the labels of larger ones have room
_LARGEST = 4000  # pixels of the longer side of what was enlarged
_LINE_SHARE = 1 / 40  # of the usual digit's height: the width of the frames' lines

_OVERLAID = {"€": "C="}  # Pillow's own font lacks it: these are drawn on top of each other

_Boxes = NDArray[np.float64]  # N x 4: left, top, right, bottom
_Font = ImageFont.FreeTypeFont

_TURNS = {
    90: Image.Transpose.ROTATE_270,  # Pillow counts counterclockwise
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def draw_boxes(source: Source, page: Page) -> Image.Image:
    """Return the upright picture, RGB, with a frame around each digit and sign, and the answers.

    Sure digits are blue, unsure ones orange, signs green; ink that was ignored has a thin gray
    frame. Each word has a label, next to it where there is room, as large as there is room for. If
    the picture was turned to be read, the labels are turned like the writing.

    Takes the picture that was read (a stream must be at its beginning again, a
    `digitlab.pictures.open.Picture` is not decoded again) and what `digitlab.pages.read.read_page`
    returned for it. The result has the picture's full size, or that of `Picture.image` if a JPEG
    was reduced while it was decoded; with small writing it is 2 to 4 times as large, so that the
    labels have room. Raises PictureError if the picture cannot be opened.
    """
    picture = open_picture(source)
    try:
        image = _on_white(picture.image)
    except ValueError:  # a mode that Pillow cannot convert to colors
        image = Image.fromarray(picture.gray()).convert("RGB")
    scale = image.width / picture.size[0], image.height / picture.size[1]
    usual = _usual([it.box[3] * scale[1] for it in page.digits])
    if factor := _enlarging(usual, max(image.size)):
        image = image.resize((factor * image.width, factor * image.height))
        scale = factor * scale[0], factor * scale[1]
    before, turned = image.size, page.turned
    if turned:
        image = image.transpose(_TURNS[turned])

    def place(box: Box) -> Box:
        return _turned(_scaled(box, *scale), turned, before)

    draw = ImageDraw.Draw(image)
    for ink in page.ignored:
        draw.rectangle(_frame(place(ink.box), 1), outline=IGNORED)
    words = [
        [(it, place(it.box)) for it in characters] for line in page.words for characters in line
    ]
    _draw_words(draw, words, image.size)
    return image.transpose(_TURNS[360 - turned]) if turned else image


def _usual(heights: Sequence[float]) -> float:
    """Return the median of some heights, or 0 if there are none."""
    return sorted(heights)[len(heights) // 2] if heights else 0


def _enlarging(usual: float, longer_side: int) -> int:
    """Return how many times as large a picture is drawn if its writing is small, or else 0."""
    if not 0 < usual < _ROOMY:
        return 0
    factor = min(math.ceil(_ROOMY / usual), 4, _LARGEST // longer_side)
    return factor if factor > 1 else 0


def _draw_words(
    draw: ImageDraw.ImageDraw, words: list[list[tuple[Character, Box]]], size: tuple[int, int]
) -> None:
    """Draw the frames of all characters, and the labels of the words."""
    usual = _usual([box[3] for word in words for _, box in word])
    line = max(1, round(usual * _LINE_SHARE))
    for character, box in (it for word in words for it in word):
        draw.rectangle(_frame(box, line), outline=_color(character), width=line)
    texts = ["".join(it.character for it, _ in word) for word in words]
    frames = np.array([_frame(around([box for _, box in word]), line) for word in words], float)
    labels, font = _labels(texts, frames.reshape(-1, 4), usual, size)
    for word, label in zip(words, labels, strict=True):
        _draw_label(draw, [it for it, _ in word], label, font)


def _labels(
    texts: list[str], frames: _Boxes, usual: float, size: tuple[int, int]
) -> tuple[_Boxes, _Font]:
    """Return a place for each word's label, and the largest font with which they cover the least.

    `frames` are the words', `size` is the picture's: width, height.
    """
    found = []
    for pixels in dict.fromkeys(max(_LEAST_LABEL, round(usual * it)) for it in _LABEL_SHARES):
        font = _font(pixels)
        sizes = np.array([_label_size(text, font) for text in texts], float).reshape(-1, 2)
        labels, covered = _places(sizes, frames, size)
        if covered == 0:
            return labels, font
        found.append((covered, labels, font))
    _, labels, font = min(found, key=lambda it: it[0])
    return labels, font


def _places(
    sizes: NDArray[np.float64], frames: _Boxes, size: tuple[int, int]
) -> tuple[_Boxes, float]:
    """Place labels, each above, below, right or left of its frame, where it covers the least.

    Returns their places, and how many pixels they cover of each other and of other words.
    """
    taken = np.concatenate([frames, np.zeros_like(frames)])  # the frames, then the labels so far
    total = 0.0
    for index, ((width, height), frame) in enumerate(zip(sizes, frames, strict=True)):
        x, y = (frame[0] + frame[2] - width) / 2, (frame[1] + frame[3] - height) / 2
        corners = np.array(
            [(x, frame[1] - height), (x, frame[3]), (frame[2], y), (frame[0] - width, y)]
        )
        extent = np.array([width, height])
        inside = np.clip(corners, 0, np.maximum(np.array(size) - extent, 0))
        places = np.concatenate([inside, inside + extent], axis=1)  # 4 x 4
        covered = _common(places, taken).sum(axis=1)  # its own frame too, where it was moved
        best = int(covered.argmin())  # the first of those
        taken[len(frames) + index] = places[best]
        total += float(covered[best])
    return taken[len(frames) :], total


def _common(some: _Boxes, others: _Boxes) -> NDArray[np.float64]:
    """Return the area that each of some boxes has in common with each of others, M x N."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    common: NDArray[np.float64] = np.maximum(high - low, 0).prod(axis=2)
    return common


def _draw_label(
    draw: ImageDraw.ImageDraw, word: list[Character], place: NDArray[np.float64], font: _Font
) -> None:
    """Draw a word's label: a white character on a colored ground for each of its own."""
    left, top, _, bottom = (round(it) for it in place.tolist())
    pad, depth = _pad(font), _extent([it.character for it in word], font)[1]
    for index, character in enumerate(word):
        text = character.character
        width = round(font.getlength(text))
        first, last = index == 0, index == len(word) - 1
        right = left + width + pad * first + pad * last
        draw.rectangle((left, top, right - 1, bottom - 1), fill=_color(character))
        corner = left + pad * first, bottom - pad - depth
        for glyph in _OVERLAID.get(text, text):
            draw.text(corner, glyph, font=font, fill="white", anchor="ls")
        left = right


def _label_size(text: str, font: _Font) -> tuple[int, int]:
    """Return a label's width and height in pixels."""
    above, below = _extent(text, font)
    width = sum(round(font.getlength(it)) for it in text)
    return width + 2 * _pad(font), above + below + 2 * _pad(font)


def _extent(text: Iterable[str], font: _Font) -> tuple[int, int]:
    """Return how far characters reach above their baseline and below it, in pixels."""
    boxes = [font.getbbox(it, anchor="ls") for it in {*text, "0"}]
    return round(max(-box[1] for box in boxes)), max(0, round(max(box[3] for box in boxes)))


def _pad(font: _Font) -> int:
    """Return the space around a label's letters, in pixels."""
    return max(1, round(0.12 * font.size))


@cache
def _font(pixels: int) -> _Font:
    font = ImageFont.load_default(pixels)
    assert isinstance(font, ImageFont.FreeTypeFont)  # as Pillow's wheels have it
    return font


def _color(character: Character) -> tuple[int, int, int]:
    if isinstance(character, ReadSign):
        return SIGN
    return UNSURE if character.unsure else SURE


def _frame(box: Box, room: int) -> Box:
    """Return the left, top, right and bottom edge of a frame, with room between it and the ink."""
    left, top, width, height = box
    return left - 2 * room, top - 2 * room, left + width - 1 + 2 * room, top + height - 1 + 2 * room


def _scaled(box: Box, across: float, down: float) -> Box:
    """Return a box in pixels of a smaller picture."""
    left, top, width, height = box
    return round(left * across), round(top * down), round(width * across), round(height * down)


def _turned(box: Box, degrees: int, size: tuple[int, int]) -> Box:
    """Return a box of a picture in that picture turned clockwise; `size`: before it was turned.

    >>> _turned((10, 20, 3, 4), 90, (100, 200))
    (176, 10, 4, 3)
    """
    left, top, width, height = box
    for _ in range(degrees // 90):
        left, top, width, height = size[1] - top - height, left, height, width
        size = size[1], size[0]
    return left, top, width, height


def _on_white(image: Image.Image) -> Image.Image:
    """Return a new RGB image, with white where the given one is transparent."""
    if image.mode.startswith(("I", "F")):
        low, high = image.getextrema()
        scale = 255 / max(float(high) - float(low), 1e-6)  # type: ignore[arg-type]
        image = image.convert("F").point(lambda level: (level - float(low)) * scale)  # type: ignore[arg-type]
        return image.convert("L").convert("RGB")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")
