"""Pictures in a folder and in archives, in small parts."""

import io
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.data.dataset import Dataset

SIZE = 3  # pictures in a part


def png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def write_tar(path: Path, members: Iterable[tuple[str, bytes]], mode: str = "w") -> None:
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def inputs(tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with seven pictures, one of them broken, and a tar file with two."""
    for command in ("predict", "read"):
        monkeypatch.setitem(_sizes(), command, SIZE)
    folder = tmp_path / "inputs"
    folder.mkdir()
    for place in range(7):
        (folder / f"{place}.png").write_bytes(png(mnist.test_images[place]))
    (folder / "4.png").write_bytes(b"no picture")
    members = [(f"{place}.png", png(mnist.test_images[place])) for place in (7, 8)]
    write_tar(folder / "shard.tar", members)
    return folder


def _sizes() -> dict[str, int]:
    from digitlab.cli import parts

    return parts._SIZES


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Return a function that returns all files of a folder, hidden ones included."""
    return lambda folder: {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
