"""Build the site: `python -m docs.site.build` (or `make site`).

The site is one folder, `site/`, which any web server can offer under any path, and which mostly
works from the file system. It has a copy for each language, and the lab's page, which the guide
embeds. `digitlab lab` serves it too, so it is copied to where the package finds it.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.lab.export import export_page
from digitlab.lab.guide import GUIDE
from digitlab.language import Language, Words
from docs.site.check import problems_of
from docs.site.pages import ROOT, write_pages
from docs.site.policy import with_policy

SITE = ROOT / "site"
LANGUAGES: tuple[Language, ...] = ("en", "zh")

_HERE = Path(__file__).parent
_NAMES = Words(en="English", zh="中文")
_NAME = Words(en="digitlab", zh="digitlab")
_DESCRIPTION = Words(
    en="Handwritten digits, from pixels to optimizer: every line and every number explained",
    zh="手写数字识别，从像素到优化器：每一行代码、每一个数都讲清楚",
)
_TO_DARK = Words(en="Switch to dark mode", zh="切换到深色")
_TO_LIGHT = Words(en="Switch to light mode", zh="切换到浅色")
_NO_LANDMARKS = {  # a screen reader would list the copy buttons of all code blocks
    '("nav",{class:"md-code__nav"})': '("div",{class:"md-code__nav"})'
}
_SEARCH_IN_CHINESE = {  # zensical 0.0.73 has these in English only
    '"aria-label":"Close search"': '"aria-label":"关闭搜索"',
    '"aria-label":"Filters"': '"aria-label":"筛选"',
    '"aria-label":"Search results"': '"aria-label":"搜索结果"',
    '"aria-label":"Search"': '"aria-label":"搜索"',
    'placeholder:"Search"': 'placeholder:"搜索"',
    'children:"Filters"': 'children:"筛选"',
    '"result":"results"': '"条结果":"条结果"',
    '"No results"': '"没有结果"',
    "Search is unavailable. Reload the page to try again.": "搜索不可用，请重新载入页面。",
    "Loading search": "正在载入搜索",
}
_NOT_PUBLISHED = ("404.html", "sitemap.xml", "objects.inv")  # they need the site's address


def build(folder: Path) -> None:
    """Write the site into a new folder.

    Raises `ValueError` if a link leads nowhere, a page would load anything from elsewhere, or
    zensical reports a problem.
    """
    for language in LANGUAGES:
        _build_language(folder / language, language)
    export_page(folder / "lab", steps=_steps_shown(folder))
    shutil.copytree(_HERE / "start", folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "src/digitlab/lab/page/icon.svg", folder)
    for page in folder.rglob("*.html"):
        _finish(page)
    if found := problems_of(folder):
        raise ValueError("\n".join(["the site has problems:", *found]))


def _steps_shown(folder: Path) -> set[int]:
    """Return the steps of the example's training at which the pages show the lab."""
    pages = (it.read_text("utf-8") for it in folder.rglob("*.html"))
    states = (it for page in pages for it in re.findall(r'data-state="([^"]*)"', page))
    return {int(it) for state in states for it in re.findall(r"\bstep=(\d+)", state)}


def _build_language(folder: Path, language: Language) -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        pages = work / "docs"
        pages.mkdir()
        navigation = write_pages(pages, language)
        shutil.copytree(_HERE / "assets", pages, dirs_exist_ok=True)
        shutil.copy(ROOT / "src/digitlab/lab/page/icon.svg", pages)
        settings = work / "mkdocs.yml"  # JSON is YAML
        settings.write_text(json.dumps(_settings(language, navigation)), "utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            report = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
            raise ValueError(f"zensical stopped:\n{report.partition('Traceback')[0].strip()}")
        for left_out in _NOT_PUBLISHED:
            (work / "site" / left_out).unlink(missing_ok=True)
        changes = _NO_LANDMARKS | (_SEARCH_IN_CHINESE if language == "zh" else {})
        _change_script(work / "site", changes)
        shutil.copytree(work / "site", folder)


def _finish(page: Path) -> None:
    """Add the policy to a page, and let no heading of a table be empty: screen readers read it."""
    text = re.sub(r"<th( [^>]*)?></th>", r"<td\1></td>", page.read_text("utf-8"))
    page.write_text(with_policy(text), "utf-8")


def _change_script(site: Path, changes: dict[str, str]) -> None:
    """Replace texts in the theme's script; raise `ValueError` if one is not there."""
    (script,) = site.glob("assets/javascripts/bundle.*.js")
    text = script.read_text("utf-8")
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"zensical's script does not contain {old}; see {Path(__file__).name}")
        text = text.replace(old, new)
    script.write_text(text, "utf-8")


def _settings(language: Language, navigation: list[dict[str, object]]) -> dict[str, Any]:
    """Return zensical's settings for the site in one language."""
    other: Language = "en" if language == "zh" else "zh"
    return {
        "site_name": _NAME.text(language),
        "site_description": _DESCRIPTION.text(language),
        "nav": navigation,
        "use_directory_urls": False,  # `zh/using.html` can be opened from the file system
        "theme": {
            "custom_dir": str(_HERE / "theme"),
            "language": language,
            "font": False,  # the system's
            "favicon": "icon.svg",
            "logo": "icon.svg",
            "features": [
                "content.code.copy",
                "navigation.footer",
                "navigation.sections",
                "navigation.top",
                "navigation.tracking",
                "search.highlight",
                "toc.follow",
            ],
            "palette": [
                _palette("light", "default", "lucide/moon", _TO_DARK.text(language)),
                _palette("dark", "slate", "lucide/sun", _TO_LIGHT.text(language)),
            ],
        },
        "plugins": ["search"],
        "extra": {
            "generator": False,
            "alternate": True,  # show theme/partials/alternate.html
            "other": {"language": other, "name": _NAMES.text(other)},
            "only_english": language == "zh",
        },
        "extra_css": ["site.css"],
        "extra_javascript": [{"path": "site.js", "defer": True}],
        "markdown_extensions": {
            "md_in_html": {},
            "tables": {"use_align_attribute": True},  # a style would be against the policy
            "toc": {
                "permalink": True,
                "slugify": {"object": "pymdownx.slugs.slugify", "kwds": {"case": "lower"}},
            },
            "pymdownx.arithmatex": {"generic": True},
            "pymdownx.highlight": {"pygments_lang_class": True},
            "pymdownx.magiclink": {},
            "pymdownx.superfences": {},
        },
    }


def _palette(theme: str, scheme: str, icon: str, name: str) -> dict[str, Any]:
    return {
        "media": f"(prefers-color-scheme: {theme})",
        "scheme": scheme,
        "primary": "custom",
        "accent": "custom",
        "toggle": {"icon": icon, "name": name},
    }


def main() -> None:
    """Build the site, and replace the old one."""
    with tempfile.TemporaryDirectory() as name:
        built = Path(name) / "site"
        try:
            build(built)
        except (DigitlabError, ValueError) as error:  # problems of the pages; no MNIST
            sys.exit(f"The site was not built: {error}")
        for folder in (GUIDE, SITE):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(built, folder)
    print(f"Open {SITE / 'index.html'} in a browser, or run `digitlab lab` and open /guide/.")


if __name__ == "__main__":
    main()
