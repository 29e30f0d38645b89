"""The page as a folder that a browser opens without a server: draw, look inside, learn.

Browsers load no ES modules from the file system. The page's modules are therefore joined into one
classic script, each in a function of its own, so that one source serves both.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from posixpath import dirname, normpath
from typing import Any

import msgspec

from digitlab.errors import DigitlabError
from digitlab.files import write_whole
from digitlab.lab.bundle import Bundle, bundle_of_model, bundle_of_snapshot
from digitlab.lab.images import data_url, images_of, sprite_of
from digitlab.lab.page_files import PAGE
from digitlab.models.card import is_model
from digitlab.records.snapshots import SNAPSHOTS, list_snapshots

_IMPORT = re.compile(
    r'^import (?P<what>\{[^}]*\}|\* as \w+) from "(?P<file>\.\.?/[\w/-]+\.js)";$', re.M
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (?P<name>\w+))", re.M)
_STYLE = re.compile(r'<link rel="stylesheet" href="(?P<file>[\w/-]+\.css)">\n')
_SCRIPT = '<script type="module" src="main.js"></script>'
_ICON = '<link rel="icon" href="icon.svg" type="image/svg+xml">\n'


_FILES = ("index.html", "lab.css", "lab.js", "data.js")


def export_page(folder: Path, model: Path | None = None, *, steps: Iterable[int] = ()) -> Path:
    """Write the page into a folder, and return its `index.html`.

    It contains the example, the shipped network and, first, a model or run of the user's; 1,000
    test and 1,000 training images of MNIST; all scripts and styles. `steps` are moments of the
    example's training that an address may name (`step=64`). Raises `DigitlabError` if the folder
    contains other files, if there is no such model or snapshot, or if MNIST is not to be had.
    """
    from digitlab.data.load import load_dataset

    _check_folder(folder)
    dataset = load_dataset()
    images = msgspec.to_builtins(images_of(dataset, data_url(sprite_of(dataset))))
    data = {"networks": _networks(model, steps), "images": images}
    folder.mkdir(parents=True, exist_ok=True)
    page = _page()
    files = {
        "data.js": f"globalThis.LAB_DATA = {_json(data)};\n",
        "lab.js": joined_scripts(PAGE),
        "lab.css": _styles(page),
        "index.html": _index(page),  # last: where it is, the folder is complete
    }
    for name, text in files.items():
        write_whole(folder / name, text.encode())
    return folder / "index.html"


def _check_folder(folder: Path) -> None:
    """Raise `DigitlabError` unless the folder is new, empty, or an earlier export."""
    if folder.exists() and not folder.is_dir():
        raise DigitlabError(f"{folder} is a file; name a folder to write the page into")
    inside = folder.iterdir() if folder.exists() else ()
    others = sorted(it.name for it in inside if it.name not in _FILES)
    if others:
        raise DigitlabError(
            f"{folder} contains other files, such as {others[0]}; name a new or an empty folder"
        )


def joined_scripts(folder: Path, start: str = "main.js") -> str:
    """Return the ES modules that `start` needs as one classic script; importing `start` runs it.

    The modules import with `import { a, b as c } from "./x.js"` or `import * as x from "../x.js"`,
    export functions, classes and constants where they are declared, and form no circle. Raises
    `DigitlabError` for any other module.
    """
    order: list[str] = []
    _visit(folder, start, order, ())
    parts = [_wrapped(name, (folder / name).read_text("utf-8")) for name in order]
    return '"use strict";\n(() => {\nconst modules = {};\n' + "".join(parts) + "})();\n"


def _visit(folder: Path, name: str, order: list[str], path: tuple[str, ...]) -> None:
    """Append a module's name to `order`, after those of all modules that it imports."""
    if name in path:
        raise DigitlabError(f"the page's modules import each other: {' > '.join((*path, name))}")
    if name in order:
        return
    source = (folder / name).read_text("utf-8")
    for found in _IMPORT.finditer(source):
        _visit(folder, _imported(name, found), order, (*path, name))
    order.append(name)


def _wrapped(name: str, source: str) -> str:
    """Return a module as a function that is called at once and returns its exports."""
    names = [found["name"] for found in _EXPORT.finditer(source)]
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _constant(name, found), source))
    left = re.search(r"^\s*(?:import|export)\b.*", body, re.M)
    if left:
        raise DigitlabError(f"{name} has a line that cannot be exported: {left[0].strip()}")
    return f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {", ".join(names)} }};\n}})();\n'


def _imported(name: str, found: re.Match[str]) -> str:
    """Return the path, from the page's folder, of what the module `name` imports."""
    return normpath(f"{dirname(name)}/{found['file']}").lstrip("/")


def _constant(name: str, found: re.Match[str]) -> str:
    """Return an import as a constant: `const { a, b: c } = modules["x.js"];`."""
    what = found["what"].removeprefix("* as ").replace(" as ", ": ")
    return f'const {what} = modules["{_imported(name, found)}"];'


def _networks(model: Path | None, steps: Iterable[int]) -> list[dict[str, Any]]:
    """Return the networks to put into the page, with the weights in half precision."""
    from digitlab.lab.server import EXAMPLE
    from digitlab.reader import PRETRAINED

    example = bundle_of_model(EXAMPLE, name="example", type="float16")
    shipped = bundle_of_model(PRETRAINED, name="shipped", type="float16")
    found = [_offered(example, "example"), _offered(shipped, "shipped")]
    found[0]["snapshots"] = {
        step: bundle_of_snapshot(EXAMPLE, step, name="example") for step in sorted(steps)
    }
    if model is not None:
        found.insert(0, _offered(_own(model), "model"))
    return found


def _own(model: Path) -> Bundle:
    """Return the bundle of the user's exported model, or of a run's last snapshot."""
    title = model.resolve().name
    steps = [] if is_model(model) else list_snapshots(model / SNAPSHOTS)
    if steps:
        return bundle_of_snapshot(model, steps[-1], name="model", title=title)
    return bundle_of_model(model, name="model", title=title, type="float16")


def _offered(bundle: Bundle, kind: str) -> dict[str, Any]:
    return {"name": bundle["name"], "title": bundle["title"], "kind": kind, "bundle": bundle}


def _json(value: object) -> str:
    """Return JSON that may stand in a script."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def _page() -> str:
    return (PAGE / "index.html").read_text("utf-8")


def _styles(page: str) -> str:
    """Return the page's style sheets as one, in their order."""
    return "\n".join((PAGE / it["file"]).read_text("utf-8") for it in _STYLE.finditer(page))


def _index(page: str) -> str:
    """Return the page's HTML with one style sheet and classic scripts, which run in their order."""
    styles = list(_STYLE.finditer(page))
    head = page[: styles[0].start()].replace(_ICON, "") + '<link rel="stylesheet" href="lab.css">\n'
    scripts = '<script defer src="data.js"></script>\n<script defer src="lab.js"></script>'
    return head + page[styles[-1].end() :].replace(_SCRIPT, scripts)
