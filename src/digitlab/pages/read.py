"""Read a page: all the digits and signs in a picture, in reading order.

Two networks work together. The page network finds where digits and signs are and which they may be
(`sightings`); the network for single digits takes a second look at each digit alone
(`second_look`). Plain rules then put them into lines and words (`rows`, `text`), decide between
digits and signs in the same place (`conflicts`), and list the ink that was not read (`left_over`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitlab.models.page_card import PageConfidence
from digitlab.pages.answers import Ignored, Page, ReadDigit, ReadSign
from digitlab.pages.conflicts import Doubt, best_reading, settle
from digitlab.pages.dashes import with_counted_strokes
from digitlab.pages.left_over import in_words, left_over
from digitlab.pages.level import leveled, seen_level
from digitlab.pages.place import Place
from digitlab.pages.rows import heights_of, rows_of
from digitlab.pages.second_look import Classify, Second, certain, second_look
from digitlab.pages.sightings import Finder, Sightings
from digitlab.pages.text import words_of
from digitlab.pages.upright import seen_upright, turned
from digitlab.pictures.digit import has_ink, prepare, refuse_flat_stack
from digitlab.pictures.open import Picture, Source, open_picture
from digitlab.pictures.page_ink import page_ink

LARGEST_SIDE = 1600  # pixels of the longer side to which a large picture is reduced, at least
_ONE_DIGIT_SIDE = 32  # pixels: a picture this small shows one digit
_LEAST_PROBABLE = 0.35  # that there is a digit at all: below that, what was seen is ignored
_LOOSE = ".,:"
_LEAST_AT_END = 0.85  # probability of one of these at the end of a word
_FILLS = 0.3  # of the picture's longer side: a single digit this large is read like one alone


@dataclass(frozen=True)
class Networks:
    """What reads a page."""

    finder: Finder
    """The page network."""
    classify: Classify
    """The network for single digits."""
    confidence: PageConfidence
    """How much to believe them."""


@dataclass(frozen=True)
class Look:
    """What both networks saw on a page, before it is put into lines and words."""

    seen: Sightings
    doubts: dict[int, Doubt]
    """By position in `seen`: the 1s that may be slashes."""
    second: Second
    """Of the digits in `seen`, in their order."""
    ignored: NDArray[np.float32]
    """Boxes of the ink that is not in `seen`, N x 4."""
    place: Place


def read_page(source: Source, networks: Networks) -> Page:
    """Find and read all the digits and signs in a picture.

    Takes anything that `digitlab.pictures.open.open_picture` opens; to draw boxes on the picture
    without decoding it again, open it with `largest_side=LARGEST_SIDE` first. Raises PictureError
    if it cannot be opened.
    """
    refuse_flat_stack(source)
    picture = open_picture(source, largest_side=LARGEST_SIDE)
    look = look_at(picture, networks)
    page = page_of(look, networks.confidence)
    return alone(picture, page, networks) if _fills(picture, page) else page


def _fills(picture: Picture, page: Page) -> bool:
    """Return whether a picture shows a single digit, as `digitlab predict` expects it."""
    longer = max(picture.size)
    if longer <= _ONE_DIGIT_SIDE:
        return True
    found = page.digits or page.ignored
    return len(found) == 1 and max(found[0].box[2:]) >= _FILLS * longer


def alone(picture: Picture, page: Page, networks: Networks) -> Page:
    """Return a picture of one digit as the network for single digits reads it.

    If it finds none, `page` is returned, which is what both networks found.
    """
    image = prepare(picture)
    if not has_ink(image):
        return page
    scores, is_digit = networks.classify(image[None])
    probabilities = np.exp(scores[0]) * (1 if is_digit is None else is_digit[0])
    best = int(probabilities.argmax())
    whole = (0, 0, *picture.size)
    digit = ReadDigit(
        box=page.digits[0].box if page.digits else whole, digit=best,
        probability=float(probabilities[best]),
        unsure=is_unsure(float(probabilities[best]), networks.confidence),
        probabilities=tuple(probabilities.tolist()), image=image,
    )  # fmt: skip
    return Page.from_words([[[digit]]], size=page.size)


def look_at(source: Source, networks: Networks) -> Look:
    """Return what both networks see on a page; takes and raises what `read_page` does."""
    picture = open_picture(source, largest_side=LARGEST_SIDE)
    gray = picture.gray()
    seen, turns = seen_upright(gray, networks.finder)
    seen, degrees = seen_level(turned(gray, turns), seen, networks.finder, roughly=turns != 0)
    ink = leveled(turned(page_ink(picture), turns), degrees, paper=0)
    seen, doubts = settle(with_counted_strokes(seen, ink))
    second = second_look(ink, seen[~seen.is_sign], networks.classify)
    place = Place(picture.size, gray.shape, turns, degrees, ink.shape)
    ignored = left_over(ink, seen)
    boxes = np.concatenate([second.boxes, seen.boxes[seen.is_sign]])  # digits are first in `seen`
    return Look(replace(seen, boxes=boxes), doubts, second, ignored, place)


def page_of(look: Look, confidence: PageConfidence) -> Page:
    """Return what was seen as lines of words."""
    look = believed(look, confidence)
    seen, place = look.seen, look.place
    heights = heights_of(seen)
    rows = rows_of(seen, heights)
    characters = _characters_of(look, confidence)
    return Page.from_words(
        [
            [_word(word, characters, look) for word in line if not seen.is_sign[word].all()]
            for line in words_of(rows, seen.boxes, heights)
        ],
        size=place.picture,
        ignored=[Ignored(box=place.box(box)) for box in look.ignored],
        turned=90 * place.turns,
    )


def believed(look: Look, confidence: PageConfidence) -> Look:
    """Return the look without what is hardly a digit at all, or a letter: that ink is ignored."""
    seen = look.seen
    probable = certain(seen[~seen.is_sign], look.second, confidence).sum(axis=1) >= _LEAST_PROBABLE
    probable &= ~in_words(look.second.boxes, look.ignored)
    probable[list(look.doubts)] = True  # perhaps it is a slash
    kept = np.concatenate([probable, np.ones(len(seen) - len(probable), np.bool_)])
    position = np.cumsum(kept) - 1
    dropped = look.second.boxes[~probable]
    return replace(
        look,
        seen=seen[kept],
        second=look.second[probable],
        doubts={int(position[it]): doubt for it, doubt in look.doubts.items() if kept[it]},
        ignored=np.concatenate([look.ignored, dropped]),
    )


def _word(
    positions: list[int], characters: list[ReadDigit | ReadSign], look: Look
) -> list[ReadDigit | ReadSign]:
    """Return the digits and signs of a word, with what may be a slash decided."""
    text = "".join(
        str(it.digit) if isinstance(it, ReadDigit) else it.sign
        for it in (characters[place] for place in positions)
    )
    doubts = {place: look.doubts[it] for place, it in enumerate(positions) if it in look.doubts}
    chosen = best_reading(text, {place: it.odds for place, it in doubts.items()})
    word = [
        doubts[place].sign(look.place) if chosen.get(place) == "/" else characters[it]
        for place, it in enumerate(positions)
    ]
    return _without_loose_ends(word)


def _without_loose_ends(word: list[ReadDigit | ReadSign]) -> list[ReadDigit | ReadSign]:
    """Return a word without doubtful points at its ends, which are more often dust than signs."""
    kept = list(word)
    for end in (0, -1):
        while kept and isinstance(kept[end], ReadSign) and _is_loose(kept[end]):
            del kept[end]
    return kept


def _is_loose(character: ReadDigit | ReadSign) -> bool:
    return character.character in _LOOSE and character.probability < _LEAST_AT_END


def _characters_of(look: Look, confidence: PageConfidence) -> list[ReadDigit | ReadSign]:
    """Return what is read for each sighting, in their order."""
    seen, second, place = look.seen, look.second, look.place
    digits = iter(zip(certain(seen[~seen.is_sign], second, confidence), second.images, strict=True))
    characters: list[ReadDigit | ReadSign] = []
    for box, is_sign, center, name in zip(
        seen.boxes, seen.is_sign, seen.centers, seen.names, strict=True
    ):
        if is_sign:
            characters.append(ReadSign(box=place.box(box), sign=name, probability=float(center)))
            continue
        probabilities, image = next(digits)
        best = int(probabilities.argmax())
        probability = float(probabilities[best])
        characters.append(
            ReadDigit(
                box=place.box(box), digit=best, probability=probability,
                unsure=is_unsure(probability, confidence),
                probabilities=tuple(probabilities.tolist()), image=image,
            )
        )  # fmt: skip
    return characters


def is_unsure(probability: float, confidence: PageConfidence) -> bool:
    """Return whether a digit's probability is too low; a threshold of 1 lets none pass."""
    return not confidence.threshold <= probability or confidence.threshold >= 1
