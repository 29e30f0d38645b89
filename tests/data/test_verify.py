"""Bytes are the catalog's or they are refused, and refusing them takes little memory."""

import gzip
import hashlib
import io
import tracemalloc

import pytest

from digitlab.data.catalog import DataFile
from digitlab.data.verify import SourceError, verified

CONTENT = bytes(range(256)) * 4
FILE = DataFile(name="made", size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.parametrize(
    "stored",
    [CONTENT, gzip.compress(CONTENT), gzip.compress(CONTENT[:99]) + gzip.compress(CONTENT[99:])],
    ids=["plain", "compressed", "compressed in two parts"],
)
def test_the_content_is_returned(stored: bytes):
    content = verified(FILE, io.BytesIO(stored))
    assert content.tobytes() == CONTENT
    assert content.flags.writeable  # PyTorch warns of arrays that are not


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (CONTENT + b"x", "more bytes instead of 1,024"),
        (CONTENT[:-1], "1,023 bytes instead of 1,024"),
        (CONTENT[:-1] + b"x", "altered"),
        (gzip.compress(CONTENT)[:-1], "damaged"),
        (gzip.compress(CONTENT)[:10] + b"\xff" * 99, "damaged"),
        (gzip.compress(CONTENT) + b"x", "damaged"),
    ],
    ids=["long", "short", "altered", "cut short", "no deflate data", "text behind"],
)
def test_other_content_is_refused(stored: bytes, message: str):
    with pytest.raises(SourceError, match=message):
        verified(FILE, io.BytesIO(stored))


def test_highly_compressed_data_does_not_fill_the_memory():
    bomb = gzip.compress(bytes(64 << 20))  # 64 KB
    tracemalloc.start()
    with pytest.raises(SourceError, match="more bytes"):
        verified(FILE, io.BytesIO(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_random_data_fits_its_largest_stored_size():
    noise = hashlib.shake_128(b"seed").digest(1 << 20)
    file = DataFile(name="noise", size=len(noise), sha256="")
    assert len(gzip.compress(noise, compresslevel=1)) <= file.largest_stored_size
    assert len(gzip.compress(noise, compresslevel=0)) <= file.largest_stored_size


def test_messages_can_be_printed_and_are_short():
    message = str(SourceError("\x1b[31m\n\N{RIGHT-TO-LEFT OVERRIDE}ümlaut\udcff" + "x" * 999))
    assert message.startswith(r"\x1b[31m\n\u202eümlaut\udcff")
    assert message.isprintable()
    assert len(message) == 300
