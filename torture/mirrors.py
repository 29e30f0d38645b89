"""Mirrors that serve anything but the right files, while `digitlab data` fetches a dataset."""

import gzip
import hashlib
import json
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.killing import KILLED
from torture.mirror_server import Mirror, serving
from torture.nursery import Outcome
from torture.sabotage import Sabotage

PROMISE = (
    "Whatever a mirror sends, nothing wrong is kept, memory stays bounded, and the next source is "
    "tried. Without a good source, one message says why each failed."
)
TESTS = (
    "tests/data/test_download.py",
    "tests/data/test_fetch.py",
    "tests/data/test_published.py",
)
_MOST_MEMORY = 100_000_000
"""Bytes that a fetch may take more than one from a good mirror."""
_OK = b"HTTP/1.1 200 OK\r\n"
_WINDOW = 3.0
"""Seconds after which a download that drips is given up here; in use, 30."""
_DRIPS = "drips"
"""In the name of a way that takes so long."""

Spoil = Callable[[Mirror, str, bytes], None]
"""Lets a mirror answer wrongly for a path that has these bytes."""


def made_up_files() -> dict[str, bytes]:
    """Return a dataset in MNIST's format by file name: 20 training and 10 test images."""
    random = np.random.default_rng(0)
    files = {}
    for part, count in (("train", 20), ("t10k", 10)):
        pixels = random.integers(0, 256, count * 28 * 28, np.uint8).tobytes()
        labels = (np.arange(count) % 10).astype(np.uint8).tobytes()
        files[f"{part}-images-idx3-ubyte"] = (
            struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + pixels
        )
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">4BI", 0, 0, 8, 1, count) + labels
    return files


def fetch(addresses: list[str], data_dir: str, window_seconds: float = 30.0) -> None:
    """Do what `digitlab data` does, as if these were MNIST's mirrors and these files MNIST's.

    A download that is too slow is given up after so many seconds.
    """
    from digitlab.data import catalog, download
    from torture.nursery_process import command

    contents = made_up_files()
    files = {
        name: catalog.DataFile(file.name, len(content), hashlib.sha256(content).hexdigest())
        for name, file in _files_of(catalog.MNIST).items()
        for content in [contents[file.name]]
    }
    catalog.CATALOG["mnist"] = replace(
        catalog.MNIST, **files, mirrors=tuple(addresses), npm_package=None, system_folders=()
    )
    download.download_into.__kwdefaults__["window_seconds"] = window_seconds
    download.download.__kwdefaults__["window_seconds"] = window_seconds
    command("data", "--json", "--data-dir", data_dir)


def _files_of(entry: Any) -> dict[str, Any]:
    names = ("train_images", "train_labels", "test_images", "test_labels")
    return {name: getattr(entry, name) for name in names}


