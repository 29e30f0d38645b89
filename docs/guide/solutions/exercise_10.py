"""From single digits to numbers."""


def text_of(found):
    """Return the numbers in one line of writing, separated by spaces, such as "415 92"."""
    text = ""
    end = None  # where the box before ends
    for digit, (x, _, width, height) in sorted(found, key=lambda it: it[1][0]):
        if end is not None and x - end > 0.55 * height:
            text += " "
        text += str(digit)
        end = x + width
    return text
