"""Send requests as wrk cannot: at a fixed rate, or with a pause after each refusal.

At a fixed rate, the time of an answer counts from the moment at which its request was due, so that
a server that falls behind cannot hide it.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

CONNECTIONS = 256
_OPENED_AT_ONCE = 100  # connections, below what a server lets wait
_LONGEST = 60.0  # seconds for an answer


@dataclass
class Shed:
    """How the requests of an overload were answered."""

    seconds: list[float] = field(default_factory=list)  # of each answer with status 200
    refused: int = 0
    failed: int = 0

    @property
    def answered(self) -> int:
        """How many requests were answered with 200."""
        return len(self.seconds)

    @property
    def p99_ms(self) -> float:
        """The 99th percentile of the answered requests' time."""
        return self.percentile_ms(0.99)

    def percentile_ms(self, share: float) -> float:
        """Return a percentile of the answered requests' time, `share` from 0 to below 1."""
        return 1e3 * sorted(self.seconds)[int(share * len(self.seconds))] if self.seconds else 0.0


def overload(port: int, picture: Path, per_second: float, seconds: float) -> Shed:
    """Send a picture `per_second` times per second."""
    return asyncio.run(_send(port, _request(picture), per_second, seconds))


def _request(picture: Path) -> bytes:
    body = picture.read_bytes()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _send(port: int, request: bytes, per_second: float, seconds: float) -> Shed:
    shed = Shed()
    start = time.perf_counter()
    dues = (start + number / per_second for number in range(int(per_second * seconds)))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for due in dues:  # all clients take from the same schedule
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
                await reader.readexactly(int(length))
                if head.startswith(b"HTTP/1.1 200"):
                    shed.seconds.append(time.perf_counter() - due)
                elif head.startswith(b"HTTP/1.1 503"):
                    shed.refused += 1
                else:
                    shed.failed += 1
        except (OSError, asyncio.IncompleteReadError):
            shed.failed += 1
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return shed


def ask_steadily(port: int, picture: Path, connections: int, seconds: float) -> Shed:
    """Send a picture over so many connections, on each again as soon as it was answered.

    All connections are open before the first request. After a refusal (503), a client waits as long
    as the header Retry-After asks. The time of an answer is that of its own request.
    """
    return asyncio.run(_ask(port, _request(picture), connections, seconds))


async def _ask(port: int, request: bytes, connections: int, seconds: float) -> Shed:
    shed = Shed()
    opened = asyncio.Semaphore(_OPENED_AT_ONCE)

    async def connect() -> _Client | None:
        async with opened:
            try:
                loop = asyncio.get_running_loop()
                return (await loop.create_connection(_Client, "127.0.0.1", port))[1]
            except OSError:
                shed.failed += 1
                return None

    clients = await asyncio.gather(*(connect() for _ in range(connections)))
    end = time.perf_counter() + seconds

    async def ask(client: _Client) -> None:
        try:
            while (start := time.perf_counter()) < end:
                status, pause = await client.ask(request)
                if status == 200 and time.perf_counter() < end:
                    shed.seconds.append(time.perf_counter() - start)
                elif status == 503:
                    shed.refused += 1
                    await asyncio.sleep(pause)
                elif status != 200:
                    shed.failed += 1
        except (OSError, TimeoutError):
            shed.failed += 1
        finally:
            client.close()

    await asyncio.gather(*(ask(client) for client in clients if client))
    return shed


class _Client(asyncio.Protocol):
    """A connection that sends one request after the other; streams take twice the time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""
        self._answer: asyncio.Future[tuple[int, float]] | None = None
        self._is_open = True

    async def ask(self, request: bytes) -> tuple[int, float]:
        """Send a request; return the status, and the seconds that Retry-After asks for."""
        if not self._is_open:
            raise ConnectionResetError
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await asyncio.wait_for(self._answer, _LONGEST)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        fields = dict(it.lower().split(b": ", 1) for it in head.split(b"\r\n")[1:])
        if len(body) < int(fields[b"content-length"]):
            return
        self._received = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head[9:12]), float(fields.get(b"retry-after", 0))))

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())
