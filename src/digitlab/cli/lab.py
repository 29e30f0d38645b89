"""`digitlab lab`: the page in the browser where a drawing flows through the network."""

import os
import sys
import threading
import webbrowser
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import AllowHost, is_loopback, whole_number
from digitlab.errors import DigitlabError

_PORT = 8321
"""The usual one, so that the address stays the same from day to day."""


@chinese_help(
    "打开实验室：在这个页面上，你亲手画的数字流过网络，每个数都看得见。\n\n"
    "页面还可以开始训练、读取图片、保存纠错样本。它不需要联网，数据也不会离开这台机器。按 "
    "Ctrl-C 结束；页面开始的训练会先保存，之后可以继续。"
)
def lab(
    model: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "The folder of an exported model or of a run, which the page shows first; "
                "default: an example.",
                "页面首先显示哪个模型：导出的模型或一次训练的文件夹；默认：一个例子。",
            )
        ),
    ] = None,
    /,
    *,
    runs: Annotated[
        Path,
        Parameter(
            help=help_text(
                "The folder with the runs, for new ones as well.",
                "存放各次训练的文件夹，新的训练也放在这里。",
            )
        ),
    ] = Path("runs"),
    corrections: Annotated[
        Path,
        Parameter(
            help=help_text(
                "The folder for the corrections that you agree to store.",
                "你同意保存的纠错样本放在哪个文件夹。",
            )
        ),
    ] = Path("corrections"),
    host: Annotated[
        str,
        Parameter(
            help=help_text(
                "The address to listen on; by default only this machine can connect.",
                "监听的地址；默认只有本机能连接。",
            )
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                f"The port; default: {_PORT}, or a free one if it is taken.",
                f"端口；默认：{_PORT}，如果被占用就用一个空闲的。",
            ),
        ),
    ] = None,
    allow_host: AllowHost = (),
    open_browser: Annotated[
        bool,
        Parameter(
            name="--open", help=help_text("Open the page in a browser.", "在浏览器里打开页面。")
        ),
    ] = True,
    export: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Write the page into this folder, to be opened without a server, and stop.",
                "把页面写进这个文件夹，不用服务器也能打开，然后退出。",
            )
        ),
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
