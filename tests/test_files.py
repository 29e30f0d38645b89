"""A file is written completely or not at all, nothing temporary stays, and errors name it."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from digitlab.files import _machine, read_bytes, remove_leftovers, write_whole


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_new_and_replaced(tmp_path: Path):
    path = tmp_path / "a.txt"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert names_in(tmp_path) == ["a.txt"]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("fault", ["fsync", "replace", "write"])
def test_a_fault_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
):
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if fault == "write":
            limits = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
        else:
            patch.setattr(*(("os.fsync", fail) if fault == "fsync" else (Path, "replace", fail)))
        try:
            with pytest.raises(OSError, match=r"No space left|File too large") as raised:
                write_whole(path, b"after, and longer")
        finally:
            if fault == "write":
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.filename == str(path)
    assert path.read_bytes() == b"before"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_folder_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(tmp_path / "no" / "a.txt", b"")
    assert raised.value.filename == str(tmp_path / "no" / "a.txt")


def test_a_link_is_followed_and_a_long_name_is_no_trouble(tmp_path: Path):
    real = tmp_path / ("n" * 250)
    link = tmp_path / "link"
    link.symlink_to(real)
    write_whole(link, b"one")
    assert real.read_bytes() == b"one"
    assert link.is_symlink()


def test_a_pipe_is_written_to():
    program = (
        "from pathlib import Path; from digitlab.files import write_whole;"
        "write_whole(Path('/dev/stdout'), b'picture')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"picture"


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path):
    """Neither other programs' files, nor those of a process that may still be writing."""
    parent = f".{os.getppid()}-12345678.digitlab.tmp"
    elsewhere = ".999999999-12345678-89abcdef.digitlab.tmp"  # in a folder that machines share
    kept = [".vimrc.tmp", "a.tmp", ".b", parent, elsewhere]
    here = f".999999999-12345678{_machine()}.digitlab.tmp"
    for name in (".999999999-12345678.digitlab.tmp", here, *kept):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert names_in(tmp_path) == sorted(kept)


def test_a_file_keeps_its_permissions(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.touch(mode=0o600)
    write_whole(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_name_as_long_as_the_system_allows(tmp_path: Path):
    path = tmp_path / ("名" * 85)  # 255 bytes
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux")
def test_a_file_that_opens_but_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "card.json").symlink_to("/proc/self/mem")  # reading its first byte fails
    with pytest.raises(OSError, match=r"card\.json"):
        read_bytes(tmp_path / "card.json")
