"""The errors that users see as one sentence, without a traceback."""


class DigitlabError(Exception):
    """A user's mistake or a fault outside the program, described in one sentence.

    The sentence names the value, the limit and the remedy. The command line prints it to stderr
    and exits with code 1; Python programs can catch it.
    """


class PictureError(DigitlabError):
    """A picture that cannot be used; the sentence says why."""


class Stopped(Exception):  # noqa: N818 - being asked to stop is not an error
    """A run that was asked to stop and has saved its state."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
        """What shells expect: 130 after Ctrl-C, 143 after SIGTERM."""


def printable(text: object) -> str:
    r"""Return a name, or a sentence with a name in it, on one line, with odd characters escaped.

    >>> print(printable("a" + chr(10) + "b"))
    a\nb
    """
    text = str(text)
    if text.isprintable():  # nearly all names: at once, which is quicker
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
