"""`digitlab serve`: answers pictures over HTTP."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.parameters import AllowHost, ModelPath, is_loopback, whole_number
from digitlab.serve.settings import Settings


def serve(
    *,
    model: ModelPath = None,
    host: Annotated[
        str, Parameter(help="The address to listen on; by default only this machine can connect.")
    ] = "127.0.0.1",
    port: Annotated[
        int, Parameter(converter=whole_number, help="The port; 0: any that is free.")
    ] = 8000,
    workers: Annotated[
        int, Parameter(converter=whole_number, help="How many processes answer; one per core.")
    ] = 1,
    allow_host: AllowHost = (),
    allow_origin: Annotated[
        tuple[str, ...],
        Parameter(
            help="Another site whose pages may use the service, such as https://example.org, or * "
            "for all. May be repeated.",
            negative="",
        ),
    ] = (),
    queue: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help="How many requests may wait in each of a worker's two queues; more are refused "
            "with 503.",
        ),
    ] = Settings.queue,
    time_limit: Annotated[
        float, Parameter(help="Seconds until a request is given up with 504.")
    ] = Settings.seconds,
    max_body: Annotated[
        int, Parameter(converter=whole_number, help="The largest body of a request, in bytes.")
    ] = Settings.max_bytes,
    max_pixels: Annotated[
        int, Parameter(converter=whole_number, help="The largest picture, in pixels.")
    ] = Settings.max_pixels,
) -> int:
    """Answer pictures over HTTP until Ctrl-C or SIGTERM: /docs lists the paths.

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
