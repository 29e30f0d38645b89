"""Pictures to read, as tar shards of any total size, written as fast as the disk takes them."""

import io
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PER_SHARD = 10_000  # at most
_SHARDS = 10  # at least, so that several processes have something to do
_DRAWINGS = 100  # different ones
_END = bytes(1024)  # of every tar file


@cache
def _members(kind: str) -> list[bytes]:
    """Return different pictures as PNG, each as a tar file has it: a header, then the content."""
    from benchmarks.reading_speed import drawing, png
    from digitlab.data.load import load_dataset

    if kind == "28x28":
        pictures = [png(image, "L") for image in load_dataset().test_images]
    else:
        pictures = [png(drawing(seed), "RGBA") for seed in range(_DRAWINGS)]
    return [_member(f"{place:05}.png", it) for place, it in enumerate(pictures)]


def _member(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        return stream.getvalue()


def write_shards(folder: Path, kind: str, pictures: int) -> int:
    """Write so many pictures into tar files in a new folder; return the bytes that they take.

    They are MNIST's 10,000 test images (`28x28`), or 100 drawings as a browser saves them
    (`280x280`), over and over.
    """
    folder.mkdir()
    size = 0
    for number, places in enumerate(_shares(pictures)):
        members = _members(kind)
        content = b"".join([*(members[it % len(members)] for it in places), _END])
        (folder / f"{number:05}.tar").write_bytes(content)
        size += len(content)
    return size


def _shares(pictures: int) -> Iterator[range]:
    """Divide the places of all pictures among the shards."""
    size = min(_PER_SHARD, -(-pictures // _SHARDS))
    for start in range(0, pictures, size):
        yield range(start, min(start + size, pictures))


def write_empty_files(folder: Path, count: int) -> int:
    """Write so many empty files that are named like pictures, 1,000 in each folder."""
    folder.mkdir()
    for number in range(count):
        inner = folder / f"{number // 1000:06}"
        if number % 1000 == 0:
            inner.mkdir()
        (inner / f"{number % 1000:03}.png").touch()
    return 0
