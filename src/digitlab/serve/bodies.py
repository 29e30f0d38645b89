"""Receive a request's body, limited in size, in time, and in all bodies together; decode JSON."""

import asyncio
from collections.abc import Callable
from typing import Any, Concatenate, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from digitlab.serve.replies import ServiceError

_RECEIVE_SECONDS = 30.0
Decoded = TypeVar("Decoded")
_SHORT_BYTES = 64_000
_BODIES = 4  # of the largest size, that a worker has room for at the same time


class Intake:
    """Receives bodies, at most `max_bytes` each, and a few times that together."""

    def __init__(self, max_bytes: int, seconds: float = _RECEIVE_SECONDS) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.held = 0
        """Bytes of the bodies that are in memory now."""

    async def body(self, request: Request) -> bytes:
        """Return a request's body; `release` must be called with it when it is done with.

        Raises `ServiceError`: 415 if it is compressed, 413 if it is too large, which is also
        counted while it arrives, 408 if it does not arrive in time, 503 if there is no room for it;
        and `ClientDisconnect` if it ends early.
        """
        coding = request.headers.get("content-encoding", "identity").strip().lower()
        if coding != "identity":
            raise ServiceError(
                415, f"the body is compressed ({coding[:40]!a}): send it as it is, uncompressed"
            )
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self.max_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self.seconds):
                return await self._receive(request)
        except TimeoutError:
            raise ServiceError(
                408,
                f"the body did not arrive within {self.seconds:g} seconds: send it faster",
                {"Connection": "close"},
            ) from None

    def release(self, body: bytes) -> None:
        """Make room for other bodies."""
        self.held -= len(body)

    async def _receive(self, request: Request) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part = message.get("body", b"")
                size += len(part)
                self.held += len(part)
                if size > self.max_bytes:
                    raise self._too_large()
                if self.held > _BODIES * self.max_bytes:
                    raise ServiceError(
                        503,
                        "the service is busy receiving other large bodies: try again in a second",
                        {"Retry-After": "1"},
                    )
                parts.append(part)
                if not message.get("more_body", False):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
        except BaseException:
            self.held -= size
            raise

    def _too_large(self) -> ServiceError:
        limit = f"{self.max_bytes / 1e6:g} MB"
        return ServiceError(413, f"the body is larger than {limit}, the limit: send it smaller")


async def in_thread_if_long(
    function: Callable[Concatenate[bytes, ...], Decoded], body: bytes, *arguments: Any
) -> Decoded:
    """Return what a function makes of a body; the event loop goes on while it takes apart much."""
    if len(body) <= _SHORT_BYTES:
        return function(body, *arguments)
    return await asyncio.to_thread(function, body, *arguments)


def decoded(decoder: "msgspec.json.Decoder[Decoded]", content: bytes) -> Decoded:
    """Return what a body of JSON contains.

    Raises `ServiceError`: 400 if it is not JSON, 422 if it is not what the decoder takes.
    """
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as error:
        raise ServiceError(422, f"the JSON is not what is expected here: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceError(400, f"the body is not JSON: {error}") from error
