"""Serve an app until a signal ends it: in this process, or by several workers."""

from collections.abc import Callable

from digitlab.errors import DigitlabError
from digitlab.serve.server import MakeApp, listen, run_worker, url_of
from digitlab.serve.workers import supervise


def serve(
    make_app: MakeApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    on_ready: Callable[[str], None] = lambda url: None,
) -> int:
    """Serve an app until SIGTERM or Ctrl-C; return the exit code.

    It is 0, or 128 and the number of the signal if a second one arrived before everything was
    answered.

    Parameters
    ----------
    make_app
        Builds the app, once per worker; its `state.settings` has the time limit. With several
        workers it must be picklable, such as a `functools.partial` of a module's function.
    host
        The address to bind.
    port
        0 to 65535; 0: any free port.
    workers
        How many processes serve, at least 1.
    on_ready
        Is called with the URL when every worker accepts connections.

    Raises `DigitlabError` if the address cannot be bound, or what `make_app` raises.
    """
    if workers < 1:
        raise DigitlabError(f"workers is {workers}, but must be at least 1")
    if not 0 <= port <= 65535:
        raise DigitlabError(f"port is {port}, but must be 0 to 65535")
    if workers == 1:
        app = make_app()  # first: if it fails, nobody could have connected
    listening = listen(host, port)
    url = url_of(listening)
    if workers == 1:
        return run_worker(app, listening, lambda: on_ready(url))
    return supervise(make_app, listening, workers, lambda: on_ready(url))
