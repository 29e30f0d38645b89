"""A client that keeps a service busy."""

import threading

from tests.serve.raw import answer_on, connect


def address_of(url: str) -> tuple[str, int]:
    """Return the host and the port of a service."""
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


class Load(threading.Thread):
    """A client that sends pictures until the service is gone, and remembers the answers."""

    def __init__(self, url: str, picture: bytes) -> None:
        super().__init__(daemon=True)
        self.address, self.picture = address_of(url), picture
        self.answered, self.unanswered = 0, 0
        self.start()

    def run(self) -> None:
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(self.picture)}"
        request = f"{head}\r\n\r\n".encode() + self.picture
        while True:
            try:
                connection = connect(self.address)
            except ConnectionError:  # nobody listens: the service has stopped
                return
            with connection:
                while True:
                    try:
                        connection.sendall(request)
                        answer = answer_on(connection)
                    except ConnectionError:
                        answer = b""
                    if not answer.startswith(b"HTTP/1.1 200") or b'"digit":7' not in answer:
                        self.unanswered += 1
                        break
                    self.answered += 1
                    if b"connection: close" in answer:
                        break
