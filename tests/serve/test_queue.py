"""What waits is answered together; a full queue refuses; who went away costs nothing."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from digitlab.errors import DigitlabError
from digitlab.prediction import Prediction
from digitlab.serve.settings import Settings
from tests.serve.conftest import Live
from tests.waiting import PATIENCE
from torture.clients import connect


class Gate:
    """Stands for a network that answers only when it is let: remembers what it was given."""

    def __init__(self, live: Live) -> None:
        self.opened = threading.Event()
        self.batches: list[int] = []
        self.live = live

    def predict_many(self, pictures: list[bytes]) -> list[Prediction]:
        self.batches.append(len(pictures))
        assert self.opened.wait(PATIENCE)
        if any(b"poison" in picture for picture in pictures):
            raise DigitlabError("the network failed")
        return [Prediction(error=picture.decode("latin-1")[-3:]) for picture in pictures]

    def wait_for_the_first(self) -> None:
        until(lambda: self.batches == [1])  # at work: no other can join it

    def wait_for(self, waiting: int) -> None:
        until(lambda: self.live.service.quick.waiting == waiting)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@contextmanager
def closed_gate(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(live)
    monkeypatch.setattr(live.service.reader, "predict_many", gate.predict_many)
    try:
        yield gate
    finally:
        gate.opened.set()


def picture(end: str) -> bytes:
    """Return what looks like a small PNG file."""
    size = (28).to_bytes(4)
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + size + size + end.encode()


def test_what_waits_is_answered_together_and_each_gets_its_own(start: Callable, monkeypatch):
    live = start()
    with closed_gate(live, monkeypatch) as gate, ThreadPoolExecutor(40) as pool:
        first = pool.submit(live.post, "/predict", picture("000"))
        gate.wait_for_the_first()
        names = [f"{number:03}" for number in range(1, 31)]
        others = [pool.submit(live.post, "/predict", picture(name)) for name in names]
        gate.wait_for(31)
        gate.opened.set()
        assert first.result().json() == {"error": "000"}
        assert [it.result().json()["error"] for it in others] == names
        assert gate.batches == [1, 16, 14]
        text = live.get("/metrics").text
        assert 'digitlab_batch_pictures_bucket{le="1.0"} 1.0' in text
        assert 'digitlab_batch_pictures_bucket{le="16.0"} 3.0' in text
        assert "digitlab_batch_pictures_sum 31.0" in text
        assert 'digitlab_queue_requests{queue="quick"} 0.0' in text


def test_only_who_is_to_blame_gets_the_error(start: Callable, monkeypatch):
    live = start()
    with closed_gate(live, monkeypatch) as gate, ThreadPoolExecutor(4) as pool:
        first = pool.submit(live.post, "/predict", picture("000"))
        gate.wait_for_the_first()
        others = [pool.submit(live.post, "/predict", picture(it)) for it in ("poison", "222")]
        gate.wait_for(3)
        gate.opened.set()
        assert first.result().status_code == 422
        assert [it.result().status_code for it in others] == [500, 422]
        assert others[0].result().json() == {"error": "the network failed"}


def test_a_full_queue_refuses_at_once_and_takes_requests_again(start: Callable, monkeypatch, seven):
    live = start(Settings(queue=2))
    with closed_gate(live, monkeypatch) as gate, ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(live.post, "/predict", picture("111")) for _ in range(2)]
        gate.wait_for(2)
        reply = live.post("/predict", picture("222"))
        assert reply.status_code == 503
        assert reply.headers["Retry-After"] == "1"
        assert "2 requests wait already" in reply.json()["error"]
        assert live.post("/read", seven).status_code == 200  # in the other queue
        assert live.get("/healthz").status_code == 200
        gate.opened.set()
        assert [it.result().json()["error"] for it in waiting] == ["111", "111"]
        assert live.post("/predict", picture("333")).json() == {"error": "333"}
        assert 'digitlab_errors_total{kind="service unavailable"} 1.0' in live.get("/metrics").text


def test_an_answer_that_takes_too_long_is_given_up(start: Callable, monkeypatch):
    live = start(Settings(seconds=0.1))
    with closed_gate(live, monkeypatch) as gate, ThreadPoolExecutor(1) as pool:
        reply = pool.submit(live.post, "/predict", picture("111")).result()
        assert reply.status_code == 504
        assert "within 0.1 seconds" in reply.json()["error"]
        assert live.post("/predict", picture("222")).status_code == 504
        gate.opened.set()
        gate.wait_for(0)
        # The second one was not worked on, and on a busy machine perhaps not even the first.
        assert gate.batches in ([], [1])


def test_who_went_away_costs_nothing(start: Callable, monkeypatch):
    live = start()
    with closed_gate(live, monkeypatch) as gate, ThreadPoolExecutor(1) as pool:
        first = pool.submit(live.post, "/predict", picture("000"))
        gate.wait_for_the_first()
        leaving = [connect(live.address) for _ in range(5)]
        for connection in leaving:
            send_picture(connection)
        gate.wait_for(6)
        for connection in leaving:
            connection.close()
        until(lambda: 'status="499"} 5.0' in live.get("/metrics").text)
        gate.opened.set()
        assert first.result().json() == {"error": "000"}
        gate.wait_for(0)
        assert gate.batches == [1]
        assert live.app.state.intake.held == 0


def send_picture(connection: socket.socket) -> None:
    body = picture("xyz")
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


def test_slow_pictures_do_not_hold_up_quick_ones(start: Callable, monkeypatch, seven: bytes):
    live = start()
    opened = threading.Event()

    def read(picture: bytes) -> None:
        assert opened.wait(PATIENCE)
        raise DigitlabError("no page")

    monkeypatch.setattr(live.service.reader, "read", read)
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(live.post, "/read", seven)
        until(lambda: live.service.slow.waiting == 1)
        try:
            assert live.post("/predict", seven).json()["digit"] == 7
            assert not page.done()
        finally:
            opened.set()
        assert page.result().status_code == 500
