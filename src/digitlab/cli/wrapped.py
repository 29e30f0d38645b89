"""Text that is wrapped as Chinese is: a line may end between any two characters.

rich wraps at spaces only. It would cut a Chinese sentence, which has none, at the edge.
"""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_CHINESE = "\u2e80-\u9fff\uff00-\uffef\u3000-\u303f"
_CLOSING = "，。；：！？、）》」”…"
_OPENING = "（《「“"
_PIECES = re.compile(f"[{_OPENING}]*[{_CHINESE}][{_CLOSING}]*|[^\\s{_CHINESE}]+[{_CLOSING}]*|\\s+")


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of a text, each at most `width` columns wide if its words are.

    >>> wrap("10 个卷积核，在图像上滑动。", 12)
    ['10 个卷积', '核，在图像上', '滑动。']
    """
    return [line for part in text.split("\n") for line in _lines(part, width)]


def _lines(text: str, width: int) -> Iterator[str]:
    line = ""
    for piece in _PIECES.findall(text):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        if line or not piece.isspace():
            line += piece
        while cell_len(line.rstrip()) > width:  # a word that is too long
            head, *rest = chop_cells(line, width)
            yield head
            line = "".join(rest)
    yield line.rstrip()


def joined(pieces: list[str], width: int) -> list[str]:
    """Return pieces with spaces between them, in lines that end between two of them only.

    >>> joined(["1.5", "+ 2.5", "= 4.0"], 10)
    ['1.5 + 2.5', '= 4.0']
    """
    lines = pieces[:1]
    for piece in pieces[1:]:
        if cell_len(f"{lines[-1]} {piece}") > width:
            lines.append(piece)
        else:
            lines[-1] += f" {piece}"
    return lines


class Wrapped:
    """A text that rich wraps with `wrap`, in a table's cell or alone."""

    def __init__(self, text: str, style: str = "") -> None:
        self.text, self.style = text, style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines at the width that there is."""
        lines = wrap(self.text, options.max_width)
        yield Text("\n".join(lines), style=self.style, no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return how narrow and how wide it can be."""
        most = max(map(cell_len, self.text.split("\n")))
        return Measurement(min(most, 8), min(most, options.max_width))
