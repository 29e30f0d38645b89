"""The settings of a service: the model, the limits, and who may ask."""

import re
from dataclasses import dataclass
from pathlib import Path

from digitlab.errors import DigitlabError, printable

_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one service. Raises `DigitlabError` for values out of range."""

    model: Path | None = None
    """A model's folder; None: the model that is installed with the package."""
    hosts: tuple[str, ...] = ()
    """Names by which requests may address the service, besides `localhost` and IP addresses,
    without a port; "*" stands for any name."""
    origins: tuple[str, ...] | None = ()
    """Other web pages that may use the service from a browser, such as `https://example.org`; "*"
    stands for all of them. The service's own pages always may; None: no others can be allowed."""
    queue: int = 64
    """How many requests may wait in each of a worker's two queues, at least 1."""
    seconds: float = 10
    """How long a request may take, from its last byte to its answer, above 0."""
    drain: float = 0
    """How long it still takes requests after it was asked to stop, while `/readyz` answers 503, so
    that a load balancer sends them elsewhere: 0 to 3,600 seconds."""
    max_bytes: int = 20_000_000
    """The largest body of a request, at least 1,000."""
    max_pixels: int = 30_000_000
    """The largest picture, 1 to 80 million: a small file can have many pixels, and decoding and
    reading them takes up to 12 bytes each."""

    def __post_init__(self) -> None:
        if self.queue < 1:
            raise DigitlabError(f"the queue is {self.queue}, but must have room for at least 1")
        if not 0 < self.seconds <= 3600:
            raise DigitlabError(f"the time limit is {self.seconds} s, but must be 0 to 3,600 s")
        if not 0 <= self.drain <= 3600:
            raise DigitlabError(f"the drain is {self.drain} s, but must be 0 to 3,600 s")
        if not 1_000 <= self.max_bytes <= 100_000_000:
            raise DigitlabError(
                f"the largest body is {self.max_bytes:,} bytes, but must be 1,000 to 100,000,000"
            )
        if not 1_000_000 <= self.max_pixels <= 80_000_000:
            raise DigitlabError(
                f"the largest picture is {self.max_pixels:,} pixels, but must be 1,000,000 to "
                "80,000,000"
            )
        for host in self.hosts:
            if host != "*" and not _HOST.fullmatch(host):
                raise DigitlabError(
                    f"{printable(host)!r} is not a host: write a name like digits.example, without "
                    "a port"
                )
        for origin in self.origins or ():
            if origin != "*" and not _is_origin(origin):
                raise DigitlabError(
                    f"{origin!r} is not an origin: write it like https://example.org, without a "
                    "path"
                )


def _is_origin(text: str) -> bool:
    scheme, separator, rest = text.partition("://")
    return scheme in ("http", "https") and bool(separator and rest) and "/" not in rest
