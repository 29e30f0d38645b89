"""A network of the user's own: find the class, and remember the code that defines it."""

import ast
import hashlib
import importlib
import linecache
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from torch import nn

from digitlab.errors import DigitlabError, printable
from digitlab.recipe import NETWORKS


@dataclass(frozen=True, kw_only=True)
class OwnNetwork:
    """What `Recipe.network` names when it is not one of the networks in the package."""

    create: Callable[..., nn.Module]
    """The class, or a function that returns a network."""
    text: bytes
    """The file that defines it; in a notebook, only the class."""
    files: dict[str, str]
    """The SHA-256 of that file, and of the files next to it that it imports, by path."""


def is_own(network: str) -> bool:
    """Return whether a recipe's network is one of the user's own."""
    return network not in NETWORKS


def name_of(network: str | Callable[..., nn.Module]) -> str:
    """Return the name by which a run finds the network again."""
    if isinstance(network, str):
        return network
    if not hasattr(network, "__qualname__"):
        kind = type(network).__name__
        raise DigitlabError(f"network is an object of the class {kind}; give the class itself")
    if "<locals>" in network.__qualname__:
        raise DigitlabError(
            f"{network.__qualname__} cannot be found again when the run is resumed; define it at "
            "the top level of a module or a notebook, or give a name like my_net.py:MyNet"
        )
    return f"{network.__module__}:{network.__qualname__}"


def absolute_name(network: str) -> str:
    """Return the network's name with an absolute path, so that it is found from any folder."""
    where, colon, name = network.rpartition(":")
    return f"{Path(where).absolute()}{colon}{name}" if where.endswith(".py") else network


def find_own(network: str, copy: Path | None = None) -> OwnNetwork:
    """Return the network that `my_net.py:MyNet` or `package.module:MyNet` names.

    The code in the file is run. `copy` is used instead of the file if there is one: the copy in a
    run's folder, so that a run continues with the code it was started with. A module is imported as
    Python does it, from the current folder too; `__main__` is a notebook's own.

    Raises `DigitlabError` if there is no such file, module or class, or importing it fails.
    """
    where, _, name = network.rpartition(":")
    if where.endswith(".py"):
        path = Path(where).absolute()
        source = path if copy is None else copy
        text = _read(source, network)
        module = _run_file(str(source), str(path.parent), text)
        files = {str(path): _digest(text)} | _imported_files(text, path.parent)
    else:
        module = _import(where)
        text, files = _code_of(module, name)
    return OwnNetwork(create=_find(module, name, network), text=text, files=files)


def changes_in(network: str, files: dict[str, str], copy: Path | None) -> list[str]:
    """Return a sentence for each piece of a run's network that has changed since it was started.

    `files` are those of `OwnNetwork` then. `copy` is the copy in the run's folder, if there is one.
    """
    is_file = network.rpartition(":")[0].endswith(".py")
    changed = _changed_files(files) if is_file else _changed_code(network, files)
    uses_copy = copy is not None and is_file
    sentences = []
    for number, (path, digest) in enumerate(files.items()):
        since = "has changed since the run was started"
        if number == 0 and uses_copy:
            if path in changed:
                sentences.append(f"{path} {since}; the run uses its own copy")
            if copy is not None and _digest(copy.read_bytes()) != digest:
                sentences.append(f"{copy} {since}; results may differ")
        elif path in changed:
            sentences.append(f"{path} {since}; results may differ")
    return sentences


def _changed_files(files: dict[str, str]) -> set[str]:
    """Return the paths of the files that have changed or are gone."""
    changed = set()
    for path, digest in files.items():
        try:
            is_same = Path(path).is_file() and _digest(Path(path).read_bytes()) == digest
        except OSError:
            is_same = False
        if not is_same:
            changed.add(path)
    return changed


def _changed_code(network: str, files: dict[str, str]) -> set[str]:
    """Return which files of a module, or which class in a notebook, the network has no more.

    The current folder decides which module has this name: it may be a changed copy of the files.
    """
    try:
        now = set(find_own(network).files.values()) if files else set()
    except (OSError, DigitlabError):  # it is gone
        now = set()
    return {path for path, digest in files.items() if digest not in now}


