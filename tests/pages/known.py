"""Pages whose answer is known without reading: digits and signs where a test wants them."""

from digitlab.pages.answers import Character, Ignored, Page, ReadDigit, ReadSign

SIDE, PITCH = 40, 60  # pixels: of a digit, and from line to line


def digit(value: int, x: int, y: int, *, unsure: bool = False) -> ReadDigit:
    """Return a digit of 30 x 40 pixels; the next larger one is its runner-up."""
    probability = 0.55 if unsure else 0.9975
    probabilities = [(1 - probability) / 10] * 10
    probabilities[value] = probability
    probabilities[(value + 1) % 10] += (1 - probability) / 10
    return ReadDigit(
        box=(x, y, 30, SIDE), digit=value, probability=probability, unsure=unsure,
        probabilities=tuple(probabilities),
    )  # fmt: skip


def page_of(text: str, *, turned: int = 0, ignored: tuple[Ignored, ...] = ()) -> Page:
    """Return the page with a text, in which `?` is an unsure 5; upright, 600 x 400 pixels."""
    lines: list[list[list[Character]]] = []
    for row, line in enumerate(text.split("\n")):
        x, y = 20, 30 + row * PITCH
        words: list[list[Character]] = []
        for word in line.split(" "):
            words.append([])
            for character in word:
                if character in "0123456789?":
                    is_unsure = character == "?"
                    value = 5 if is_unsure else int(character)
                    words[-1].append(digit(value, x, y, unsure=is_unsure))
                else:
                    box = (x + 5, y + 10, 20, 20)
                    words[-1].append(ReadSign(box=box, sign=character, probability=0.91))
                x += 34
            x += 30
        lines.append(words)
    return Page.from_words(lines, size=(600, 400), ignored=ignored, turned=turned)
