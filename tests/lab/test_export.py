"""The page as a folder: what it refuses, and how modules become one script."""

import subprocess
from pathlib import Path

import pytest

from digitlab.errors import DigitlabError
from digitlab.lab.export import export_page, joined_scripts


def test_modules_are_joined_in_the_order_of_their_imports(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'import { b as c, D } from "./b.js";\nimport * as e from "./e.js";\n'
        "console.log(c(2), new D().x, e.f);\n"
    )
    (tmp_path / "b.js").write_text(
        'import { f } from "./e.js";\n\nexport function b(x) {\n  return x + f;\n}\n'
        "export class D {\n  x = 5;\n}\n"
    )
    (tmp_path / "e.js").write_text("export const f = 40;\n")
    script = joined_scripts(tmp_path, "a.js")
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout == "42 5 40\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { a } from "./a.js";\n', "import each other"),
        ("export default 3;\n", "export default 3;"),
    ],
)
def test_other_modules_are_refused(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "a.js").write_text(source)
    with pytest.raises(DigitlabError, match=message):
        joined_scripts(tmp_path, "a.js")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(DigitlabError, match=r"other files, such as letter\.txt"):
        export_page(tmp_path)
    with pytest.raises(DigitlabError, match="is a file"):
        export_page(tmp_path / "letter.txt")
    assert [it.name for it in tmp_path.iterdir()] == ["letter.txt"]
