"""Clients of an HTTP service: bytes as they are, wrong requests, and one that keeps it busy."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

_PATIENCE = 1_800
"""Seconds after which a service that has not answered counts as hanging."""

POST = b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"
"""How a request with a picture begins."""
_MEGABYTE = b"x" * 1_000_000

WRONG_REQUESTS = {
    "no HTTP": (b"hello\r\n\r\n", b"400"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
    "length and chunks": (
        POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"
    ),
    "a length that is no number": (POST + b"Content-Length: x\r\n\r\n", b"400"),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", b"400"),
    "a chunk without a length": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", b"400"),
    "a head that is too long": (POST + b"A: " + b"a" * 70_000, b"431"),
    "a head without end": (POST + b"A: a\r\n" * 20_000, b"431"),
}  # fmt: skip
"""What is no request, and the status of the answer."""


def connect(address: tuple[str, int]) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(address, timeout=_PATIENCE)


def answer_on(connection: socket.socket) -> bytes:
    """Return one answer with its body, or what there is when the connection ends."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while b"\r\n\r\n" not in received and (part := connection.recv(65_536)):
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        if b"content-length: " not in head.lower():
            return received
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length and (part := connection.recv(65_536)):
            body += part
            received += part
    return received


def exchange(address: tuple[str, int], sent: bytes) -> bytes:
    """Send bytes on a new connection, and return the answer."""
    with connect(address) as connection:
        connection.sendall(sent)
        return answer_on(connection)


def address_of(url: str) -> tuple[str, int]:
    """Return the host and the port of a service."""
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


@contextlib.contextmanager
def flooding(address: tuple[str, int]) -> Iterator[None]:
    """Send bodies of 50 MB from eight clients at once, half of them in chunks."""
    stop = threading.Event()

    def flood(head: bytes, part: bytes) -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError), connect(address) as connection:
                connection.sendall(POST + head)
                for _ in range(50):
                    connection.sendall(part)

    length, chunked = b"Content-Length: 50000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            pool.submit(flood, length, _MEGABYTE)
            pool.submit(flood, chunked, b"f4240\r\n" + _MEGABYTE + b"\r\n")
        try:
            yield
        finally:
            stop.set()


class Load(threading.Thread):
    """A client that sends pictures until the service is gone, and remembers the answers."""

    def __init__(self, url: str, picture: bytes) -> None:
        super().__init__(daemon=True)
        self.address, self.picture = address_of(url), picture
        self.answered = 0
        self.unanswered = 0
        self.start()

    def run(self) -> None:
        """Send until nobody listens any more."""
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(self.picture)}"
        request = f"{head}\r\n\r\n".encode() + self.picture
        while True:
            try:
                connection = connect(self.address)
            except ConnectionError:  # nobody listens: the service has stopped
                return
            except OSError:  # it listens, but does not take the connection
                self.unanswered += 1
                return
            with connection:
                while True:
                    try:
                        connection.sendall(request)
                        answer = answer_on(connection)
                    except OSError:  # also one that has not come in all that time
                        answer = b""
                    if not answer.startswith(b"HTTP/1.1 200") or b'"digit":7' not in answer:
                        self.unanswered += 1
                        break
                    self.answered += 1
                    if b"connection: close" in answer:
                        break
