"""The description as a page for people, `/docs`: one file of HTML, without scripts."""

import base64
import hashlib
import json
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: #8881; padding: 0.75rem; overflow: auto; max-height: 20rem; border-radius: 4px; }
table { border-collapse: collapse; }
td { padding: 0.1rem 1rem 0.1rem 0; vertical-align: top; }
.method { border: 1px solid; border-radius: 4px; padding: 0 0.4rem; margin-right: 0.4rem; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"


async def docs_page(request: Request) -> Response:
    """Answer with the page."""
    html = page_of(request.app.state.description, str(request.base_url))
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


def page_of(description: dict[str, Any], url: str) -> str:
    """Return the page for a description of the service at `url`."""
    info = description["info"]
    paths = "".join(
        _operation(method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}'
        '</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(info['title'])} "
        f"{escape(info['version'])}</h1><p>{escape(info['summary'])} {escape(info['description'])}"
        '</p><p>For programs: <a href="/openapi.json">/openapi.json</a></p>'
        "<p>Try: <code>curl --data-binary @seven.png "
        f"{escape(url)}predict</code></p><main>{paths}</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    statuses = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(response['description'])}</td></tr>"
        for status, response in operation["responses"].items()
    )
    body = operation.get("requestBody", {}).get("content", {})
    takes = f"<p>Takes: {', '.join(f'<code>{escape(kind)}</code>' for kind in body)}</p>"
    return (
        f'<h2 id="{escape(operation["operationId"])}"><span class="method">{method.upper()}</span>'
        f"<code>{escape(path)}</code></h2><p>{escape(operation['summary'])}.</p>"
        f"<p>{escape(operation.get('description', ''))}</p>{takes if body else ''}"
        f"{_examples('Request', body)}"
        f"{_examples('Answer', operation['responses']['200'].get('content', {}))}"
        f"<details><summary>Statuses</summary><table>{statuses}</table></details>"
    )


def _examples(title: str, content: dict[str, Any]) -> str:
    shown = ""
    for kind, described in content.items():
        examples = described.get("examples", {})
        if "example" in described:
            examples = {"": {"summary": "", "value": described["example"]}}
        for example in examples.values():
            text = json.dumps(example["value"], indent=None)
            name = ": ".join(filter(None, (f"{title}, {kind}", example["summary"])))
            shown += f"<p>{escape(name)}</p><pre>{escape(text)}</pre>"
    return shown
