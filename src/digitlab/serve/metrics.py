"""What the service counts and measures, for Prometheus.

With several workers, each writes its figures into files in memory (`PROMETHEUS_MULTIPROC_DIR`, see
`digitlab.serve.workers`), and whichever worker is asked adds them up.
"""

import os
import time
from http import HTTPStatus

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
GONE = 499  # in place of a status, where the caller left before the answer


class Metrics:
    """The figures of one app."""

    def __init__(self) -> None:
        # The time of the first request, next to each figure, is of no use here.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "digitlab_requests", "Requests that were answered.", ["path", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.errors = Counter(
            "digitlab_errors", "Requests that were answered with an error.", ["kind"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "digitlab_request_seconds", "From a request's head to its whole answer.", ["path"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.batches = Histogram(
            "digitlab_batch_pictures", "Pictures that were answered together.",
            buckets=_BATCHES, registry=self.registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "digitlab_queue_requests", "Requests that wait for an answer.", ["queue"],
            multiprocess_mode="livesum", registry=self.registry,
        )  # fmt: skip
        self._is_shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        if not self._is_shared:
            for collector in (ProcessCollector, PlatformCollector, GCCollector):
                collector(registry=self.registry)

    def text(self) -> bytes:
        """Return all figures, of all workers, as Prometheus reads them."""
        registry = self.registry
        if self._is_shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


async def metrics(request: Request) -> Response:
    """Answer with the figures."""
    text = request.app.state.metrics.text()
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


class Metered:
    """Counts and times the requests of an app."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: set[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.paths = paths
        self._answered: dict[tuple[str, int], Counter] = {}
        self._timed: dict[str, Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and remember how it was answered."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start = time.perf_counter()
        status = GONE

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self._count(self._label(scope["path"]), status, time.perf_counter() - start)

    def _label(self, path: str) -> str:
        """Return the path, if it is one of a few: callers must not be able to make more."""
        if path in self.paths:
            return path
        return "/v2/models/..." if path.startswith("/v2/models/") else "other"

    def _count(self, path: str, status: int, seconds: float) -> None:
        key = path, status
        if key not in self._answered:
            self._answered[key] = self.metrics.requests.labels(path, str(status))
            self._timed[path] = self.metrics.seconds.labels(path)
        self._answered[key].inc()
        self._timed[path].observe(seconds)
        if status >= 400:
            self.metrics.errors.labels(_kind_of(status)).inc()


def _kind_of(status: int) -> str:
    """Return the name of a kind of error.

    >>> _kind_of(503), _kind_of(499)
    ('service unavailable', 'caller gone')
    """
    return "caller gone" if status == GONE else HTTPStatus(status).phrase.lower()
