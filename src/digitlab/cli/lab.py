"""`digitlab lab`: the page in the browser where a drawing flows through the network."""

import os
import sys
import threading
import webbrowser
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.parameters import AllowHost, is_loopback, whole_number
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
    allow_host: AllowHost = (),
    open_browser: Annotated[
        bool, Parameter(name="--open", help="Open the page in a browser.")
    ] = True,
    export: Annotated[
        Path | None,
        Parameter(help="Write the page into this folder, to be opened without a server, and stop."),
    ] = None,
) -> int:
    """Open the lab: a page where your own drawing flows through the network, number by number.

    The page can also start trainings, read pictures, and store corrections. It works without a
    network connection, and nothing leaves this machine. Ctrl-C ends it; a training that the page
    started is saved first, and can be resumed.
    """
    if export is not None:
        from digitlab.lab.export import export_page

        print(f"Open {export_page(export, model)} in a browser.")
        return 0
    from digitlab.lab.server import build_lab, new_lab
    from digitlab.models.card import is_model
    from digitlab.serve.settings import Settings
    from digitlab.serve.start import serve

    found = new_lab(model=model, runs=runs, corrections=corrections)
    reads = model if model is not None and is_model(model) else None
    settings = Settings(model=reads, hosts=allow_host)
    return serve(
        partial(build_lab, found, settings),
        host=host,
        port=_free_port(host) if port is None else port,
        on_ready=partial(_announce, host, open_browser=open_browser),
    )


def _free_port(host: str) -> int:
    """Return the usual port, or 0, for any, if another program has it."""
    from digitlab.serve.server import listen

    try:
        listen(host, _PORT).close()
    except DigitlabError:
        return 0
    return _PORT


def _announce(host: str, url: str, *, open_browser: bool) -> None:
    """Print where the lab is and who can use it, and open it in a browser."""
    url = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    print(f"digitlab: Ctrl-C ends the lab at {url}/", file=sys.stderr)
    if not is_loopback(host):
        print(
            f"digitlab: everyone who can reach {host} can use it without a password: read the "
            "runs and corrections, and start trainings",
            file=sys.stderr,
        )
    if open_browser and _has_display():
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _has_display() -> bool:
    """Return whether a browser window could be seen; a text browser would fill the terminal."""
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
