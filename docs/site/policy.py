"""The content security policy of a page: nothing from elsewhere, and no script but the page's own.

Zensical writes a few small scripts and styles into its pages. Each is allowed by its hash, so the
policy stays as strict as if there were none.
"""

import base64
import hashlib
import re

_META = '<meta http-equiv="Content-Security-Policy"'
_SEARCH_STYLE = "'sha256-NwSx/R2V/U4jnW0Tq5pQ53Y/rzPVJ4dqE7D6UTA/J1k='"
"""The style sheet that the search of zensical 0.0.73 puts into the page when it starts."""

_INLINE = {
    "script": re.compile(r"<script>(.*?)</script>", re.DOTALL),
    "style": re.compile(r"<style>(.*?)</style>", re.DOTALL),
}


def with_policy(text: str) -> str:
    """Return a page with its policy, unless it has one, as the lab's has."""
    if _META in text:
        return text
    start = text.index("<head>") + len("<head>")
    return f'{text[:start]}{_META} content="{policy_of(text)}">{text[start:]}'


def policy_of(text: str) -> str:
    """Return the policy of a page."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_sources(text, 'script')}",
            f"style-src {_sources(text, 'style')} {_SEARCH_STYLE}",
            "img-src 'self' data:",  # the icons in the theme's style sheet
            "font-src 'self'",
            "connect-src 'self'",  # what is searched
            "worker-src 'self'",
            "frame-src 'self'",  # the lab
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _sources(text: str, kind: str) -> str:
    hashes = {_hash(it) for it in _INLINE[kind].findall(text)}
    return " ".join(["'self'", *sorted(hashes)])


def _hash(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
