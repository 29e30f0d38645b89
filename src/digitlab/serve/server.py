"""Run an app on uvicorn: the socket, the signals, and an orderly end."""

from collections.abc import Callable

from starlette.applications import Starlette


def serve(
    make_app: Callable[[], Starlette], *, host: str = "127.0.0.1", port: int = 8000, workers: int = 1
) -> int:
    """Serve an app until SIGTERM or Ctrl-C; return the exit code.

    Parameters
    ----------
    make_app
        Builds the app, once per worker. With several workers it must be picklable, such as a
        `functools.partial` of a module's function.
    host
        The address to bind.
    port
        0 to 65535; 0: any free port, which is printed.
    workers
        How many processes serve, at least 1.

    Raises `DigitlabError` if the address cannot be bound.
    """
    raise NotImplementedError
