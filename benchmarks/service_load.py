"""Send requests as wrk cannot: at a fixed rate, or with a pause after each refusal.

At a fixed rate, the time of an answer counts from the moment at which its request was due, so that
a server that falls behind cannot hide it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

CONNECTIONS = 256
_OPENED_AT_ONCE = 100  # connections, below what a server lets wait
_LONGEST = 60.0  # seconds for an answer


@dataclass
class Answered:
    """How the requests of a load were answered."""

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

    def add(self, status: int, seconds: float) -> None:
        """Count an answer."""
        if status == 200:
            self.seconds.append(seconds)
        elif status == 503:
            self.refused += 1
        else:
            self.failed += 1


def overload(port: int, picture: Path, per_second: float, seconds: float) -> Answered:
    """Send a picture `per_second` times per second."""
    request = _request(picture)
    numbers = iter(range(int(per_second * seconds)))  # all clients take from the same schedule

    async def send(client: _Client, start: float, answered: Answered) -> None:
        for number in numbers:
            due = start + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            status, _ = await client.ask(request)
            answered.add(status, time.perf_counter() - due)

    return asyncio.run(_load(port, CONNECTIONS, send))


def ask_steadily(port: int, picture: Path, connections: int, seconds: float) -> Answered:
    """Send a picture over so many connections, on each again as soon as it was answered.

    After a refusal (503), a client waits as long as the header Retry-After asks. The time of an
    answer is that of its own request; answers after the end do not count.
    """
    request = _request(picture)

    async def ask(client: _Client, start: float, answered: Answered) -> None:
        while (sent := time.perf_counter()) < start + seconds:
            status, pause = await client.ask(request)
            now = time.perf_counter()
            if status != 200 or now < start + seconds:
                answered.add(status, now - sent)
            if pause:
                await asyncio.sleep(pause)

    return asyncio.run(_load(port, connections, ask))


def _request(picture: Path) -> bytes:
    body = picture.read_bytes()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _load(
    port: int, connections: int, work: Callable[["_Client", float, Answered], Awaitable[None]]
) -> Answered:
    """Open all connections, then let all work from the same time; one that breaks has failed."""
    answered = Answered()
    free = asyncio.Semaphore(_OPENED_AT_ONCE)

    async def connect() -> _Client:
        async with free:
            loop = asyncio.get_running_loop()
            return (await loop.create_connection(_Client, "127.0.0.1", port))[1]

    opened = await asyncio.gather(*(connect() for _ in range(connections)), return_exceptions=True)
    clients = [it for it in opened if isinstance(it, _Client)]
    start = time.perf_counter()
    ended = await asyncio.gather(
        *(work(it, start, answered) for it in clients), return_exceptions=True
    )
    for it in clients:
        it.close()
    answered.failed += connections - ended.count(None)
    return answered


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
