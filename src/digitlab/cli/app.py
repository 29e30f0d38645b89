"""The program `digitlab`: the commands, and how errors are reported."""

import io
import os
import signal
import sys

from cyclopts import App

from digitlab.errors import DigitlabError, Stopped

app = App(
    name="digitlab",
    help="Read pictures of digits. Train the network that does it, watch it learn, test it.",
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # `main` handles Ctrl-C, with the same code everywhere
)

# Each is imported when it is called, so that `digitlab --help` is quick. The `help` here is for its
# list; `digitlab COMMAND --help` shows the command's docstring.
app.command("digitlab.cli.predict:predict", name="predict", help="Read one digit per picture.")
app.command("digitlab.cli.read:read", name="read", help="Read all the digits in a picture.")
app.command("digitlab.cli.serve:serve", name="serve", help="Answer pictures over HTTP.")
app.command("digitlab.cli.data:data", name="data", help="Fetch and verify the images.")
app.command("digitlab.cli.train:train", name="train", help="Train a new network.")
app.command("digitlab.cli.resume:resume", name="resume", help="Continue a run where it stopped.")
app.command("digitlab.cli.repeat:repeat", name="repeat", help="Train with several seeds.")
app.command("digitlab.cli.eval:evaluate", name="eval", help="Test a trained network.")
app.command("digitlab.cli.plot:plot", name="plot", help="Draw a run's figures again.")
app.command("digitlab.cli.compare:compare", name="compare", help="Compare runs in a table.")
app.command("digitlab.cli.export:export", name="export", help="Write a run in another format.")
app.command(
    "digitlab.cli.explain:explain", name="explain", help="Explain a network and every setting."
)
app.command("digitlab.cli.lab:lab", name="lab", help="See a drawing flow through the network.")
app.command(
    "digitlab.cli.completion:completion", name="completion", help="Complete commands in a shell."
)

_SERVE_MODULES = {"starlette", "uvicorn", "uvloop", "httptools", "python_multipart"}
_SERVE_MODULES |= {"prometheus_client"}
"""What the extra [serve] installs; all other modules that may be missing are in [train]."""

_BROKEN_PIPE = 128 + 13
"""The exit code of a program whose reader is gone: `digitlab … | head`."""


def main() -> None:
    """Run the command that was given.

    Exit codes: 0 success, 1 an error, 2 wrong usage, 130 after Ctrl-C, 141 if nobody reads the
    output any more, 143 after SIGTERM.
    """
    # PyTorch's threads wait for each other by spinning. Where another program wants the core too,
    # giving up sooner makes training more than twice as fast; elsewhere it costs 1 or 2 %. The
    # variable is read when PyTorch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed before the program started
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # what the terminal cannot show is escaped
    try:
        try:
            words = sys.argv[1:]
            _check_words(words)
            if words and not words[0].startswith("-") and words[0] in app:
                app[words[0]].help = None
            app(words)
        finally:
            sys.stdout.flush()  # here, where a broken pipe or a full disk can still be reported
    except DigitlabError as error:
        _fail(str(error), 1)
    except Stopped as stop:
        _fail(str(stop), stop.exit_code)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("digitlab"):
            raise
        module = error.name.partition(".")[0]
        extra = "serve" if module in _SERVE_MODULES else "train"
        _fail(
            f"this command needs {module}: run `pip install '.[{extra}]'` in digitlab's folder", 1
        )
    except BrokenPipeError:
        _nobody_reads()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # rich has turned it into exit code 1
            _nobody_reads()
        raise
    except OSError as error:  # a disk that is full, a folder that vanished
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        _fail("stopped", 128 + signal.SIGINT)


def _check_words(words: list[str]) -> None:
    """Exit with 2 for an empty word, and for one that could not be recorded with a run.

    As a path, an empty word would mean the current folder. Pictures may have any name.
    """
    if words[:1] not in (["predict"], ["read"]):
        for word in words:
            if not word.isprintable() and "\udc80" <= max(word) <= "\udcff":
                _fail(f"{word!a} is not valid UTF-8; choose another name", 2)
    for before, word in zip(["", *words], words, strict=False):
        if not word or (word.startswith("--") and word.endswith("=")):
            where = word.rstrip("=") or (before if before.startswith("-") else "an argument")
            _fail(f"{where} is empty (is a variable in your command not set?)", 2)


def _nobody_reads() -> None:
    # What is still buffered cannot be written either, and Python would complain at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(_BROKEN_PIPE)


def _fail(message: str, exit_code: int) -> None:
    print(f"digitlab: {message}", file=sys.stderr)
    sys.exit(exit_code)
