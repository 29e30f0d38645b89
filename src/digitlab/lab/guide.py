"""The guide's site under `/guide/`, if it was built: `make site` puts it into `lab/guide/`."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from digitlab.lab.page_files import TYPES, PageFiles

GUIDE = Path(__file__).parent / "guide"
"""Not in git; a wheel that is built after `make site` contains it."""

_TYPES = TYPES | {
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_POLICY = "; ".join(
    (
        # Each page allows in its head only its own scripts, by their hashes, and nothing inline
        # besides. What is stated here holds in addition: only a header can limit who embeds a page.
        "default-src 'self' 'unsafe-inline' data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",  # the guide's pages contain the lab's
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",  # ask each time; the ETag makes the answer short
}
_MISSING = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>digitlab</title>
</head>
<body>
<h1>The guide is not built</h1>
<p>Run <code>make site</code> in digitlab's folder, and load this page again.</p>
<p lang="zh">指南还没有生成：在 digitlab 的文件夹里运行 <code>make site</code>，再刷新这一页。</p>
<p><a href="/">digitlab lab</a></p>
</body>
</html>
"""


def routes_of(folder: Path) -> list[BaseRoute]:
    """Return the paths of the site in a folder, which may be built later."""
    files = PageFiles(folder, headers=_HEADERS, types=_TYPES, html=True)

    async def guide(request: Request) -> Response:
        if not (folder / "index.html").is_file():
            return HTMLResponse(_MISSING, status_code=404)
        return await files.get_response(request.path_params["path"], request.scope)

    return [
        Route("/guide", lambda _: RedirectResponse("/guide/"), methods=["GET"]),
        Route("/guide/{path:path}", guide, methods=["GET"]),
    ]
