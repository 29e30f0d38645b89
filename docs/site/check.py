"""Check a built site: every link leads somewhere, and nothing is loaded from elsewhere."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINKS = {"href", "src", "srcset", "poster", "data", "data-md-copy-url"}
_CSS_URL = re.compile(r"""(?:url\(\s*|@import\s+)(?!["']?(?:data:|#))["']?([^"')\s;]+)""")


@dataclass
class _Parsed(HTMLParser):
    """The ids and links of a page."""

    text: str
    ids: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    """Each with the element that has it."""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in _LINKS and value:
                self.links.append((tag, value))
            elif name == "style" or name.startswith("on"):
                self.links.append((tag, f"{name}="))  # the policy forbids them


def problems_of(site: Path) -> list[str]:
    """Return what is wrong with a site, each as a sentence."""
    pages = {path: _Parsed(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        name = path.relative_to(site)
        for tag, link in page.links:
            if problem := _problem(path, tag, link, pages):
                problems.append(f"{name}: {problem}")
    for path in sorted(site.rglob("*.css")):
        for link in _CSS_URL.findall(path.read_text("utf-8")):
            if problem := _problem(path, "url()", link, pages):
                problems.append(f"{path.relative_to(site)}: {problem}")
    return problems


def _problem(path: Path, tag: str, link: str, pages: dict[Path, _Parsed]) -> str | None:
    parts = urlsplit(link)
    if link in ("style=", "onclick="):
        return f"<{tag}> has an attribute {link}..., which the page's policy forbids"
    if parts.scheme == "data" or (tag == "a" and parts.scheme in ("http", "https", "mailto")):
        return None
    if parts.scheme or parts.netloc:
        return f"<{tag}> loads {link}"
    if parts.path.startswith("/"):
        return f"{link} works only if the site is at the root of a server"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        return f"{link} is a folder, which a browser does not open from the file system"
    if not target.exists():
        return f"{link} leads nowhere"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].ids:
        return f"{link} leads to no place of that page"
    return None
