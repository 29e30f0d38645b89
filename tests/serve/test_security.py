"""Who may ask: hosts, origins, CORS; and the headers of every answer."""

import socket
from collections.abc import Callable

import pytest
import requests

from digitlab.errors import DigitlabError
from digitlab.serve.security import HEADERS
from digitlab.serve.server import listen, url_of
from digitlab.serve.settings import Settings
from tests.serve.conftest import Live
from tests.waiting import PATIENCE
from torture.clients import exchange


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:80", "10.1.2.3", "[::1]"]
)
def test_an_address_or_localhost_is_a_good_host(host: str, live: Live):
    assert live.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "", "a b", "é"]
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str, live: Live):
    reply = live.get("/healthz", headers={"Host": host.encode("latin-1")})
    assert reply.status_code == 421
    assert "see --allow-host" in reply.json()["error"]


def test_two_hosts_or_none_are_refused(live: Live):
    for lines in (b"Host: localhost\r\nHost: localhost\r\n", b""):
        answer = exchange(live.address, b"GET /healthz HTTP/1.1\r\n" + lines + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 421"), answer


def test_hosts_can_be_allowed(start: Callable):
    named = start(Settings(hosts=("digits.example",)))
    assert named.get("/healthz", headers={"Host": "digits.example:80"}).status_code == 200
    assert named.get("/healthz", headers={"Host": "other.example"}).status_code == 421
    open_to_all = start(Settings(hosts=("*",)))
    assert open_to_all.get("/healthz", headers={"Host": "other.example"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://", "http://", "x"]
)
def test_pages_from_elsewhere_are_refused(origin: str, live: Live, seven: bytes):
    for method in ("GET", "POST", "OPTIONS"):
        reply = requests.request(
            method, f"{live.url}/predict", data=seven, headers={"Origin": origin}, timeout=PATIENCE
        )
        assert reply.status_code == 403
        assert "see --allow-origin" in reply.json()["error"]
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_the_services_own_pages_may_ask(live: Live, seven: bytes):
    for origin in (live.url, live.url.replace("http", "https").upper()):
        reply = live.post("/predict", seven, headers={"Origin": origin})
        assert reply.status_code == 200
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_origins_can_be_allowed(start: Callable, seven: bytes):
    friend = "https://friend.example"
    named = start(Settings(origins=(friend,)))
    reply = named.post("/predict", seven, headers={"Origin": friend})
    assert reply.headers["Access-Control-Allow-Origin"] == friend
    assert reply.headers["Vary"] == "Origin"
    assert named.post("/predict", b"", headers={"Origin": friend}).headers["Vary"] == "Origin"
    asking = {
        "Origin": friend,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    reply = requests.options(f"{named.url}/predict", headers=asking, timeout=PATIENCE)
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["Access-Control-Allow-Headers"] == "content-type"
    assert named.post("/predict", seven, headers={"Origin": "https://x.example"}).status_code == 403
    open_to_all = start(Settings(origins=("*",)))
    assert open_to_all.post("/predict", seven, headers={"Origin": "null"}).status_code == 200


@pytest.mark.parametrize("origin", ["friend.example", "https://a.example/", "ftp://a", "https://"])
def test_what_is_no_origin_is_refused_at_the_start(origin: str):
    with pytest.raises(DigitlabError, match="is not an origin"):
        Settings(origins=(origin,))


def test_every_answer_has_the_headers(live: Live):
    for path in ("/healthz", "/docs", "/nothing", "/predict"):
        headers = live.get(path).headers
        assert headers.keys() >= HEADERS.keys()
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "server" not in headers
    assert live.get("/healthz", headers={"Host": "x"}).headers.keys() >= HEADERS.keys()


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/docs/..", "//predict", "/%00"]
)
def test_paths_that_leave_the_service_lead_nowhere(path: str, live: Live):
    answer = exchange(live.address, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404"), answer


def test_ipv6_loopback():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        listening = listen("::1", 0)
    except DigitlabError:
        pytest.skip("this machine has no IPv6 loopback")
    with listening:
        assert url_of(listening).startswith("http://[::1]:")
