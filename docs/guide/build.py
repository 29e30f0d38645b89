"""Build the guide: `python -m docs.guide.build [--prose] [CHAPTER ...]`.

Each chapter's source in `source/` is run once, and written four times: as Markdown and as a
notebook, in Chinese and in English. With `--prose` nothing is run: the outputs are taken from the
notebooks, which is enough if only the prose has changed.
"""

import argparse
from pathlib import Path
from typing import Any

import nbformat

from docs.guide import render
from docs.guide.chapters import LANGUAGES, Chapter, Mark, all_chapters
from docs.guide.run import Results, joined, kernel

GUIDE = Path(__file__).parent

_INDEX = {
    "zh": "# 初学者常问的 30 个问题\n\n每个问题都在指南里用能运行的代码回答。",
    "en": "# 30 questions that beginners ask\n\nThe guide answers each with code that runs.",
}


def stored_results(chapter: Chapter) -> Results:
    """Return what the chapter put out when it was last built, from its notebooks.

    Raises `ValueError` if its code has changed since.
    """
    notebooks = {it: nbformat.read(path_of(chapter, it, ".ipynb"), 4) for it in LANGUAGES}
    code: dict[str, list[Any]] = {
        language: [cell for cell in it.cells if cell.cell_type == "code"]
        for language, it in notebooks.items()
    }
    outputs = []
    for cell in chapter.cells:
        found = {it: code[it].pop(0) for it in LANGUAGES if code[it] and cell.is_shown_in(it)}
        stored = next(iter(found.values()), None)
        if stored is None or any(it.source != cell.code for it in found.values()):
            raise ValueError(f"{chapter.name}: its code has changed; build it without --prose")
        outputs.append(joined(stored.outputs))
    values: dict[str, str] = notebooks["en"].metadata["digitlab"]["values"]
    return Results(outputs=outputs, values=dict(values))


def path_of(chapter: Chapter, language: str, suffix: str) -> Path:
    """Return the file that a chapter is written to."""
    return GUIDE / language / f"{chapter.name}{suffix}"


def files_of(chapter: Chapter, results: Results) -> dict[Path, bytes]:
    """Return the files of a chapter: two pages, two notebooks, the figures."""
    files: dict[Path, bytes] = {}
    for language in LANGUAGES:
        text, figures = render.page(chapter, results, language)
        notebook = nbformat.writes(render.notebook(chapter, results, language))
        files[path_of(chapter, language, ".md")] = text.encode()
        files[path_of(chapter, language, ".ipynb")] = f"{notebook}\n".encode()
        files |= {GUIDE / "images" / name: content for name, content in figures.items()}
    return files


def places_of_questions(chapters: list[Chapter]) -> dict[int, Chapter]:
    """Return the chapter that answers each question; raise `ValueError` if two answer one."""
    places: dict[int, Chapter] = {}
    for chapter in chapters:
        for part in chapter.parts:
            if isinstance(part, Mark) and part.kind == "question":
                number = int(part.argument)
                if number in places:
                    raise ValueError(f"question {number} is answered twice")
                places[number] = chapter
    return dict(sorted(places.items()))


def index_of_questions(chapters: list[Chapter], language: str) -> str:
    """Return the page that lists the questions, each with a link to its answer."""
    texts = render.questions()
    lines = [
        f"{number}. [{texts[number][language]}]({chapter.name}.md#q{number})"
        for number, chapter in places_of_questions(chapters).items()
    ]
    return f"{_INDEX[language]}\n\n" + "\n".join(lines) + "\n"


def write_chapter(chapter: Chapter, results: Results) -> None:
    """Write a chapter's files, and remove the figures that it no longer has."""
    files = files_of(chapter, results)
    for image in (GUIDE / "images").glob(f"{chapter.name}-*.png"):
        if image not in files:
            image.unlink()
    write(files)


def write(files: dict[Path, bytes]) -> None:
    """Write files, and report those that changed."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            print(f"wrote {path.relative_to(GUIDE)}")


def main() -> None:
    """Build the chapters that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER")
    parser.add_argument("--prose", action="store_true", help="take the outputs from the notebooks")
    arguments = parser.parse_args()
    every = all_chapters()
    named = arguments.chapters
    chosen = [it for it in every if not named or any(it.name.startswith(n) for n in named)]
    if arguments.prose:
        for chapter in chosen:
            write_chapter(chapter, stored_results(chapter))
    else:
        with kernel() as running:
            for chapter in chosen:
                print(f"running {chapter.name}")
                write_chapter(chapter, running.run(chapter, fast=False))
    for language in LANGUAGES:
        write({GUIDE / language / "questions.md": index_of_questions(every, language).encode()})


if __name__ == "__main__":
    main()
