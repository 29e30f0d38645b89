"""The benchmark of growing cost: it continues where it stopped, and its estimates are right."""

import json
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks import service_load
from benchmarks.growth import __main__ as program
from benchmarks.growth import reading, stages
from benchmarks.growth.record import Record
from benchmarks.growth.shards import write_shards
from digitlab.errors import DigitlabError
from docs.growth import _TABLES, estimate, listing, rows_of_parts

CASES = [{"images": images} for images in (1, 2, 3)]


def row(pictures: int, seconds: float, kind: str = "28x28", jobs: int = 2) -> dict[str, Any]:
    return {
        "kind": kind, "pictures": pictures, "jobs": jobs, "round": 1, "seconds": seconds,
        "peak_mib": 100 + pictures // 1000, "input_bytes": 1_000 * pictures,
        "output_bytes": 200 * pictures,
    }  # fmt: skip


def test_a_run_that_was_cut_keeps_what_it_has_and_continues(tmp_path: Path):
    path, asked = tmp_path / "growth.json", []

    def measure(images: int) -> dict[str, int]:
        asked.append(images)
        if asked == [1, 2]:
            raise KeyboardInterrupt
        return {"seconds": 10 * images}

    with pytest.raises(KeyboardInterrupt):
        Record(path).fill("training", CASES, measure, ())
    assert [it["seconds"] for it in Record(path).rows("training")] == [10]
    Record(path).fill("training", CASES, measure, ())
    assert asked == [1, 2, 2, 3]
    assert [it["seconds"] for it in Record(path).rows("training")] == [10, 20, 30]


@pytest.mark.parametrize(
    "text", ["", '{"reading": {', "[]", '{"reading": []}', '{"reading": {"rows": []}}', "\xff"]
)
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, text: str):
    path = tmp_path / "growth.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DigitlabError, match=r"growth.json is damaged.*--json with another file"):
        Record(path)
    assert path.read_bytes() == text.encode("latin-1")
    with pytest.raises(DigitlabError, match="there is no folder"):
        Record(tmp_path / "missing" / "growth.json")


def test_figures_of_another_machine_are_not_mixed(tmp_path: Path):
    path = tmp_path / "growth.json"
    Record(path).fill("reading", CASES, lambda images: {"seconds": images}, ())
    content = json.loads(path.read_text())
    content["reading"]["machine"]["cores"] = 999
    path.write_text(json.dumps(content))
    with pytest.raises(DigitlabError, match="with another machine: give --replace"):
        Record(path).fill("reading", CASES, lambda images: {"seconds": images}, ())
    record = Record(path)
    record.forget("reading")
    record.fill("reading", CASES[:1], lambda images: {"seconds": images}, ())
    assert len(Record(path).rows("reading")) == 1


class _Busy(BaseHTTPRequestHandler):
    """Refuses its first three requests, fails at the fourth, and answers all others."""

    protocol_version = "HTTP/1.1"
    statuses: Iterator[int]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = next(self.statuses, 200)
        self.send_response(status)
        self.send_header("Content-Length", "2")
        if status == 503:
            self.send_header("Retry-After", "0.6")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def busy() -> Iterator[int]:
    _Busy.statuses = iter([503, 503, 503, 500])
    with ThreadingHTTPServer(("127.0.0.1", 0), _Busy) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_each_answer_of_an_overload_is_counted(
    busy: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service_load, "CONNECTIONS", 4)
    (tmp_path / "picture").write_bytes(bytes(100))
    found = service_load.overload(busy, tmp_path / "picture", per_second=200, seconds=0.2)
    assert (found.answered, found.refused, found.failed) == (36, 3, 1)


def test_a_refused_client_waits(busy: int, tmp_path: Path):
    (tmp_path / "picture").write_bytes(bytes(100))
    found = service_load.ask_steadily(busy, tmp_path / "picture", connections=3, seconds=0.5)
    assert (found.answered, found.refused, found.failed) == (0, 3, 0)


