"""The errors that people see without a traceback."""


class DigitlabError(Exception):
    """A user's mistake or an outside fault, told in one sentence.

    The sentence names the value, the limit and the remedy. The command line prints it on
    stderr and exits with code 1; Python programs may catch it.
    """


class PictureError(DigitlabError):
    """A picture that cannot be used, with the reason in one sentence."""