def _read(path: Path, network: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise DigitlabError(f"{path} is not a file")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = getattr(error, "strerror", None) or error
        raise DigitlabError(
            f"the network {network!r} cannot be loaded: the file cannot be read ({reason})"
        ) from error


@cache  # the same file is run once, so that what it prints is printed once
def _run_file(path: str, folder: str, text: bytes) -> ModuleType:
    """Run a file as a module whose imports are looked up in `folder` first."""
    module = ModuleType(f"digitlab_network_{_digest(text)[:16]}")
    module.__file__ = path
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as Python does for a program in that folder
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    with explained(f"{path} cannot be imported"):
        exec(compile(text, path, "exec"), module.__dict__)
    return module


def _import(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    with explained(f"{name} cannot be imported"):
        return importlib.import_module(name)


def _find(module: ModuleType, name: str, network: str) -> Callable[..., nn.Module]:
    found: object = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if isinstance(found, nn.Module):
        raise DigitlabError(
            f"{network} is a network, not a class: its first weights would not depend on the seed; "
            "give its class, or a function that returns it"
        )
    if found is None and module.__name__ == "__main__":
        raise DigitlabError(
            f"the network {name} was defined in a notebook or a program: define it there again, "
            "and continue there with Run(...).resume(); or put it into a file, my_net.py"
        )
    if not callable(found):
        classes = [
            key
            for key, it in vars(module).items()
            if isinstance(it, type) and issubclass(it, nn.Module) and it.__module__ != nn.__name__
        ]
        hint = f"it has {', '.join(classes)}" if classes else "it defines no network"
        raise DigitlabError(f"{network.rpartition(':')[0]} has no class {name}; {hint}")
    return found


def _code_of(module: ModuleType, name: str) -> tuple[bytes, dict[str, str]]:
    """Return the source of a module, or of the class alone if the module is a notebook."""
    path = getattr(module, "__file__", None)
    if path is not None and Path(path).is_file():
        file = Path(path).absolute()
        text = file.read_bytes()
        beside = _imported_files(text, file.parent) if module.__package__ else {}
        return text, {str(file): _digest(text)} | beside
    found = getattr(module, name.partition(".")[0], None)
    methods = vars(found).values() if isinstance(found, type) else [found]
    codes = [code for it in methods if (code := getattr(it, "__code__", None)) is not None]
    # In a notebook, a cell is a file that only linecache knows.
    text = "".join(linecache.getlines(codes[0].co_filename) if codes else []).encode()
    return text, {name: _digest(text)}


def _imported_files(text: bytes, folder: Path) -> dict[str, str]:
    """Return the digests of the files in `folder` that a file imports, directly or not, by path."""
    found: dict[str, str] = {}
    waiting = list(_imported_names(text))
    while waiting:
        name = waiting.pop()
        for path in (folder / f"{name}.py", *sorted((folder / name).glob("*.py"))):
            if path.is_file() and str(path) not in found:
                content = path.read_bytes()
                found[str(path)] = _digest(content)
                waiting += _imported_names(content)
    return found


def _imported_names(text: bytes) -> Iterator[str]:
    """Yield the top-level names of the modules that a Python file imports."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level < 2:  # 1: from the same folder
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.partition(".")[0] for name in names)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn whatever the user's code raises into a `DigitlabError` that begins with `what`."""
    try:
        yield
    except DigitlabError:
        raise
    except (Exception, SystemExit) as error:
        raise DigitlabError(f"{what}: {reason_of(error)}") from error


def reason_of(error: BaseException) -> str:
    """Return what the user's code raised, and in which of its lines, as one line of text."""
    message = printable(str(error).strip().split("\n")[0])
    reason = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if isinstance(error, SyntaxError):  # its message names the file and the line
        return reason
    library = (*map(sysconfig.get_path, ("stdlib", "purelib")), str(Path(__file__).parents[1]), "<")
    frames = traceback.extract_tb(error.__traceback__)
    own = [it for it in frames if not it.filename.startswith(library)]
    return f"{reason} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else reason
