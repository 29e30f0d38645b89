"""The pages of the site in one language, as Markdown that zensical builds.

All pages of a language are in one flat folder: `README.md` becomes `index.md`, `docs/using.md`
becomes `using.md`, and `docs/guide/zh/01-data.md` becomes `01-data.md`. A page has the same name in
both languages, so `../en/NAME.html` and `../zh/NAME.html` lead from one to the other. The reference
pages are in both, in English.
"""

import re
from pathlib import Path
from posixpath import normpath

from digitlab.language import Language, Words

ROOT = Path(__file__).parents[2]

_START = {"README.md": "en", "README.zh-CN.md": "zh"}
_TITLE = Words(en="Start", zh="首页")
_REFERENCE = {
    "docs/using.md": Words(en="Reading pictures", zh="识别图片"),
    "docs/training.md": Words(en="Training your own", zh="训练自己的网络"),
    "docs/datasets.md": Words(en="Datasets", zh="数据集"),
    "docs/service.md": Words(en="The HTTP service", zh="HTTP 服务"),
    "docs/many-pictures.md": Words(en="Many pictures", zh="大量图片"),
    "docs/deploy.md": Words(en="Deploying the service", zh="部署服务"),
    "docs/lab.md": Words(en="The lab", zh="实验室"),
    "docs/ladder.md": Words(en="The ladder", zh="一步步变好"),
    "docs/results.md": Words(en="Results", zh="结果"),
    "docs/experiments.md": Words(en="What was tried", zh="试过什么"),
    "docs/speed.md": Words(en="Speed", zh="速度"),
    "docs/migrating.md": Words(en="Coming from elsewhere", zh="从别处来"),
    "docs/model-card-digits.md": Words(en="Model card: digits", zh="模型卡：数字"),
    "docs/model-card-pages.md": Words(en="Model card: pages", zh="模型卡：页面"),
    "docs/scale.md": Words(en="Scale", zh="规模"),
    "docs/reliability.md": Words(en="Reliability", zh="可靠性"),
}
_PROJECT = {
    "CONTRIBUTING.md": Words(en="Contributing", zh="参与开发"),
    "CHANGELOG.md": Words(en="Changelog", zh="更新记录"),
    "SECURITY.md": Words(en="Security", zh="安全"),
}
_HEADINGS = {
    "guide": Words(en="The guide", zh="指南"),
    "reference": Words(en="Reference", zh="参考（英文）"),
    "project": Words(en="The project", zh="项目（英文）"),
}
_LINK = re.compile(r'(?P<start>\]\(|\b(?:src|srcset|href)=")(?P<path>[^)"\s#]+)(?=[)"\s#])')
_CODE = re.compile(r"(^[ ]*```.*?^[ ]*```[ ]*$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(
    r'<picture>\s*<source [^>]*srcset="([^"]+)">\s*<img src="([^"]+)"([^>]*)>\s*</picture>'
)


def write_pages(folder: Path, language: Language) -> list[dict[str, object]]:
    """Write a language's pages and what they show into a folder; return the site's navigation.

    Raises `ValueError` for a link to something that is not on the site.
    """
    linked: set[str] = set()
    sections = sections_of(language)
    for source in (source for sources in sections.values() for source in sources):
        text = (ROOT / source).read_text("utf-8")
        page = _Page(source, language)
        (folder / page.name).write_text(page.written(text), "utf-8")
        linked |= page.files
    for file in linked:
        target = folder / place_of(file)[1]
        content = (ROOT / file).read_bytes()
        if target.exists() and target.read_bytes() != content:
            raise ValueError(f"two files would be {target.name} on the site; {file} is one")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
    return [
        {_TITLE.text(language): "index.md"},
        *(
            {_HEADINGS[kind].text(language): [_entry(source, language) for source in sources]}
            for kind, sources in sections.items()
            if kind in _HEADINGS
        ),
    ]


def sections_of(language: Language) -> dict[str, list[str]]:
    """Return the Markdown files of a language's pages, in the order of the navigation."""
    start = next(name for name, its in _START.items() if its == language)
    chapters = sorted((ROOT / "docs/guide" / language).glob("*.md"))  # numbered chapters first
    others = {f"docs/{it.name}" for it in (ROOT / "docs").glob("*.md")} - set(_REFERENCE)
    return {
        "start": [start],
        "guide": [str(it.relative_to(ROOT)) for it in chapters],
        "reference": [*_REFERENCE, *sorted(others)],
        "project": list(_PROJECT),
    }


def place_of(file: str) -> tuple[Language | None, str]:
    """Return where a file of the repository is on the site: its language, if any, and its name."""
    folder, _, name = file.rpartition("/")
    if file in _START:
        return _START[file], "index.md"
    if found := re.fullmatch(r"docs/guide/(en|zh)", folder):
        return found[1], name
    if file == "LICENSE":
        return None, "license.txt"
    if folder in ("docs", ""):
        return None, name.lower()
    return None, f"images/{name}"


def _entry(source: str, language: Language) -> str | dict[str, str]:
    name = place_of(source)[1]
    title = (_REFERENCE | _PROJECT).get(source)
    return {title.text(language): name} if title else name


class _Page:
    """A page on its way to the site."""

    def __init__(self, source: str, language: Language) -> None:
        self._source = source
        self._language = language
        self.name = place_of(source)[1]
        self.files: set[str] = set()
        """What it shows or links to, other than pages."""

    def written(self, text: str) -> str:
        """Return the page's Markdown with links that are right on the site."""
        pieces = _CODE.split(_two_pictures(text))
        pieces[::2] = [_LINK.sub(self._link, it) for it in pieces[::2]]
        its = place_of(self._source)[0] or "en"
        return f"---\nlang: {its}\n---\n\n{_as_python_markdown(''.join(pieces))}"

    def _link(self, found: re.Match[str]) -> str:
        return found["start"] + self._target(found["path"])

    def _target(self, path: str) -> str:
        if re.match(r"[a-z]+:", path):  # https:, mailto:
            return path
        folder = self._source.rpartition("/")[0]
        file = normpath(f"{folder}/{path}").lstrip("/")
        if not (ROOT / file).is_file():
            raise ValueError(f"{self._source} links to {path}, which is no file")
        its, name = place_of(file)
        if its not in (None, self._language):
            return f"../{its}/{name.removesuffix('.md')}.html"
        if not name.endswith(".md"):
            self.files.add(file)
        return name


def _two_pictures(text: str) -> str:
    """Replace a picture for each theme of the system by one for each theme of the page."""
    return _PICTURE.sub(
        r'<img class="only-light" src="\2"\3>\n<img class="only-dark" src="\1"\3>', text
    )


def _as_python_markdown(text: str) -> str:
    """Return text as GitHub understands it in the way that zensical's parser does."""
    return text.replace("<details>", '<details markdown="1">')
