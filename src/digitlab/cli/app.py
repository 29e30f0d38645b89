"""The program `digitlab`: its commands, and what becomes of an error."""

import io
import os
import signal
import sys

from cyclopts import App

from digitlab.errors import DigitlabError, Stopped

app = App(
    name="digitlab",
    help="Read pictures of digits; train the network that does, watch it learn, test it.",
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # `main` answers Ctrl-C, with the same code on every system
)

# Each is imported when it is called, so that `digitlab --help` answers at once.
app.command("digitlab.cli.predict:predict", name="predict", help="Read one digit a picture.")
app.command("digitlab.cli.read:read", name="read", help="Read all the digits in a picture.")
app.command("digitlab.cli.data:data", name="data", help="Fetch and verify the images.")
app.command("digitlab.cli.train:train", name="train", help="Train a new network.")
app.command("digitlab.cli.resume:resume", name="resume", help="Continue a run where it stopped.")
app.command("digitlab.cli.repeat:repeat", name="repeat", help="Train with many seeds.")
app.command("digitlab.cli.eval:evaluate", name="eval", help="Test a trained network.")
app.command("digitlab.cli.plot:plot", name="plot", help="Draw a run's figures again.")
app.command("digitlab.cli.export:export", name="export", help="Write a run in another format.")


def main() -> None:
    """Run the command that was given.

    Exit codes: 0 done, 1 an error, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM.
    """
    # PyTorch's threads wait for each other by spinning. Where another program wants the core too,
    # giving up sooner makes a training more than twice as fast, and costs 1 or 2 % where none
    # does. The variable is read when PyTorch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    for stream in (sys.stdout, sys.stderr):  # a name that cannot be written here is escaped
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(sys.argv[1:])
    except DigitlabError as error:
        _fail(str(error), 1)
    except Stopped as stop:
        _fail(str(stop), stop.exit_code)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("digitlab"):
            raise
        _fail(f"this command needs {error.name}: install digitlab with its extra [train]", 1)
    except BrokenPipeError:  # `digitlab … | head` has read enough
        sys.stderr.close()
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:  # a disk that is full, a folder that vanished
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        _fail("stopped", 128 + signal.SIGINT)


def _fail(message: str, exit_code: int) -> None:
    print(f"digitlab: {message}", file=sys.stderr)
    sys.exit(exit_code)
