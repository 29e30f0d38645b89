"""Run an app on uvicorn: the socket, the signals, and an orderly end."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from digitlab.errors import DigitlabError, printable
from digitlab.serve.protocol import BoundedProtocol

MakeApp = Callable[[], Starlette]

_BACKLOG = 2048  # connections that the system holds until a worker takes them
_KEEP_ALIVE = 75  # seconds: longer than proxies keep theirs, so that they close first
_LAST_SECONDS = 0.25  # in which what is on its way is still answered
_MORE_SECONDS = 5  # than a request's limit, for the answers at the end


def stop_signals() -> tuple[int, ...]:
    """Return the signals that end the service, that of a closed terminal included.

    A service that was started with `nohup` ignores that one.
    """
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is None or signal.getsignal(hang_up) == signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, hang_up)


class Server(uvicorn.Server):
    """One worker. It stops in order at the first signal, and at once at the second.

    At the first one it is no longer ready, takes requests until the `drain` of its settings is
    over, then accepts no more connections, ends event streams, answers every request that has
    arrived or is on its way, with `Connection: close`, and returns.
    """

    def __init__(
        self,
        app: Starlette,
        on_ready: Callable[[], None],
        ends_at: tuple[int, ...] | None = None,
    ) -> None:
        seconds = app.state.settings.seconds
        super().__init__(
            uvicorn.Config(
                app,
                loop="auto" if sys.platform == "win32" else "uvloop",
                http=BoundedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=int(seconds + _MORE_SECONDS),
            )
        )
        self.app = app
        self.on_ready = on_ready
        self.ends_at = stop_signals() if ends_at is None else ends_at
        self.signals: list[int] = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while it runs; unlike uvicorn, do not raise them again after it."""
        is_main = threading.current_thread() is threading.main_thread()
        numbers = self.ends_at if is_main else ()  # other threads cannot handle any
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        self.signals.append(sig)
        if self.should_exit:
            self.force_exit = True
            self.loop.call_soon_threadsafe(self._abort)
        self.should_exit = True

    def _abort(self) -> None:
        # uvicorn cancels the app's lifespan then, and would report that with a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections."""
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted, and stop."""
        self.app.state.stopping = True
        last = (b"connection", b"close")
        self.server_state.default_headers = [*self.server_state.default_headers, last]
        drained = self.loop.time() + self.app.state.settings.drain
        while not self.force_exit and self.loop.time() < drained:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0)  # connections that the system has accepted become ours
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        self.app.state.closing.set()
        deadline = self.loop.time() + _LAST_SECONDS
        while self.server_state.connections and self.loop.time() < deadline:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0: any free port.

    Raises `DigitlabError` if the address is not one of this machine's, or is in use.
    """
    where = f"port {port} of {printable(host)}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise DigitlabError(f"{printable(host)} is not an address: {_reason(error)}") from error
    try:
        if sys.platform != "win32":  # a port that was in use a moment ago
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # "::" stands for IPv4 as well
            with contextlib.suppress(OSError):
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise DigitlabError(
            f"{where} cannot be used ({_reason(error)}): choose another with --port"
        ) from error
    return listening


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def url_of(listening: socket.socket) -> str:
    """Return the address at which a socket listens, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_worker(
    app: Starlette,
    listening: socket.socket,
    on_ready: Callable[[], None],
    ends_at: tuple[int, ...] | None = None,
) -> int:
    """Serve until a signal arrives; return the exit code: 0, or 128 + N after a second signal N."""
    server = Server(app, on_ready, ends_at)
    server.run([listening])
    if not server.started:
        raise DigitlabError("the service could not start")
    return 128 + server.signals[-1] if server.force_exit else 0
