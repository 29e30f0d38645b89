"""Text for terminals: wrapped as Chinese is, and without signs that an encoding lacks.

In Chinese, a line may end between any two characters. rich wraps at spaces only, so it would cut a
Chinese sentence, which has none, at the edge.
"""

import io
import re
from collections.abc import Iterator
from typing import TextIO

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_CHINESE = "\u2e80-\u9fff\uff00-\uffef\u3000-\u303f"
_CLOSING = "，。；：！？、）》」”…"
_OPENING = "（《「“"
_PIECES = re.compile(f"[{_OPENING}]*[{_CHINESE}][{_CLOSING}]*|[^\\s{_CHINESE}]+[{_CLOSING}]*|\\s+")


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of a text, each at most `width` columns wide, but never less than 2.

    A Chinese character takes 2 columns. Words that are too long are cut.

    >>> wrap("10 个卷积核，在图像上滑动。", 12)
    ['10 个卷积', '核，在图像上', '滑动。']
    """
    return [line for part in text.split("\n") for line in _lines(part, max(2, width))]


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


_PLAIN = {"−": "-", "×": "x", "·": "*", "÷": "/", "→": ">", "≤": "<=", "√": "sqrt", "Σ": "sum",
          "⌊": "[", "⌋": "]", "⌈": "[", "⌉": "]", "±": "+-", "…": "...", "─": "-",
          "✓": "ok:", "✗": "no:"}  # fmt: skip


class PlainSigns(io.TextIOBase):
    """A stream in which signs that its encoding lacks are replaced by similar ones.

    The encoding of Chinese Windows, GBK, has no minus sign, for example.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        encoding = stream.encoding or "utf-8"
        self._table = str.maketrans(
            {it: plain for it, plain in _PLAIN.items() if not _has(encoding, it)}
        )

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's own."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream.isatty()

    def write(self, text: str) -> int:
        """Write a text."""
        return self._stream.write(text.translate(self._table))

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


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