def test_connections_that_cannot_be_opened_have_failed(tmp_path: Path):
    (tmp_path / "picture").touch()
    found = service_load.ask_steadily(1, tmp_path / "picture", connections=3, seconds=0.1)
    assert (found.answered, found.refused, found.failed) == (0, 0, 3)


def test_the_estimate_for_a_billion():
    rows = [
        row(1_000, 3),
        row(10**6, 600),
        row(10**6, 400),
        row(10**6, 500),
        row(10**6, 900, jobs=1),
    ]
    found = estimate(rows, "28x28")
    assert found.hours == pytest.approx(500 * 1_000 / 100 / 3600)  # 1,000 times the median
    assert found.core_hours == pytest.approx(found.hours * 100 * 2)
    assert (found.input_bytes, found.output_bytes, found.shards) == (1e12, 2e11, 1_000)
    assert found.minutes_per_shard == pytest.approx(10**6 * 500e-6 * 2 / 60)


def test_the_cost_of_a_list_is_that_of_another_file():
    rows = [row(count, 2 + count / 1e5, "listed", jobs=1) for count in (10**4, 10**5, 10**6)]
    hours, size = listing(rows)
    assert hours == pytest.approx(1e9 / 1e5 / 3600)
    assert size == pytest.approx(1e6 * 2**20)  # 1 MiB per 1,000 files


def test_the_tables_follow_the_figures(tmp_path: Path):
    path = tmp_path / "growth.json"
    path.write_text(json.dumps({"reading": {"rows": [row(10**6, 500)]}}))
    parts = rows_of_parts(path)
    assert "| 28x28, tar files | 1,000,000 | 2 | 500.0 | 2,000 | 1,100 MiB |" in "\n".join(
        _TABLES["reading"](parts)
    )
    assert "| time, all machines at work | 1.4 h |" in list(_TABLES["billion"](parts))
    assert all(list(rows(rows_of_parts(tmp_path / "none"))) for name, rows in
               _TABLES.items() if name not in ("figure", "measured"))  # fmt: skip


def test_other_figures_are_drawn_beside_their_file_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    refreshed: list[str] = []
    monkeypatch.setattr(program, "refresh", lambda: refreshed.append("documents"))
    path = tmp_path / "mine.json"
    rows = [row(pictures, pictures / 1000) for pictures in (1_000, 10_000)]
    path.write_text(json.dumps({"reading": {"machine": {}, "versions": {}, "rows": rows}}))
    monkeypatch.setattr(program, "FIGURE", tmp_path / "published.png")
    program.measure_growth("figure", path=path)
    assert {it.name for it in tmp_path.iterdir()} == {"mine.json", "mine.png"}
    assert refreshed == []
    monkeypatch.setattr(program, "FIGURES", path)
    program.measure_growth("figure", path=path)
    assert (tmp_path / "published.png").exists()
    assert refreshed == ["documents"]


def test_fewer_figures_do_not_change_what_a_stage_is_measured_on():
    assert not list(stages.cases(3, most=500))
    assert {case["pictures"] for case in stages.cases(3, most=None)} == {2_000}


def test_a_list_that_was_not_read_is_no_figure(monkeypatch: pytest.MonkeyPatch):
    # The last part has two files.
    assert reading.figures("listed", 1_002, jobs=1)["output_bytes"] > 0
    monkeypatch.setattr(reading, "measure", lambda *_: None)
    with pytest.raises(DigitlabError, match="1,002 pictures gave 0 rows, 0 with an error"):
        reading.figures("listed", 1_002, jobs=1)


def test_the_shards_have_every_picture_and_their_size(tmp_path: Path):
    size = write_shards(tmp_path / "in", "280x280", 205)
    files = sorted((tmp_path / "in").iterdir())
    assert size == sum(file.stat().st_size for file in files)
    names: Counter[str] = Counter()
    for file in files:
        with tarfile.open(file) as archive:
            names.update(archive.getnames())
    assert len(files) == 10
    assert names.total() == 205
    assert set(names.values()) == {2, 3}
