"""The pages of a PDF document as images; needs pypdfium2, which the extra [pdf] installs.

pdfium must not be used by two threads at once, and a PDF file of 2 kB can make it work for hours
and fill all memory. So it runs in a process of its own, `pdf_worker.py`, which can be ended.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

from PIL import Image

from digitlab.errors import PictureError
from digitlab.pictures.formats import several_pages

_DPI = 200  # at which pages are drawn: a digit 3 mm high has 24 pixels
MOST_PIXELS = 16_000_000  # of a page: 26 x 40 cm at 200 dpi; a larger one is drawn with fewer
_MOST_BYTES = 1_000_000_000  # of memory
_MOST_SECONDS = 5  # of processor time, to open the document and to draw a page
_MOST_WAITING = 100  # seconds: on a busy machine, the same takes longer

_OUT_OF_TIME = getattr(signal, "SIGPROF", 0)  # what ends a process after _MOST_SECONDS
_WORKER = Path(__file__).with_name("pdf_worker.py")


class PdfDocument:
    """A PDF document whose pages are drawn when asked for. To be used by one thread at a time.

    Raises `PictureError` if it is damaged, is protected by a password, or has no page.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        self._content = content
        self._worker: subprocess.Popen[bytes] | None = None
        try:
            self.pages = self._start()
        except BaseException:
            self.close()
            raise

    def page(self, index: int) -> Image.Image:
        """Draw a page, numbered from 0: RGB, 200 dpi, or less if it is very large.

        Raises `PictureError` if it is damaged, or takes more time or memory than the limits.
        """
        if self._worker is None:  # it ended with the page before
            self._start()
        width, height = map(int, self._ask(b"%d\n" % index))
        assert self._worker is not None
        assert self._worker.stdout is not None
        pixels = self._worker.stdout.read(3 * width * height)
        if len(pixels) < 3 * width * height:
            self.close()
            raise PictureError(f"{self.name} cannot be drawn: the process that draws it has ended")
        return Image.frombytes("RGB", (width, height), pixels)

    def close(self) -> None:
        """End the process. May be called several times."""
        if self._worker is not None:
            worker, self._worker = self._worker, None
            worker.kill()
            worker.communicate()  # closes the pipes, and waits for the end

    def _start(self) -> int:
        """Start the process, and return how many pages it finds in the document."""
        limits = (_DPI, MOST_PIXELS, _MOST_BYTES, _MOST_SECONDS)
        # It finds what this process finds, and nothing in the folder of `pdf_worker.py`.
        found = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONSAFEPATH": "1"}
        try:
            self._worker = subprocess.Popen(
                [sys.executable, str(_WORKER), *map(str, limits)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=os.environ | found,
            )  # fmt: skip
        except OSError as error:  # the system has no process left
            raise PictureError(
                f"{self.name} cannot be drawn: no process can be started ({error.strerror})"
            ) from error
        return int(self._ask(b"%d\n" % len(self._content), self._content)[0])

    def _ask(self, *request: bytes) -> list[str]:
        """Send a request, and return the words of the answer's line after the first."""
        worker = self._worker
        assert worker is not None
        assert worker.stdin is not None
        assert worker.stdout is not None
        overdue = Timer(_MOST_WAITING, worker.kill)
        overdue.start()
        try:
            worker.stdin.writelines(request)
            worker.stdin.flush()
            kind, *words = worker.stdout.readline().decode().split(" ")
        except OSError:  # a broken pipe: the process has ended
            kind = ""
        finally:
            is_overdue = not overdue.is_alive()
            overdue.cancel()
        if kind in ("pages", "page"):
            return words
        if kind != "error":
            self.close()
            took_too_long = is_overdue or worker.returncode == -_OUT_OF_TIME
            raise PictureError(f"{self.name} {self._why_it_ended(took_too_long)}")
        if words[0] == "password":
            raise PictureError(
                f"{self.name} is protected by a password: save a copy of it without one"
            )
        raise PictureError(f"{self.name} is damaged: {' '.join(words[1:]).strip()}")

    @staticmethod
    def _why_it_ended(took_too_long: bool) -> str:
        if took_too_long:
            return f"takes more than {_MOST_SECONDS} seconds to draw: save its pages as PNG first"
        return (
            f"is damaged, or needs more than {_MOST_BYTES // 10**9} GB of memory: save its pages "
            "as PNG first"
        )


def only_page(content: bytes, name: str) -> Image.Image:
    """Draw the page of a document that has one; raise `PictureError` if it has more."""
    document = PdfDocument(content, name)
    try:
        if document.pages > 1:
            raise PictureError(several_pages(name, document.pages))
        return document.page(0)
    finally:
        document.close()
