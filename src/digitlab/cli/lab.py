"""`digitlab lab`: the page in the browser where a drawing flows through the network."""

import os
import socket
import sys
import threading
import time
import webbrowser
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.parameters import whole_number
from digitlab.errors import DigitlabError

_PORT = 8321
"""The usual one, so that the address stays the same from day to day."""


def lab(
    model: Annotated[
        Path | None,
        Parameter(
            help="The folder of an exported model or of a run, which the page shows first; "
            "default: an example."
        ),
    ] = None,
    /,
    *,
    runs: Annotated[Path, Parameter(help="The folder with the runs, for new ones as well.")] = Path(
        "runs"
    ),
    corrections: Annotated[
        Path, Parameter(help="The folder for the corrections that you agree to store.")
    ] = Path("corrections"),
    host: Annotated[
        str, Parameter(help="The address to listen on; by default only this machine can connect.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=f"The port; default: {_PORT}, or a free one if it is taken.",
        ),
    ] = None,
    open_browser: Annotated[
        bool, Parameter(name="--open", help="Open the page in a browser.")
    ] = True,
    export: Annotated[
        Path | None,
        Parameter(help="Write the page into this folder, to be opened without a server, and stop."),
    ] = None,
) -> None:
    """Open the lab: a page where your own drawing flows through the network, number by number.

    The page can also start trainings, read pictures, and store corrections. It works without a
    network connection, and nothing leaves this machine. Ctrl-C ends it; a training that the page
    started is saved first, and can be resumed.
    """
    # Here: starting a server takes half a second of imports.
    from digitlab.lab.server import build_lab, new_lab
    from digitlab.models.card import is_model
    from digitlab.serve.server import serve
    from digitlab.serve.settings import Settings

    if export is not None:
        from digitlab.lab.export import export_page

        print(f"Open {export_page(export, model)} in a browser.")
        return
    found = new_lab(model=model, runs=runs, corrections=corrections)
    port = _free_port(host) if port is None else port
    if open_browser and _has_display():
        threading.Thread(target=_open_when_ready, args=(host, port), daemon=True).start()
    settings = Settings(model=model if model is not None and is_model(model) else None)
    sys.exit(serve(partial(build_lab, found, settings), host=host, port=port))


def _free_port(host: str) -> int:
    """Return the usual port, or a free one if another program has it."""
    for port in (_PORT, 0):
        try:
            with socket.create_server((host, port)) as listening:
                return int(listening.getsockname()[1])
        except OSError:
            continue
    raise DigitlabError(f"this machine cannot listen on {host}; choose another address with --host")


def _has_display() -> bool:
    """Return whether a browser window could be seen; a text browser would fill the terminal."""
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_when_ready(host: str, port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            webbrowser.open(address(host, port))
            return


def address(host: str, port: int) -> str:
    """Return the page's address in a browser on this machine.

    >>> address("127.0.0.1", 8321), address("0.0.0.0", 80), address("::1", 80)
    ('http://127.0.0.1:8321/', 'http://127.0.0.1:80/', 'http://[::1]:80/')
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
