"""Damaged pictures print nothing, disturb no other thread, and do not stop a forked child."""

import io
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.pictures.digit import prepare
from digitlab.pictures.quiet import quietly
from tests.pictures.drawn import file, seven
from tests.waiting import PATIENCE


def with_odd_tag() -> bytes:
    """Return a TIFF whose copyright tag points far beyond the end, which Pillow warns about."""
    exif = Image.Exif()
    exif[0x8298] = "a text of more than four bytes"
    content = bytearray(file(seven(), "TIFF", exif=exif))
    entry = content.index(b"\x98\x82\x02\x00")  # tag 0x8298, of type text
    content[entry + 8 : entry + 12] = (10**6).to_bytes(4, "little")
    return bytes(content)


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run Python code, which may use `PATIENCE`, in its own process, with every warning shown."""
    code = f"PATIENCE = {PATIENCE}\n{textwrap.dedent(program)}"
    return subprocess.run(
        [sys.executable, "-W", "default", "-c", code],
        capture_output=True, text=True, timeout=2 * PATIENCE, check=False,
    )  # fmt: skip


def test_an_odd_tag_is_ignored_here_and_warned_of_elsewhere() -> None:
    content = with_odd_tag()
    filters = list(warnings.filters)
    assert np.array_equal(prepare(content), prepare(seven()))  # a warning is an error in the tests
    assert list(warnings.filters) == filters
    with pytest.warns(UserWarning, match="Truncated|Corrupt|corrupt"):
        Image.open(io.BytesIO(content)).load()


def test_other_threads_get_their_warnings_meanwhile() -> None:
    content = with_odd_tag()
    started, warned = threading.Event(), threading.Event()

    def decode() -> None:
        with quietly():
            started.set()
            warned.wait(PATIENCE)

    thread = threading.Thread(target=decode)
    thread.start()
    assert started.wait(PATIENCE)
    try:
        with pytest.warns(UserWarning, match="Truncated|Corrupt|corrupt"):
            Image.open(io.BytesIO(content)).load()
    finally:
        warned.set()
        thread.join()


def test_damaged_files_print_nothing() -> None:
    """A process of its own, since libtiff writes to file descriptor 2, and might crash."""
    result = run("""
        import io, random
        import numpy as np
        from PIL import Image
        from digitlab.errors import PictureError
        from digitlab.pictures.digit import prepare

        exif = Image.Exif()
        exif[0x0112], exif[0x010E], exif[0x8298] = 6, "a description", "somebody"
        noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 48), np.uint8))
        files = []
        for mode, kind, options in [
            ("L", "TIFF", {"compression": "raw"}),
            ("L", "TIFF", {"compression": "tiff_lzw"}),
            ("RGB", "TIFF", {"compression": "tiff_adobe_deflate"}),
            ("RGBA", "TIFF", {"compression": "packbits"}),
            ("1", "TIFF", {"compression": "group4"}),
            ("1", "TIFF", {"compression": "group3"}),
            ("RGB", "TIFF", {"compression": "jpeg"}),
            ("F", "TIFF", {"compression": "tiff_lzw"}),
            ("L", "JPEG", {}),
            ("L", "PNG", {}),
        ]:
            stream = io.BytesIO()
            noise.convert(mode).save(stream, kind, exif=exif, **options)
            files.append(stream.getvalue())
        draw = random.Random(1)
        answers = refusals = 0
        for _ in range(800):
            content = bytearray(draw.choice(files))
            if draw.random() < 0.3:
                del content[draw.randrange(len(content)) :]
            for _ in range(draw.choice((1, 2, 5, 20))):  # most of them in the tags: at both ends
                limit = draw.choice((len(content), 300))
                place = draw.randrange(min(limit, len(content) or 1))
                if content:
                    content[draw.choice((place, -place))] = draw.randrange(256)
            try:
                prepare(bytes(content))
                answers += 1
            except PictureError:
                refusals += 1
        print(answers > 100, refusals > 100)
    """)
    assert (result.returncode, result.stdout, result.stderr) == (0, "True True\n", "")


@pytest.mark.parametrize(
    "place", ["PIL.PngImagePlugin.PngImageFile._open", "digitlab.pictures.open.gray_levels"]
)
def test_a_child_forked_while_a_thread_decodes_can_decode(place: str) -> None:
    """Whatever a decoding thread holds, the child has no thread that will ever release it."""
    result = run(f"""
        import io, os, pkgutil, signal, threading
        from PIL import Image
        from digitlab.pictures.digit import prepare

        stream = io.BytesIO()
        Image.new("L", (40, 40)).save(stream, "PNG")
        owner, _, name = {place!r}.rpartition(".")
        owner = pkgutil.resolve_name(owner)
        real, parent = getattr(owner, name), os.getpid()
        inside, released = threading.Event(), threading.Event()

        def blocked(*arguments, **options):
            if os.getpid() == parent:
                inside.set()
                released.wait()
            return real(*arguments, **options)

        setattr(owner, name, blocked)
        thread = threading.Thread(target=prepare, args=(stream.getvalue(),))
        thread.start()
        inside.wait()
        child = os.fork()
        if not child:
            signal.alarm(300)  # ends a child that hangs
            prepare(stream.getvalue())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        released.set()
        thread.join()
        print(os.waitstatus_to_exitcode(status))
    """)
    assert (result.returncode, result.stdout) == (0, "0\n"), result.stderr


def test_the_first_picture_imports_nothing(tmp_path: Path) -> None:
    """A child that is forked while a thread imports a module waits for that import forever."""
    image = Image.fromarray(seven())
    for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"):
        (tmp_path / kind).write_bytes(file(image, kind))
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "turned").write_bytes(file(image, "JPEG", exif=exif))
    (tmp_path / "MPO").write_bytes(file(image, "MPO", save_all=True, append_images=[image]))
    result = run(f"""
        import pathlib, sys
        from digitlab.errors import PictureError
        from digitlab.pages.read import read_page
        from digitlab.pictures.digit import prepare
        from digitlab.reader import Reader

        networks = Reader().networks
        files = [*pathlib.Path({str(tmp_path)!r}).iterdir()]
        before = set(sys.modules)
        for file in files:
            prepare(file)
            read_page(file, networks)
        try:
            prepare(b"no picture")
        except PictureError:
            print(len(files), set(sys.modules) - before)
    """)
    assert (result.returncode, result.stdout) == (0, "8 set()\n"), result.stderr


@pytest.mark.slow
def test_children_forked_at_any_moment_can_decode() -> None:
    result = run("""
        import io, os, signal, threading, warnings
        import numpy as np
        from PIL import Image
        from digitlab.pictures.digit import prepare

        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads, as Python 3.12
        noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8))
        files = []
        for kind in ("PNG", "JPEG", "TIFF", "GIF"):
            stream = io.BytesIO()
            noise.save(stream, kind)
            files.append(stream.getvalue())
        stop = threading.Event()

        def decode():
            while not stop.is_set():
                for content in files:
                    prepare(content)

        threads = [threading.Thread(target=decode) for _ in range(3)]
        for thread in threads:
            thread.start()
        codes = set()
        for number in range(40):
            child = os.fork()
            if not child:
                signal.alarm(PATIENCE)
                prepare(files[number % 4])
                os._exit(0)
            codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            if codes != {0}:
                break
        stop.set()
        for thread in threads:
            thread.join()
        print(codes)
    """)
    assert (result.returncode, result.stdout) == (0, "{0}\n"), result.stderr
