"""Find the ink that was not read: letters, stamps, digits that nobody could read."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.merging import level_boxes
from digitlab.pages.sightings import Sightings
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import Blobs, blob_boxes, dilated, find_blobs, reduced, to_bytes

_SEEN_SIDE = 800  # pixels of the longer side at which ink is looked for
_INKED = 96  # of 255
_LOWEST, _HIGHEST = 0.45, 3.0  # digit heights: lower ink is dust or a sign, higher ink a drawing
_USUAL_HEIGHT = 1 / 30  # of the page's longer side, if no digit was read
_APART = 0.35  # digit heights: letters that are less far apart are one word
_LETTERS = 1.5  # times as much of a word's width as its digits fill: these are letters, too
_SMALLEST, _LARGEST = 0.5, 1.8  # times a digit's height: how high letters next to it are
_LEVEL = 0.5  # of the smaller height: what two neighbors in a word have in common, at least


def left_over(ink: Ink, read: Sightings) -> NDArray[np.float32]:
    """Return the boxes of digit-sized ink that is not in the box of anything that was read.

    They are left, top, right, bottom in pixels of the ink, N x 4, from top to bottom.
    """
    heights = read.heights[~read.is_sign]
    usual = float(np.median(heights)) if len(heights) else _USUAL_HEIGHT * max(ink.shape)
    factor = max(1, round(max(ink.shape) / _SEEN_SIDE))
    inked = reduced(to_bytes(ink), factor) > _INKED
    for box in read.boxes / factor:
        grown = 0.1 * max(box[2] - box[0], box[3] - box[1]) + 1
        x0, y0, x1, y1 = (
            np.rint(box + grown * np.array([-1, -1, 1, 1])).astype(int).clip(0).tolist()
        )
        inked[y0:y1, x0:x1] = False
    if not inked.any():
        return np.zeros((0, 4), np.float32)
    reach = max(1, round(_APART * usual / factor)) | 1
    labels, areas = find_blobs(dilated(inked, 1, reach))
    found = blob_boxes(Blobs(np.where(inked, labels, 0), areas))  # K x 4: top, bottom, left, right
    top, bottom, left, right = (found[:, it] * factor for it in range(4))
    kept = (bottom - top >= _LOWEST * usual) & (bottom - top <= _HIGHEST * usual)
    order = np.argsort(top[kept], kind="stable")
    boxes = np.stack([left, top, right, bottom], axis=1)[kept][order]
    return np.asarray(boxes, np.float32)


def in_words(digits: NDArray[np.float32], ignored: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which of N digits are in a word of ink that was not read, as the s of "Bonus" is.

    Boxes are left, top, right, bottom, N x 4 and M x 4.
    """
    x, y = ((digits[:, :2] + digits[:, 2:]) / 2).T  # the middles
    left, top, right, bottom = ignored[:, :, None].swapaxes(0, 1)  # each M x 1
    frames = ((left < x) & (x < right) & (top < y) & (y < bottom)).any(axis=1)  # M
    boxes = np.concatenate([digits, ignored[~frames]])
    is_digit = np.arange(len(boxes)) < len(digits)
    found = np.zeros(len(digits), np.bool_)
    for word in _words(boxes, float(np.median(digits[:, 3] - digits[:, 1])) if len(digits) else 1):
        widths = boxes[word, 2] - boxes[word, 0]
        inside = is_digit[word]
        if inside.any() and widths[~inside].sum() > _LETTERS * widths[inside].sum():
            found[word[inside]] = True
    return found


def _words(boxes: NDArray[np.float32], usual: float) -> list[NDArray[np.int64]]:
    """Return the positions of boxes that stand close to each other in a line, word by word."""
    heights = boxes[:, 3] - boxes[:, 1]
    fits = np.flatnonzero((heights > _SMALLEST * usual) & (heights < _LARGEST * usual))
    word_of = {place: [place] for place in fits.tolist()}
    level_with = level_boxes(boxes[fits])
    for nth in np.argsort(boxes[fits, 0], kind="stable").tolist():
        place, others = int(fits[nth]), fits[np.sort(level_with(nth))]
        gaps = boxes[others, 0] - boxes[place, 2]
        common = np.minimum(boxes[others, 3], boxes[place, 3]) - np.maximum(
            boxes[others, 1], boxes[place, 1]
        )
        near = (boxes[others, 0] > boxes[place, 0]) & (gaps < _APART * usual)
        near &= common > _LEVEL * np.minimum(heights[others], heights[place])
        for other in others[near].tolist():
            if word_of[other] is not word_of[place]:
                word_of[place] += word_of[other]
                for it in word_of[other]:
                    word_of[it] = word_of[place]
    return [np.array(word) for word in {id(it): it for it in word_of.values()}.values()]
