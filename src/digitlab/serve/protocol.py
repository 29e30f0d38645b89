"""uvicorn's HTTP protocol, with limits on what a client may hold open without saying anything.

uvicorn itself waits without end for the rest of a request's head, and lets it grow without end. It
also loses the body of a request that offers to switch to HTTP/2 (`Upgrade: h2c`), as Java's client
does with every request, and takes what follows for another request.
"""

import asyncio
import json
from collections import OrderedDict
from weakref import WeakKeyDictionary

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

_MAX_HEAD = 65_536  # bytes of a request's head, and of the trailers of a chunked body
MAX_CONNECTIONS = 10_000  # per worker
HEAD_SECONDS = 30.0  # for a request's head, and for a body that nobody waits for any more
_UPGRADE = (b"upgrade", b"http2-settings")  # headers that offer another protocol
_TOO_LARGE = "the headers of the request are larger than 64 KiB, the limit"

_Silent = OrderedDict["BoundedProtocol", None]  # the one that is silent longest is first
_silent_of: WeakKeyDictionary[ServerState, _Silent] = WeakKeyDictionary()


class BoundedProtocol(HttpToolsProtocol):
    """One connection, whose client must send a whole head in limited time and space."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection; if there are too many, close the one that is silent longest."""
        super().connection_made(transport)
        self._head_bytes = 0
        self._in_head = False
        self._silent = _silent_of.setdefault(self.server_state, OrderedDict())
        self._silent[self] = None
        self._deadline: asyncio.TimerHandle | None = None
        self._set_deadline()
        if len(self.connections) > MAX_CONNECTIONS:
            longest, _ = self._silent.popitem(last=False)
            self.connections.discard(longest)  # it ends in a moment, when more may have arrived
            longest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._silent.pop(self, None)
        self._unset_deadline()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        if self.transport.is_closing():
            return
        self._silent.pop(self, None)
        self._unset_keepalive_if_required()
        self._parse(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD:
                self.send_400_response(_TOO_LARGE)
                return
        is_left_over = self.cycle is not None and self.cycle.response_complete
        if self._in_head or is_left_over:
            self._set_deadline()
        else:
            self._unset_deadline()

    def _parse(self, data: bytes) -> None:
        try:
            while data:
                try:
                    self.parser.feed_data(data)
                    return
                except httptools.HttpParserUpgrade as upgrade:
                    if self.parser.get_method() == b"CONNECT":  # answered, and nothing follows
                        return
                    # The parser has stopped behind the head, and would read no body. RFC 9110,
                    # section 7.8: a server may ignore the offer.
                    data = self._head_without_upgrade() + data[upgrade.args[0] :]
                    self.parser = httptools.HttpRequestParser(self)
                    self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # uvicorn's
        except httptools.HttpParserError:
            self.send_400_response("")

    def _head_without_upgrade(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        lines += [name + b": " + value for name, value in self.headers if name not in _UPGRADE]
        return b"\r\n".join([*lines, b"", b""])

    def _offers_upgrade(self) -> bool:
        """Return whether the parser is at a request that is begun again without this offer."""
        offers: bool = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        return offers

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer after a chunked body."""
        if not self._in_head:
            self._head_bytes += len(name) + len(value)
            if self._head_bytes > _MAX_HEAD:
                raise httptools.HttpParserError(_TOO_LARGE)
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start to answer the request."""
        self._in_head = False
        self._head_bytes = 0
        if not self._offers_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        if not self._offers_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request with an error like all others."""
        sentence = _TOO_LARGE if msg == _TOO_LARGE else "this is not a request of HTTP/1.1"
        body = json.dumps({"error": sentence}).encode() + b"\n"
        status = b"431 Request Header Fields Too Large" if msg == _TOO_LARGE else b"400 Bad Request"
        head = (
            b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n"
            b"X-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: "
            + str(len(body)).encode() + b"\r\n\r\n"
        )  # fmt: skip
        self.transport.write(head + body)
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is not used."""
        self._give_up()

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.transport.get_write_buffer_size():  # the client does not read its answer
            self.transport.abort()
        else:
            self.transport.close()
