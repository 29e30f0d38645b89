"""The program `digitlab`: the commands, and how errors are reported."""

import io
import os
import signal
import sys

from digitlab.cli.help import app_in_help_language, help_text
from digitlab.errors import DigitlabError, Stopped
from digitlab.torchrun import find_place, is_helper
from digitlab.version import __version__

app = app_in_help_language(
    name="digitlab",
    help=help_text(
        "Read pictures of digits. Train the network that does it, watch it learn, test it.",
        "读出图片里的数字；训练做这件事的网络，看它怎样学习，再测试它。",
    ),
    version=__version__,
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # `main` handles Ctrl-C, with the same code everywhere
)

# Each command is imported when it is called, so that `digitlab --help` is quick. These lines are
# for its list; `digitlab COMMAND --help` shows the command's docstring.
_COMMANDS = {
    "digitlab.cli.predict:predict": ("Read one digit per picture.", "每张图片读一个数字。"),
    "digitlab.cli.read:read": ("Read all the digits in a picture.", "读出一张图片里的所有数字。"),
    "digitlab.cli.serve:serve": ("Read pictures over HTTP.", "通过 HTTP 识别图片。"),
    "digitlab.cli.data:data": ("Fetch and verify the images.", "下载并校验数据集。"),
    "digitlab.cli.train:train": ("Train a new network.", "训练一个新的网络。"),
    "digitlab.cli.resume:resume": (
        "Continue a run where it stopped.",
        "从停下的地方继续一次训练。",
    ),
    "digitlab.cli.repeat:repeat": ("Train with several seeds.", "用多个随机种子重复训练。"),
    "digitlab.cli.eval:evaluate": ("Test a trained network.", "测试训练好的网络。"),
    "digitlab.cli.plot:plot": ("Draw a run's figures again.", "重新画一次训练的图。"),
    "digitlab.cli.compare:compare": ("Compare runs in a table.", "用表格比较多次训练。"),
    "digitlab.cli.export:export": ("Write a run in another format.", "把一次训练导出为其他格式。"),
    "digitlab.cli.explain:explain": (
        "Explain a network and every setting.",
        "讲解一个网络和每一项设置。",
    ),
    "digitlab.cli.lab:lab": (
        "See a drawing flow through the network.",
        "看你画的数字怎样流过网络。",
    ),
    "digitlab.cli.check:check": ("Check an exercise of the guide.", "检查指南里的一道练习。"),
    "digitlab.cli.completion:completion": (
        "Complete commands in a shell.",
        "让 shell 自动补全命令。",
    ),
}
for _place, _help in _COMMANDS.items():
    _name = _place.removeprefix("digitlab.cli.").partition(":")[0]
    app.command(_place, name=_name, help=help_text(*_help))

_SERVE_MODULES = {"starlette", "uvicorn", "uvloop", "httptools", "python_multipart"}
_SERVE_MODULES |= {"prometheus_client"}
"""What the extra [serve] installs."""

_RAY_MODULES = {"ray", "pyarrow"}
"""What the extra [ray] installs; all other modules that may be missing are in [train]."""

_BROKEN_PIPE = 128 + 13
"""The exit code of a program whose reader is gone: `digitlab … | head`."""


def main() -> None:
    """Run the command that was given.

    Exit codes: 0 success, 1 an error, 2 wrong usage, 130 after Ctrl-C, 141 if nobody reads the
    output any more, 143 after SIGTERM.
    """
    # PyTorch's threads wait for each other by spinning. Where another program wants the core too,
    # giving up sooner makes training more than twice as fast; elsewhere it costs 1 or 2%. The
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
            app(words, print_error=not is_helper())  # rank 0 prints what is wrong with the words
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
        is_for = {"serve": _SERVE_MODULES, "ray": _RAY_MODULES}
        extra = next((name for name, them in is_for.items() if module in them), "train")
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
    if not is_helper():
        print(f"digitlab: {message}", file=sys.stderr)
    elif exit_code != 2:  # what is wrong with the words, rank 0 prints
        print(f"digitlab, rank {find_place().rank}: {message}", file=sys.stderr)
    sys.exit(exit_code)
