"""Read a page: all the digits and signs in a picture, in reading order.

Two networks work together. The page network finds where digits and signs are and which they may be
(`sightings`); the network for single digits takes a second look at each digit alone
(`second_look`). Plain rules then put them into lines and words (`rows`, `text`), decide between
digits and signs in the same place (`conflicts`), and list the ink that was not read (`left_over`).
"""

from dataclasses import dataclass

import numpy as np

from digitlab.models.page_card import PageConfidence
from digitlab.pages.answers import Ignored, Page, ReadDigit, ReadSign
from digitlab.pages.conflicts import best_reading, settle
from digitlab.pages.left_over import left_over
from digitlab.pages.place import Place
from digitlab.pages.rows import heights_of, rows_of, slope_of
from digitlab.pages.second_look import Classify, Second, certain, second_look
from digitlab.pages.sightings import Finder, Sightings
from digitlab.pages.text import words_of
from digitlab.pages.upright import seen_upright
from digitlab.pictures.digit import refuse_flat_stack
from digitlab.pictures.open import Source, open_picture
from digitlab.pictures.page_ink import page_ink

LARGEST_SIDE = 1600  # pixels of the longer side to which a large picture is reduced, at least


@dataclass(frozen=True)
class Networks:
    """What reads a page."""

    finder: Finder
    """The page network."""
    classify: Classify
    """The network for single digits."""
    confidence: PageConfidence
    """How much to believe them."""


def read_page(source: Source, networks: Networks) -> Page:
    """Find and read all the digits and signs in a picture.

    Takes anything that `digitlab.pictures.open.open_picture` opens; to draw boxes on the picture
    without decoding it again, open it with `largest_side=LARGEST_SIDE` first. Raises PictureError
    if it cannot be opened.
    """
    refuse_flat_stack(source)
    picture = open_picture(source, largest_side=LARGEST_SIDE)
    gray = picture.gray()
    seen, turns = seen_upright(gray, networks.finder)
    place = Place(picture.size, gray.shape, turns)
    ink = np.ascontiguousarray(np.rot90(page_ink(picture), -turns))
    seen, doubts = settle(seen)
    second = second_look(ink, seen[~seen.is_sign], networks.classify)
    heights = heights_of(seen)
    slope = slope_of(seen[~seen.is_sign])
    rows = rows_of(seen.middles, heights, slope)
    characters = characters_of(seen, second, place, networks.confidence)
    lines = []
    for line in words_of(rows, seen.boxes, heights):
        lines.append([])
        for word in line:
            text = "".join(characters[it].character for it in word)
            chosen = best_reading(text, {word.index(it): doubts[it].odds for it in word if it in doubts})
            lines[-1].append(
                [doubts[it].sign(place) if chosen.get(position) == "/" else characters[it]
                 for position, it in enumerate(word)]
            )  # fmt: skip
    ignored = [Ignored(box=place.box(it)) for it in left_over(ink, seen)]
    return Page.from_words(lines, size=picture.size, ignored=ignored, turned=90 * turns)


def characters_of(
    seen: Sightings, second: Second, place: Place, confidence: PageConfidence
) -> list[ReadDigit | ReadSign]:
    """Return what is read for each sighting, in their order."""
    digits = iter(zip(certain(seen[~seen.is_sign], second, confidence), second.images, strict=True))
    characters: list[ReadDigit | ReadSign] = []
    for box, is_sign, center, name in zip(
        seen.boxes, seen.is_sign, seen.centers, seen.names, strict=True
    ):
        if is_sign:
            characters.append(
                ReadSign(box=place.box(box), sign=name, probability=float(center))
            )
            continue
        probabilities, image = next(digits)
        best = int(probabilities.argmax())
        probability = float(probabilities[best])
        characters.append(
            ReadDigit(
                box=place.box(box), digit=best, probability=probability,
                unsure=probability < confidence.threshold or confidence.threshold >= 1,
                probabilities=tuple(probabilities.tolist()), image=image,
            )
        )  # fmt: skip
    return characters
