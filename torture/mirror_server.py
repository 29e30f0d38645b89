"""A small HTTP server on this machine that sends files, or anything at all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Mirror:
    """What the server sends for each path, and which paths were requested."""

    served: dict[str, bytes] = field(default_factory=dict)
    """Files by path, sent with correct headers."""
    raw: dict[str, Callable[[Callable[[bytes], object]], None]] = field(default_factory=dict)
    """Functions by path, which write a whole answer, with whatever is wrong in it."""
    asked: list[str] = field(default_factory=list)
    address: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def drip(self, path: str, start: bytes, repeated: bytes) -> None:
        """Let a path answer with `start` at once, and then with `repeated` every 10 ms."""

        def answer(write: Callable[[bytes], object]) -> None:
            write(start)
            for _ in range(1000):  # 10 s at most
                if self.closing.wait(0.01):
                    return
                write(repeated)

        self.raw[path] = answer

    def flood(self, path: str, start: bytes, repeated: bytes) -> list[int]:
        """Let a path answer with `start` and 64 MB; return a list that gets the number of bytes."""
        sent: list[int] = []

        def answer(write: Callable[[bytes], object]) -> None:
            write(start)
            for _ in range((64 << 20) // len(repeated)):
                write(repeated)
                sent.append(len(repeated))

        self.raw[path] = answer
        return sent


@contextmanager
def serving() -> Iterator[Mirror]:
    """Run the server in threads of this process."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirror.asked.append(self.path)
            try:
                if self.path in mirror.raw:
                    mirror.raw[self.path](self.wfile.write)
                    return
                body = mirror.served.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")
            except OSError:  # the client closed the connection
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    mirror.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield mirror
    finally:
        mirror.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
