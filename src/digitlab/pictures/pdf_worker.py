"""Draw the pages of a PDF document, in a process of its own: `pdf.py` starts it and talks to it.

It is a program of its own that imports nothing of digitlab. On stdin it gets the document's length,
the document, and then a page's number (from 0) per line. On stdout it answers each with a line:
`pages COUNT`; `page WIDTH HEIGHT` and after it the pixels, 3 bytes each; or `error KIND TEXT`.
"""

import os
import signal
import sys
from contextlib import suppress
from typing import IO

import pypdfium2
from pypdfium2 import raw

_POINTS_PER_INCH = 72


def main(dpi: float, most_pixels: int, most_bytes: int, most_seconds: int) -> None:
    """Answer until stdin ends, with limits on a page's pixels, the memory, and each answer's work.

    An answer that takes more than `most_seconds` of the processor's time ends the process.
    """
    _limit_memory(most_bytes)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing else may write between the answers
    requests = sys.stdin.buffer
    content = requests.read(int(requests.readline()))
    _limit_time(most_seconds)
    try:
        document = pypdfium2.PdfDocument(content)
        document.init_forms()  # without it, what was entered into a form is not drawn
        answers.write(b"pages %d\n" % len(document))
    except pypdfium2.PdfiumError as error:
        _answer_error(answers, error)
        return
    answers.flush()
    for request in requests:
        _limit_time(most_seconds)
        try:
            _answer_page(answers, document, int(request), dpi, most_pixels)
        except pypdfium2.PdfiumError as error:
            _answer_error(answers, error)
        except MemoryError:
            return


def _answer_page(
    answers: IO[bytes], document: pypdfium2.PdfDocument, index: int, dpi: float, most_pixels: int
) -> None:
    page = document[index]
    width, height = page.get_size()  # points
    scale = min(dpi / _POINTS_PER_INCH, (most_pixels / max(width * height, 1)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    answers.write(b"page %d %d\n" % (bitmap.width, bitmap.height))
    rows = memoryview(bitmap.buffer).cast("B")  # each may end with bytes that are no pixels
    for start in range(0, bitmap.height * bitmap.stride, bitmap.stride):
        answers.write(rows[start : start + 3 * bitmap.width])
    answers.flush()
    bitmap.close()
    page.close()


def _answer_error(answers: IO[bytes], error: Exception) -> None:
    code = getattr(error, "err_code", None)
    kind = "password" if code == raw.FPDF_ERR_PASSWORD else "damaged"
    # pdfium fails for a document without pages, but says "success".
    text = "no page was found" if code == raw.FPDF_ERR_SUCCESS else " ".join(str(error).split())
    answers.write(f"error {kind} {text}\n".encode())
    answers.flush()


def _limit_memory(most_bytes: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows, or a system that refuses it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))


def _limit_time(seconds: int) -> None:
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal also ends pdfium's work


if __name__ == "__main__":
    main(float(sys.argv[1]), *map(int, sys.argv[2:]))
