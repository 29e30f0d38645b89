"""Slow, broken and greedy clients: they are refused, and all others are still answered."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from digitlab.serve import protocol
from digitlab.serve.settings import Settings
from tests.serve.conftest import Live
from tests.waiting import PATIENCE
from torture.clients import POST, WRONG_REQUESTS, answer_on, connect, exchange, flooding
from torture.processes import many_open_files, memory_of

SMALL = Settings(max_bytes=10_000)


def test_a_length_that_is_too_large_is_refused_before_the_body(start: Callable):
    live = start(SMALL)
    for length in (b"10001", b"9" * 18):
        head = POST + b"Content-Length: " + length + b"\r\nExpect: 100-continue\r\n\r\n"
        answer = exchange(live.address, head)
        assert answer.startswith(b"HTTP/1.1 413"), answer
        assert b"larger than 0.01 MB, the limit" in answer


def test_bytes_are_counted_while_they_arrive(start: Callable):
    live = start(SMALL)
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    with connect(live.address) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3)
        assert answer_on(connection).startswith(b"HTTP/1.1 413")  # the body has no end yet
    assert live.app.state.intake.held == 0


def test_chunks_and_expect_continue(live: Live, seven: bytes):
    with connect(live.address) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for byte in (seven[:50], seven[50:]):
            connection.sendall(b"%x\r\n" % len(byte) + byte + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert b'"digit":7' in answer_on(connection)


def test_a_request_that_offers_http_2_keeps_its_body(live: Live, seven: bytes):
    """Java's client and `curl --http2` offer it with every request."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    request = POST + offer + b"Content-Length: %d\r\n\r\n" % len(seven) + seven
    for cut in (len(request), len(request) - len(seven), len(POST) + 30):  # what arrives together
        with connect(live.address) as connection:
            for part in (request[:cut], request[cut:]):
                connection.sendall(part)
                time.sleep(0.05)
            assert b'"digit":7' in answer_on(connection)
            connection.sendall(request)
            assert b'"digit":7' in answer_on(connection)
    assert exchange(live.address, b"CONNECT /predict HTTP/1.1\r\nHost: localhost\r\n\r\n")


@pytest.mark.parametrize("name", WRONG_REQUESTS)
def test_what_is_no_request_is_refused(name: str, live: Live):
    sent, status = WRONG_REQUESTS[name]
    with connect(live.address) as connection:
        with contextlib.suppress(OSError):  # it may be refused before all of it is sent
            connection.sendall(sent)
        answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 " + status), answer
    assert b'{"error": ' in answer or b'{"error":' in answer


def test_trailers_do_not_fill_the_memory(live: Live):
    with connect(live.address) as connection, contextlib.suppress(OSError):
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n")
        for _ in range(50):
            connection.sendall(b"A: a\r\n" * 1000)
        assert answer_on(connection)[9:12] in (b"400", b"431")
    assert live.get("/healthz").status_code == 200


def test_half_a_body_is_given_up(start: Callable, seven: bytes):
    live = start()
    with connect(live.address) as connection:
        connection.sendall(POST + b"Content-Length: 1000\r\n\r\n" + seven)
    live.app.state.intake.seconds = 0.1
    with connect(live.address) as connection:
        connection.sendall(POST + b"Content-Length: 1000\r\n\r\n" + seven)
        answer = answer_on(connection)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"within 0.1 seconds" in answer
        assert connection.recv(1) == b""
    assert live.app.state.intake.held == 0


def test_a_client_that_says_nothing_more_is_disconnected(start: Callable, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    live = start(SMALL)
    live.server.config.timeout_keep_alive = 0.2
    answered = POST + b"Content-Length: 20000\r\n\r\n"  # 413, and the body never comes
    second = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea"
    for sent in (b"", b"G", POST + b"A: ", answered + b"x", second):
        with connect(live.address) as connection:
            connection.sendall(sent)
            while connection.recv(65_536):
                pass  # what was answered, and then the end


def test_requests_in_one_piece_are_answered_in_order(live: Live):
    paths = ("/healthz", "/nothing", "/v2")
    sent = b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths)
    with connect(live.address) as connection:
        connection.sendall(sent + b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        received = b""
        while part := connection.recv(65_536):
            received += part
    assert received.count(b"HTTP/1.1 ") == 4
    places = [received.index(text) for text in (b'"ok"', b"'/nothing'", b'"binary_tensor_data"')]
    assert places == sorted(places)


def test_two_thousand_idle_connections(start: Callable, seven: bytes):
    with many_open_files(5_000) as allowed, contextlib.ExitStack() as stack:
        if allowed < 5_000:
            pytest.skip("this machine allows too few open files")
        live = start()
        before = memory_of(os.getpid())
        for index in range(2_000):
            connection = stack.enter_context(connect(live.address))
            if index % 2:
                connection.sendall(POST + b"Content-Le")
        assert live.post("/predict", seven).json()["digit"] == 7
        assert memory_of(os.getpid()) - before < 200e6


def test_large_bodies_share_a_limited_room(start: Callable, seven: bytes):
    live = start(SMALL)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(connect(live.address))
            connection.sendall(POST + b"Content-Length: 10000\r\n\r\n" + b"x" * 9_999)
        deadline = time.monotonic() + PATIENCE
        while live.app.state.intake.held < 39_996:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        reply = live.post("/predict", b"x" * 5_000)
        assert reply.status_code == 503
        assert "other large bodies" in reply.json()["error"]
        assert reply.headers["Retry-After"] == "1"
    while live.app.state.intake.held:
        time.sleep(0.01)
    assert live.post("/predict", seven).json()["digit"] == 7


@pytest.mark.slow
def test_a_flood_of_50_mb_bodies_leaves_others_served(start: Callable, seven: bytes):
    live = start()
    before = memory_of(os.getpid())
    with flooding(live.address):
        answers = [live.post("/predict", seven) for _ in range(50)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) > 25
    assert memory_of(os.getpid()) - before < 400e6


def test_a_client_that_reads_nothing_is_no_burden(live: Live, seven: bytes):
    with connect(live.address) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        with contextlib.suppress(OSError):
            connection.settimeout(0.2)
            for _ in range(2_000):
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert live.post("/predict", seven).json()["digit"] == 7


def test_as_many_make_room_as_arrive_at_the_same_moment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 3)

    async def arrive() -> None:
        config = Config(Mock(), interface="asgi3", lifespan="off", log_config=None)
        state, closed = ServerState(), []
        for number in range(8):  # before any of those that are closed is lost
            connection = protocol.BoundedProtocol(config, state, {})
            transport = Mock(**{"get_extra_info.return_value": None})
            transport.abort.side_effect = lambda number=number: closed.append(number)
            transport.is_closing.return_value = False
            connection.connection_made(transport)
            if number == 0:
                connection.data_received(b"GET")  # it is slow, but not silent
        assert closed == [1, 2, 3, 4, 5]
        assert len(state.connections) == 3
        for connection in [*state.connections]:
            connection.connection_lost(None)

    asyncio.run(arrive())


def test_a_client_who_says_nothing_makes_room_for_one_who_does(
    start: Callable, seven: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 3)
    live = start()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(live.address)) for _ in range(3)]
        length = b"Content-Length: %d\r\n\r\n" % len(seven)
        asking = [stack.enter_context(connect(live.address)) for _ in range(3)]
        for connection in asking:
            connection.sendall(POST + length + seven[:50])
        for connection in idle:
            assert connection.recv(1) == b""  # closed: there is no room for all
        for connection in asking:
            connection.sendall(seven[50:])
            assert b'"digit":7' in answer_on(connection)
