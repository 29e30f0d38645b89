"""Send requests at a fixed rate, whatever the server does: what wrk cannot.

The time of an answer counts from the moment at which its request was due, so that a server that
falls behind cannot hide it.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

CONNECTIONS = 256


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
        return 1e3 * sorted(self.seconds)[int(0.99 * len(self.seconds))] if self.seconds else 0.0


def overload(port: int, picture: Path, per_second: float, seconds: float) -> Shed:
    """Send a picture `per_second` times per second."""
    body = picture.read_bytes()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return asyncio.run(_send(port, head.encode() + body, per_second, seconds))


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
