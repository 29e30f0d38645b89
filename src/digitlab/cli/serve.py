"""`digitlab serve`: reads pictures over HTTP."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import AllowHost, ModelPath, is_loopback, whole_number
from digitlab.serve.settings import Settings


@chinese_help(
    "通过 HTTP 识别图片，直到按 Ctrl-C 或收到 SIGTERM；/docs 列出了各个路径。\n\n"
    "收到 SIGTERM 或 Ctrl-C 后，会先应答已接受的请求，再以 0 退出；第二次则立即结束。"
    "不写任何文件，也不连接任何地方。"
)
def serve(
    *,
    model: ModelPath = None,
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
        int,
        Parameter(
            converter=whole_number,
            help=help_text("The port; 0: any that is free.", "端口；0：任意一个空闲的端口。"),
        ),
    ] = 8000,
    workers: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text(
                "How many processes answer; one per core.", "用多少个进程来应答；每个核一个。"
            ),
        ),
    ] = 1,
    allow_host: AllowHost = (),
    allow_origin: Annotated[
        tuple[str, ...],
        Parameter(
            help=help_text(
                "Another site whose pages may use the service, such as https://example.org, or * "
                "for all. May be repeated.",
                "还有哪个网站的页面可以使用本服务，例如 https://example.org；* 表示全部。"
                "可以重复。",
            ),
            negative="",
        ),
    ] = (),
    queue: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text(
                "How many requests may wait in each of a worker's two queues; more are refused "
                "with 503.",
                "每个工作进程的两个队列里各可以有多少个请求排队；再多就以 503 拒绝。",
            ),
        ),
    ] = Settings.queue,
    time_limit: Annotated[
        float,
        Parameter(
            help=help_text(
                "Seconds until a request is given up with 504.",
                "一个请求最多处理多少秒，超过就以 504 放弃。",
            )
        ),
    ] = Settings.seconds,
    drain: Annotated[
        float,
        Parameter(
            help=help_text(
                "Seconds that it still takes requests after SIGTERM or Ctrl-C, while /readyz "
                "answers 503, so that a load balancer sends no more.",
                "收到 SIGTERM 或 Ctrl-C 之后还接受请求多少秒；这期间 /readyz 回答 "
                "503，让负载均衡不再转发请求。",
            )
        ),
    ] = Settings.drain,
    max_body: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text("The largest body of a request, in bytes.", "请求体最大多少字节。"),
        ),
    ] = Settings.max_bytes,
    max_pixels: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text("The largest picture, in pixels.", "图片最大多少像素。"),
        ),
    ] = Settings.max_pixels,
) -> int:
    """Read pictures over HTTP until Ctrl-C or SIGTERM: /docs lists the paths.

    SIGTERM and Ctrl-C let it answer what it has accepted and exit with 0; a second one ends it at
    once. Nothing is written, and no connection is made to anywhere.
    """
    from digitlab.serve.app import build_app
    from digitlab.serve.start import serve as serve_app

    settings = Settings(
        model=model,
        hosts=allow_host,
        origins=allow_origin,
        queue=queue,
        seconds=time_limit,
        drain=drain,
        max_bytes=max_body,
        max_pixels=max_pixels,
    )
    return serve_app(
        partial(build_app, settings), host=host, port=port, workers=workers,
        on_ready=partial(_announce, model, host),
    )  # fmt: skip


def _announce(model: Path | None, host: str, url: str) -> None:
    """Say on stderr what is served where, and to whom."""
    what = "the installed model" if model is None else str(model)
    print(f"digitlab: serving {what} at {url} (see {url}/docs); Ctrl-C stops", file=sys.stderr)
    if not is_loopback(host):
        print(
            f"digitlab: everyone who can reach {host} can use the service, without a password",
            file=sys.stderr,
        )
