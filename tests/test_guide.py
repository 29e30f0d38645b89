"""The guide: both languages are what its sources say, and its code still puts out what it shows."""

import ast
import base64
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from PIL import Image

from digitlab.exercises.catalog import MODULES, find_exercise
from digitlab.exercises.exercise import NotYet
from docs.guide import build, compare, render
from docs.guide.chapters import LANGUAGES, Chapter, Mark, Prose, all_chapters, parts_of
from docs.guide.run import Kernel, kernel

CHAPTERS = all_chapters()
EXERCISES = [find_exercise(number) for number in MODULES]
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda it: it.name)
QUICK = ("01-data", "08-using")  # to run the others takes a minute of a core or more
quick_chapter_or_slow = pytest.mark.parametrize(
    "chapter",
    [
        pytest.param(it, id=it.name, marks=[] if it.name in QUICK else pytest.mark.slow)
        for it in CHAPTERS
    ],
)
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda it: it.file)


@pytest.fixture(scope="module")
def running() -> Iterator[Kernel]:
    with kernel() as started:
        yield started


def check_outputs(chapter: Chapter, running: Kernel, *, fast: bool) -> None:
    stored = build.stored_results(chapter)
    found = running.run(chapter, fast=fast)
    problems = []
    for cell, before, after in zip(chapter.cells, stored.outputs, found.outputs, strict=True):
        if after is not None:
            different = compare.differences(before or [], after, cell.tags)
            problems += [f"{cell.code}\n-> {it}" for it in different]
    assert not problems, "\n\n".join(problems)


@quick_chapter_or_slow
def test_the_code_puts_out_what_the_guide_shows(chapter: Chapter, running: Kernel):
    check_outputs(chapter, running, fast=True)


@every_chapter
def test_what_the_code_imports_is_there(chapter: Chapter):
    plain = TransformerManager().transform_cell
    for cell in chapter.cells:
        for it in ast.walk(ast.parse(plain(cell.code))):
            if isinstance(it, ast.ImportFrom) and str(it.module).startswith("digitlab"):
                exec(ast.unparse(it), {})


@pytest.mark.slow
@every_chapter
def test_so_do_the_slow_cells(chapter: Chapter, running: Kernel):
    if any("slow" in cell.tags for cell in chapter.cells):
        check_outputs(chapter, running, fast=False)


@every_chapter
def test_pages_and_notebooks_are_what_the_source_says(chapter: Chapter):
    for path, content in build.files_of(chapter, build.stored_results(chapter)).items():
        assert path.read_bytes() == content, "run `python -m docs.guide.build --prose`"


@every_chapter
def test_nothing_of_this_machine_is_published(chapter: Chapter):
    for path in build.files_of(chapter, build.stored_results(chapter)):
        if path.suffix != ".png":
            text = path.read_text("utf-8")
            assert "site-packages" not in text
            assert "\x1b[" not in text
            assert "\\u001b" not in text
            assert str(build.GUIDE.parents[1]) not in text


@every_chapter
def test_both_languages_have_the_same_numbers_and_code(chapter: Chapter):
    for part in chapter.parts:
        if isinstance(part, Prose):
            numbers, code = (
                [found(it) for it in (part.zh, part.en)] for found in (_numbers, _code)
            )
            assert numbers[0] == numbers[1], part.en
            assert code[0] == code[1], part.en


def _numbers(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+(?:[.,]\d+)*", text))


def _code(text: str) -> Counter[str]:
    return Counter(re.findall(r"`([^`]+)`", text.replace(" --lang zh", "")))


@every_chapter
def test_both_languages_have_the_same_headings(chapter: Chapter):
    for part in chapter.parts:
        if isinstance(part, Prose):
            levels = [re.findall(r"^#+(?= )", it, re.MULTILINE) for it in (part.zh, part.en)]
            assert levels[0] == levels[1]


def test_every_question_is_answered_once_by_something_that_runs():
    places = build.places_of_questions(CHAPTERS)
    assert set(places) == set(render.questions())
    for number, chapter in places.items():
        start = chapter.parts.index(Mark(kind="question", argument=str(number)))
        answer = []
        for part in chapter.parts[start + 2 :]:  # after the mark and its heading
            if isinstance(part, Prose) and part.en.startswith("#"):
                break
            answer.append(part)
        assert any(part in chapter.cells for part in answer), f"question {number} runs nothing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_index_of_questions_is_up_to_date(language: str):
    written = (build.GUIDE / language / "questions.md").read_text("utf-8")
    assert written == build.index_of_questions(CHAPTERS, language)


@every_exercise
def test_the_solution_passes_and_the_starter_does_not(exercise, tmp_path: Path):
    solution = build.GUIDE / "solutions" / exercise.file
    assert len(list(exercise.check(solution))) >= 1
    for language in LANGUAGES:
        starter = tmp_path / language / exercise.file
        starter.parent.mkdir()
        starter.write_text(exercise.starter.text(language), "utf-8")
        with pytest.raises(NotYet):
            list(exercise.check(starter))


@every_exercise
def test_both_starters_are_the_same_but_for_their_comments(exercise):
    if exercise.file.endswith(".toml"):
        assert tomllib.loads(exercise.starter.en) == tomllib.loads(exercise.starter.zh)
    else:
        assert _without_docstrings(exercise.starter.en) == _without_docstrings(exercise.starter.zh)


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            body[0] = ast.Pass()
    return ast.dump(tree)


def test_every_chapter_but_the_last_has_an_exercise():
    marked = [
        part.argument
        for chapter in CHAPTERS
        for part in chapter.parts
        if isinstance(part, Mark) and part.kind == "exercise"
    ]
    assert marked == [str(number) for number in MODULES]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("text\n", "in no block"),
        ("::: zh\n一\n::: en\n\n:::\n", "missing in one language"),
        ("```python quick\n1\n```\n", "unknown tags quick"),
    ],
)
def test_a_source_with_something_out_of_place_is_refused(source: str, problem: str):
    with pytest.raises(ValueError, match=problem):
        parts_of(source)


def text(shown: str) -> list[dict[str, str]]:
    return [{"output_type": "stream", "name": "stdout", "text": shown}]


def picture(gray: int) -> list[dict[str, object]]:
    png = io.BytesIO()
    Image.new("L", (40, 30), gray).save(png, "PNG")
    data = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": "<Figure>"}
    return [{"output_type": "display_data", "data": data}]


def test_figures_are_compared_by_their_content():
    assert not compare.differences(picture(200), picture(201))
    assert compare.differences(picture(200), picture(205))
    assert compare.differences(picture(200), picture(0), {"rough"})


def test_outputs_are_compared_by_their_numbers():
    assert not compare.differences(text("loss 2.3021\n"), text("loss 2.3022\n"))
    assert compare.differences(text("loss 2.30\n"), text("loss 2.35\n"))
    assert not compare.differences(text("loss 2.30\n"), text("loss 2.35\n"), {"rough"})
    assert not compare.differences(text("11% correct\n"), text("12% correct\n"), {"rough"})
    assert compare.differences(text("11% correct\n"), text("13% correct\n"), {"rough"})
    assert compare.differences(text("11% correct\n"), text("12% correct\n"))
    assert compare.differences(text("loss 2.30\n"), text("loss 3.30\n"), {"rough"})
    assert not compare.differences(text("2.30 s\n"), text("9.5 s\n"), {"volatile"})
    assert compare.differences(text("loss 2.30\n"), text("accuracy 2.30\n"), {"rough"})
    assert compare.differences(text("loss 2.30\n"), [])
