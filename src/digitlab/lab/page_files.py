"""The page's own files: HTML, CSS and JavaScript, as they are in `lab/page/`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

PAGE = Path(__file__).parent / "page"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Stated here, because the tables of some systems call JavaScript plain text, which no browser
would run."""

PAGE_PATHS = (
    "/",
    *(f"/{{name}}{suffix}" for suffix in TYPES),
    *(f"/{{part}}/{{name}}{suffix}" for suffix in TYPES),
)
"""What is served from the folder; everything else is the service's."""

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # pictures that the user chose, drawings, thumbnails
        "media-src 'self' blob: mediastream:",  # the camera
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",  # ask each time; the ETag makes the answer short
}


class PageFiles(StaticFiles):
    """Serves the files of a folder and of the folders in it, and nothing else.

    `/` is `index.html`; with `html`, that holds for the folders in it as well. `types` names the
    type of the files with each suffix, other files get a usual one.
    """

    def __init__(
        self,
        folder: Path = PAGE,
        *,
        headers: Mapping[str, str] = HEADERS,
        types: Mapping[str, str] = TYPES,
        html: bool = False,
    ) -> None:
        super().__init__(directory=folder, check_dir=False, html=html)
        self._headers = headers
        self._types = types

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return where a file is; None if there is none of that name."""
        if path == ".":
            path = "index.html"
        if "\\" in path or any(name.startswith(".") for name in path.split("/")):
            return "", None
        return super().lookup_path(path)

    def file_response(self, full_path: Any, *rest: Any, **named: Any) -> Response:
        """Return a file with its type, or that the browser's copy of it is still good."""
        response = super().file_response(full_path, *rest, **named)
        response.headers.update(self._headers)
        if response.status_code == 200 and (known := self._types.get(Path(full_path).suffix)):
            response.headers["Content-Type"] = known
        return response