def run(fault: Fault, bench: Bench) -> None:
    """Let the first of two mirrors be wrong in each way; then let both be."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    contents = made_up_files()
    with serving() as bad, serving() as good:
        good.served = {f"/{name}.gz": gzip.compress(it) for name, it in contents.items()}
        whole = _fetch(bench, [good.address])
        whole.check_worked()
        expected = json.loads(whole.out)["sha256"]
        for name, spoil in _ways(bench.short):
            window = _WINDOW if _DRIPS in name else 30.0
            for path, content in good.served.items():
                spoil(bad, path, content)
            with fault.attempt("a good mirror after a bad one", name):
                outcome = _fetch(bench, [bad.address, good.address], window)
                outcome.check_worked()
                expect(json.loads(outcome.out)["sha256"] == expected, "not the right files")
                _check_kept(bench, contents)
                more = outcome.peak_bytes - whole.peak_bytes
                expect(more < _MOST_MEMORY, f"{more / 1e6:.0f} MB of memory")
            if not bench.short:
                with fault.attempt("bad mirrors only", name):
                    outcome = _fetch(bench, [bad.address], window)
                    outcome.check_was_refused()
                    expect("no source has it" in outcome.err, outcome.err)
                    _check_kept(bench, {})
        _killed(fault, bench, good, contents, every=9 if bench.short else 1)


def _ways(short: bool) -> list[tuple[str, Spoil]]:
    """Return what a mirror does wrong; in the short form, every third way that takes no time."""
    if not short:
        return [*_WAYS.items()]
    return [(name, spoil) for name, spoil in _WAYS.items() if _DRIPS not in name][::3]


def _fetch(
    bench: Bench, addresses: list[str], window_seconds: float = 30.0, **options: Any
) -> Outcome:
    home = bench.trainings.fresh("fetched")
    return bench.nursery.call("torture.mirrors:fetch", addresses, home, window_seconds, **options)


def _check_kept(bench: Bench, contents: dict[str, bytes]) -> None:
    home = bench.home / "fetched" / "mnist"
    kept = {it.name: it.read_bytes() for it in home.iterdir() if it.name != ".lock"}
    expect(kept == contents, f"{sorted(kept)} is kept, not {sorted(contents)}")


def _killed(
    fault: Fault, bench: Bench, good: Mirror, contents: dict[str, bytes], *, every: int
) -> None:
    """Kill a fetch before each change of its folder, then fetch again."""
    home = bench.home / "fetched"
    for at in range(0, 1000, every):
        killed = _fetch(
            bench, [good.address], sabotage=Sabotage(kind="kill", folder=str(home), at=at)
        )
        if killed.code == 0:
            return
        with fault.attempt("killed while it fetches", f"before change {at}"):
            expect(killed.code == KILLED, f"exit code {killed.code}, not killed")
            again = bench.nursery.call("torture.mirrors:fetch", [good.address], home)
            again.check_worked()
            _check_kept(bench, contents)


def _sends(body: Callable[[bytes], bytes]) -> Spoil:
    """Serve something else with correct headers."""

    def spoil(mirror: Mirror, path: str, content: bytes) -> None:
        mirror.raw.pop(path, None)
        mirror.served[path] = body(content)

    return spoil


def _answers(answer: Callable[[bytes], bytes]) -> Spoil:
    """Write a whole answer, with whatever is wrong in it."""

    def spoil(mirror: Mirror, path: str, content: bytes) -> None:
        whole = answer(content)
        mirror.raw[path] = lambda write: write(whole)

    return spoil


def _drips(start: bytes, repeated: bytes) -> Spoil:
    return lambda mirror, path, _: mirror.drip(path, start, repeated)


def _floods(start: bytes, repeated: bytes) -> Spoil:
    return lambda mirror, path, _: mirror.flood(path, start, repeated) and None


def _redirect(target: str) -> Spoil:
    return _answers(lambda _: f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n".encode())


def _other_file(content: bytes) -> bytes:
    plain = bytearray(gzip.decompress(content))
    plain[-1] ^= 1
    return gzip.compress(bytes(plain))


_BOMB = gzip.compress(bytes(10_000_000))  # as large as the right file, compressed
_WAYS: dict[str, Spoil] = {
    "an HTML page": _sends(lambda _: b"<!doctype html><title>Sign in to this network</title>"),
    "nothing": _sends(lambda _: b""),
    "half a file": _sends(lambda content: content[: len(content) // 2]),
    "half a body": _answers(
        lambda it: _OK + b"Content-Length: %d\r\n\r\n" % len(it) + it[: len(it) // 2]
    ),
    "one other bit": _sends(_other_file),
    "a zip bomb": _sends(lambda _: _BOMB),
    "an endless body": _floods(_OK + b"\r\n", bytes(1 << 16)),
    "an endless header": _floods(_OK + b"x: ", b"x" * (1 << 16)),
    "endless chunks": _floods(
        _OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    ),
    "a status line that drips": _drips(b"HTTP/1.1 200 ", b"x"),
    "a header that drips": _drips(_OK + b"x: ", b"x"),
    "a body that drips": _drips(_OK + b"Content-Length: 999\r\n\r\n", b"x"),
    "a redirect to a file": _redirect(Path(__file__).as_uri()),
    "a redirect to itself": _redirect("/train-images-idx3-ubyte.gz"),
    "a redirect to nowhere": _redirect("http://127.0.0.1:9/"),
    "no HTTP": _answers(lambda _: b"\x16\x03\x01" + bytes(500)),
    "no answer": _answers(lambda _: b""),
    "an error": _answers(lambda _: b"HTTP/1.1 503 Busy\r\n\r\n"),
    "a missing file": _answers(lambda _: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
}
"""What a mirror does wrong."""
