"""Bytes as they are, to and from a socket."""

import contextlib
import socket

from tests.waiting import PATIENCE


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=PATIENCE)


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
