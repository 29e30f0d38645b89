"""What the tests of the data share."""

from collections.abc import Iterator

import pytest

from torture.mirror_server import Mirror, serving


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """Yield an HTTP server on this machine that has no files yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as mirror:
        yield mirror
