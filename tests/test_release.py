"""What is released: one version, the wheel's files, the same bytes each time, and that it works."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import digitlab

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "digitlab"
RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def build(target: str, out: Path, root: Path = ROOT, **variables: str) -> Path:
    """Build a wheel or an sdist as a front end would, without a network; return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    environment = os.environ | variables
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    (path,) = out.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("dist"))


def test_the_wheel_contains_the_package_and_nothing_else(wheel: Path):
    info = f"digitlab-{digitlab.__version__}.dist-info/"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = HeaderParser().parsestr(archive.read(f"{info}METADATA").decode())
        scripts = archive.read(f"{info}entry_points.txt").decode()
    about = {name for name in names if name.startswith(info)}
    files = {name.removeprefix("digitlab/") for name in names - about}
    assert {name.removeprefix(info) for name in about} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"),
    }
    assert files == {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    # The only kinds of files; the guide's site, which is there if it was built, has its own.
    kinds = {Path(name).suffix for name in files if not name.startswith("lab/guide/")}
    assert kinds == {
        *(".py", ".typed", ".onnx", ".json", ".jsonl", ".npz", ".html", ".js", ".css", ".svg"),
    }
    assert files >= {  # what is read when the program runs
        *("pretrained/model.onnx", "pretrained/model.json"),
        *("pretrained/page.onnx", "pretrained/page.json"),
        *("lab/page/index.html", "lab/example/model.onnx", "explain/measured.json", "py.typed"),
    }
    assert metadata["Version"] == digitlab.__version__
    assert metadata["License-Expression"] == "MIT"
    assert "digitlab = digitlab.cli.app:main" in scripts


def test_the_version_is_written_once():
    version = digitlab.__version__
    found = [
        path.relative_to(ROOT).as_posix()
        for path in [ROOT / "pyproject.toml", *PACKAGE.rglob("*.py")]
        if f'"{version}"' in path.read_text("utf-8")
    ]
    assert found == ["src/digitlab/version.py"]


def test_the_citation_and_the_changelog_name_the_release():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    version, date = RELEASE.findall(changelog)[0]
    assert version == digitlab.__version__
    assert f"\nversion: {version}\n" in citation
    assert f'\ndate-released: "{date}"\n' in citation


def test_the_changelog_has_the_form_of_keep_a_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## .*$", changelog, re.MULTILINE)
    assert headings[0] == "## [Unreleased]"
    assert all(RELEASE.fullmatch(heading) for heading in headings[1:])
    assert set(re.findall(r"^### (.*)$", changelog, re.MULTILINE)) <= KINDS
    dates = [date for _, date in RELEASE.findall(changelog)]
    assert dates == sorted(dates, reverse=True)


def test_everything_that_is_installed_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(it for extra in project["project"]["optional-dependencies"].values() for it in extra),
    ]
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    assert {normal_name(it) for it in needed} <= {normal_name(pin) for pin in pins}


def normal_name(requirement: str) -> str:
    """Return the name of the package that is required, as the package index spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;]", requirement)[0]).lower()


@pytest.mark.slow
def test_two_builds_have_the_same_bytes(wheel: Path, tmp_path: Path):
    """Here; and of what the sdist contains, with other times and permissions, in another zone."""
    sdist = build("sdist", tmp_path / "first")
    with tarfile.open(sdist) as archive:
        assert {(it.uid, it.gid, it.uname, it.gname) for it in archive} == {(0, 0, "", "")}
        archive.extractall(tmp_path / "copy", filter="data")
    (copy,) = (tmp_path / "copy").iterdir()
    for number, path in enumerate(copy.rglob("*.py")):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
        path.chmod(0o600)
    elsewhere = {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "1"}
    assert digest(build("wheel", tmp_path / "second", copy, **elsewhere)) == digest(wheel)
    (copy / "PKG-INFO").unlink()  # the build adds it
    assert digest(build("sdist", tmp_path / "second", copy, **elsewhere)) == digest(sdist)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def interpreter(version: str) -> str:
    """Return the path of a Python of this version; skip the test if there is none."""
    candidates = [
        shutil.which(f"python{version}"),
        *map(str, Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python")),
    ]
    for path in filter(None, candidates):
        probe = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:  # pyenv's shims exist for versions that are not chosen
            return path
    pytest.skip(f"Python {version} is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_wheel_in_an_empty_environment_reads_the_readmes_pictures(
    version: str, wheel: Path, tmp_path: Path
):
    def run(*words: object) -> str:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            list(map(str, words)),
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env=environment,
        ).stdout

    run(interpreter(version), "-m", "venv", tmp_path / "venv")
    installed = tmp_path / "venv" / "bin"
    run(installed / "pip", "install", "--constraint", ROOT / "constraints.txt", wheel)
    assert "torch" not in run(installed / "pip", "list")
    assert run(installed / "digitlab", "--version").strip() == digitlab.__version__
    images = ROOT / "docs" / "images"
    answer = json.loads(run(installed / "digitlab", "predict", "--json", images / "photograph.jpg"))
    assert answer["digit"] == 7
    assert (
        run(installed / "digitlab", "read", images / "page.jpg") == "34\n95 71\n22 9\n3634009299\n"
    )
