"""A download ends, with the whole body or with a `SourceError`, whatever the server sends."""

from pathlib import Path

import pytest
from rich.console import Console

from digitlab.data.download import download
from digitlab.data.verify import SourceError
from torture.mirror_server import Mirror

OK = b"HTTP/1.1 200 OK\r\n"
QUIET = Console(quiet=True)


def fetched(mirror: Mirror, answer: bytes) -> bytes:
    mirror.raw["/file"] = lambda write: write(answer)
    return download(f"{mirror.address}file", 1000, QUIET)


@pytest.mark.parametrize(
    "headers",
    [
        *(b"Content-Length: 4\r\n", b"Content-Length: abc\r\n", b""),
        *(b"Content-Encoding: gzip\r\n", b"Content-Encoding: unheard-of\r\n"),
    ],
    ids=["usual", "size is no number", "no size", "said to be gzip", "unknown encoding"],
)
def test_the_body_is_returned_as_it_was_sent(mirror: Mirror, headers: bytes):
    assert fetched(mirror, OK + headers + b"\r\nbody") == b"body"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (OK + b"Content-Length: 9\r\n\r\nbody", "IncompleteRead"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nbody", "InvalidChunkLength|Protocol"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\xff\xfe\r\n\r\n", "UnicodeDecodeError"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", "Invalid"),
        (b"HTTP/1.1 302 Found\r\nLocation: /file\r\n\r\n", "TooManyRedirects"),
        (b"HTTP/1.1 503 Busy\r\n\r\n", "503"),
        (b"HTTP/1.1 abc\r\n\r\n", "BadStatusLine|ConnectionError"),
        (OK + b"x: y\r\n" * 1000 + b"\r\n", "ConnectionError"),
        (b"", "ConnectionError"),
    ],
    ids=[
        *("half a body", "bad chunk", "redirect to no text", "redirect to no address"),
        *("redirect to itself", "error", "no status", "too many headers", "no answer"),
    ],
)
def test_a_faulty_answer_is_a_source_error(mirror: Mirror, answer: bytes, message: str):
    with pytest.raises(SourceError, match=message):
        fetched(mirror, answer)


def test_a_redirect_leads_to_other_servers_but_to_no_file(mirror: Mirror, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    mirror.served["/moved"] = b"body"
    redirect = b"HTTP/1.1 302 Found\r\nLocation: %b\r\n\r\n"
    assert fetched(mirror, redirect % b"/moved") == b"body"
    with pytest.raises(SourceError, match="InvalidSchema"):
        fetched(mirror, redirect % secret.as_uri().encode())


def test_no_more_is_read_than_the_catalog_allows(mirror: Mirror):
    sent = mirror.flood("/file", OK + b"\r\n", bytes(1 << 16))
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        download(f"{mirror.address}file", 1000, QUIET)
    assert sum(sent) < 32 << 20  # what the system's buffers hold


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_body_of_a_redirect_is_not_read(mirror: Mirror, encoding: str):
    start = f"HTTP/1.1 302 Found\r\nLocation: /moved\r\nContent-Encoding: {encoding}\r\n\r\n"
    sent = mirror.flood("/file", start.encode(), bytes(1 << 16))
    mirror.served["/moved"] = b"body"
    assert download(f"{mirror.address}file", 1000, QUIET) == b"body"
    assert sum(sent) < 32 << 20


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 ", b"x"),
        (OK + b"x: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Content-Length: 999\r\n\r\n", b"x"),
        (OK + b"\r\n" + bytes(20_000), b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n"),
    ],
    ids=[
        *("silence", "status line", "header", "interim answers"),
        *("body", "body after a fast start", "trailer"),
    ],
)
def test_an_answer_that_drips_is_given_up(mirror: Mirror, start: bytes, repeated: bytes):
    mirror.drip("/file", start, repeated)
    with pytest.raises(SourceError, match="slower than 5,000 bytes per second"):
        download(f"{mirror.address}file", 99_999, QUIET, window_seconds=0.2)


def test_a_download_that_is_fast_enough_goes_on_beyond_a_window(mirror: Mirror):
    mirror.drip("/file", OK + b"Content-Length: 5\r\n\r\n", b"x")
    body = download(f"{mirror.address}file", 1000, QUIET, window_seconds=0)  # needs 0 bytes in 0 s
    assert body == b"xxxxx"


def test_control_characters_from_a_server_are_escaped(mirror: Mirror):
    with pytest.raises(SourceError) as caught:
        fetched(mirror, b"HTTP/1.1 404 \x1b]0;title\x07\x9b2J gone\r\n\r\n")
    message = str(caught.value)
    assert message.isprintable()
    assert r"404 Client Error: \x1b]0;title\x07" in message
