"""Who may ask: the `Host` and `Origin` of every request, CORS, and the headers of every response.

A page from elsewhere must not use a service on this machine through the user's browser. Two ways in
are closed. A request that the page sends itself carries its `Origin`. And a page whose own name was
made to point at this machine (DNS rebinding) carries that name as `Host`; an IP address cannot be
made to point elsewhere, so it is always accepted.
"""

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitlab.serve.replies import ServiceError, error_reply
from digitlab.serve.settings import Settings

HEADERS = {  # a response's own value wins
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_METHODS = "GET, HEAD, POST"
_EXPOSED = "Inference-Header-Content-Length, Retry-After"
_LOCAL = "localhost"


class Guard:
    """Refuses requests by their `Host` and `Origin`, and adds headers to all responses."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.any_host = "*" in settings.hosts
        self.hosts = {_LOCAL, *(host.lower() for host in settings.hosts)}
        self.any_origin = "*" in (settings.origins or ())
        self.origins = {origin.lower() for origin in settings.origins or ()}
        self.remedy = "" if settings.origins is None else "; see --allow-origin"
        self._known: set[str] = set()  # hosts that were found good, to look at them only once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with an error."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        host: str | None = None
        origin: str | None = None
        hosts = 0
        for name, value in scope["headers"]:
            if name == b"host":
                host = value.decode("latin-1")
                hosts += 1
            elif name == b"origin":
                origin = value.decode("latin-1").lower()
        if host is None or hosts > 1 or not self._is_host(host):
            name = "more than one name" if hosts > 1 else ascii((host or "")[:80])
            error = ServiceError(421, f"{name} is not a host of this service; see --allow-host")
            return await error_reply(error)(scope, receive, _with_headers(send, None))
        if origin is not None and _is_same(origin, host):
            origin = None  # a page of the service itself
        if origin is not None and not (self.any_origin or origin in self.origins):
            error = ServiceError(
                403, f"pages of {origin[:80]!a} may not use this service{self.remedy}"
            )
            return await error_reply(error)(scope, receive, _with_headers(send, None))
        sending = _with_headers(send, origin)
        if origin is not None and scope["method"] == "OPTIONS":
            return await _answer_preflight(scope, sending)
        return await self.app(scope, receive, sending)

    def _is_host(self, host: str) -> bool:
        if self.any_host or host in self._known:
            return True
        name = _without_port(host.lower())
        is_good = name in self.hosts or _is_address(name)
        if is_good and len(self._known) < 100:
            self._known.add(host)
        return is_good


def _with_headers(send: Send, origin: str | None) -> Send:
    """Return a `send` that adds the security headers, and those of CORS for a foreign origin."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            message["headers"] += [pair for pair in _RAW_HEADERS if pair[0] not in present]
            if origin is not None:
                headers = MutableHeaders(raw=message["headers"])
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = _EXPOSED
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                headers.add_vary_header("Origin")
        await send(message)

    return sending


async def _answer_preflight(scope: Scope, send: Send) -> None:
    wanted = Headers(scope=scope).get("access-control-request-headers", "")
    headers = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": wanted if wanted.isascii() else "",
        "Access-Control-Max-Age": "600",
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})


def _is_same(origin: str, host: str) -> bool:
    """Return whether an origin is the host itself; a proxy may have taken TLS off."""
    return origin.partition("://")[2] == host.lower() and origin.startswith(("http://", "https://"))


def _without_port(host: str) -> str:
    """Return a host's name or address.

    >>> [_without_port(host) for host in ("a.example:80", "[::1]:80", "127.0.0.1", "[::1]")]
    ['a.example', '::1', '127.0.0.1', '::1']
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, _, port = host.rpartition(":")
    return name if name and (port.isdecimal() or not port) else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
