"""Write a chapter for its readers: as Markdown and as a notebook, in one language."""

import base64
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from digitlab.exercises.catalog import find_exercise
from docs.guide.chapters import Cell, Chapter, Mark, Prose, Shown
from docs.guide.run import Output, Results

GUIDE = Path(__file__).parent
_EXERCISE = {"zh": "## 练习", "en": "## Exercise"}
_CHECK = {
    "zh": "运行 `digitlab check {number} --lang zh`：第一次会写好一个起步文件；"
    "改好后再运行，它会检查。",
    "en": "Run `digitlab check {number}`: the first time it writes a file to start from; change it "
    "and run the command again to have it checked.",
}
_SOLUTION = {"zh": "参考答案", "en": "A solution"}
_FIGURE = {"zh": "图", "en": "Figure"}


def questions() -> dict[int, dict[str, str]]:
    """Return the questions by number, each in both languages."""
    read = tomllib.loads((GUIDE / "questions.toml").read_text("utf-8"))
    return {int(number): texts for number, texts in read.items()}


def page(chapter: Chapter, results: Results, language: str) -> tuple[str, dict[str, bytes]]:
    """Return a chapter as Markdown, and its figures by name."""
    blocks: list[str] = []
    figures: dict[str, bytes] = {}
    outputs = iter(results.outputs)
    for number, part in enumerate(chapter.parts):
        if isinstance(part, Cell):
            found = next(outputs) or []
            if not part.is_shown_in(language):
                continue
            blocks.append(f"```python\n{part.code}\n```")
            for output in found:
                if image := output.get("data", {}).get("image/png"):
                    name = f"{chapter.name}-{number}.png"  # the same in both languages
                    figures[name] = base64.b64decode(image)
                    blocks.append(f"![{_FIGURE[language]} {len(figures)}](../images/{name})")
                else:
                    blocks.append(f"```text\n{text_of(output)}\n```")
        else:
            blocks.append(_written(part, results, language, anchors=True))
    return "\n\n".join(blocks) + "\n", figures


def notebook(chapter: Chapter, results: Results, language: str) -> NotebookNode:
    """Return a chapter as a notebook."""
    cells: list[NotebookNode] = []
    outputs = iter(results.outputs)
    for part in chapter.parts:
        if isinstance(part, Cell):
            found = next(outputs) or []
            if part.is_shown_in(language):
                cells.append(new_code_cell(part.code, outputs=found))
        elif not (isinstance(part, Mark) and part.kind != "exercise"):
            cells.append(new_markdown_cell(_written(part, results, language, anchors=False)))
    for index, cell in enumerate(cells):
        cell["id"] = f"{chapter.name}-{index}"  # a random one would differ every time
    written = new_notebook(cells=cells)
    written.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
        digitlab={"values": results.values},
    )
    nbformat.validate(written)
    return written


def _written(part: Prose | Shown | Mark, results: Results, language: str, *, anchors: bool) -> str:
    if isinstance(part, Prose):
        return part.text(language, results.values)
    if isinstance(part, Shown):
        return part.text
    if part.kind == "exercise":
        return _exercise(int(part.argument), language)
    if part.kind == "lab":
        return f'<div class="lab" data-state="{part.argument}"></div>'
    return f'<a id="q{part.argument}"></a>' if anchors else ""


def _exercise(number: int, language: str) -> str:
    exercise = find_exercise(number)
    solution = (GUIDE / "solutions" / exercise.file).read_text("utf-8").rstrip()
    kind = "toml" if exercise.file.endswith(".toml") else "python"
    return "\n\n".join(
        [
            _EXERCISE[language],
            exercise.task.text(language),
            _CHECK[language].format(number=number),
            f"<details><summary>{_SOLUTION[language]}</summary>",
            f"```{kind}\n{solution}\n```",
            "</details>",
        ]
    )


def text_of(output: Output) -> str:
    """Return what an output shows as text; of an exception, its last line."""
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    text: Any = output.get("text") or output["data"]["text/plain"]
    return str(text).rstrip("\n")
