"""The benchmark of growing cost: it continues where it stopped, and its estimates are right."""

import json
import runpy
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.growth.record import Record
from benchmarks.growth.shards import write_shards
from digitlab.errors import DigitlabError

GROWTH = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "growth.py"))
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


def test_the_estimate_for_a_billion():
    rows = [
        row(1_000, 3),
        row(10**6, 600),
        row(10**6, 400),
        row(10**6, 500),
        row(10**6, 900, jobs=1),
    ]
    found = GROWTH["estimate"](rows, "28x28")
    assert found.hours == pytest.approx(500 * 1_000 / 100 / 3600)  # 1,000 times the median
    assert found.core_hours == pytest.approx(found.hours * 100 * 2)
    assert (found.input_bytes, found.output_bytes, found.shards) == (1e12, 2e11, 1_000)
    assert found.minutes_per_shard == pytest.approx(10**6 * 500e-6 * 2 / 60)


def test_the_cost_of_a_list_is_that_of_another_file():
    rows = [row(count, 2 + count / 1e5, "listed", jobs=1) for count in (10**4, 10**5, 10**6)]
    hours, size = GROWTH["listing"](rows)
    assert hours == pytest.approx(1e9 / 1e5 / 3600)
    assert size == pytest.approx(1e6 * 2**20)  # 1 MiB per 1,000 files


def test_the_tables_follow_the_figures(tmp_path: Path):
    path = tmp_path / "growth.json"
    path.write_text(json.dumps({"reading": {"rows": [row(10**6, 500)]}}))
    parts = GROWTH["rows_of_parts"](path)
    assert "| 28x28, tar files | 1,000,000 | 2 | 500.0 | 2,000 | 1,100 MiB |" in "\n".join(
        GROWTH["_TABLES"]["reading"](parts)
    )
    assert "| time, all machines at work | 1.4 h |" in list(GROWTH["_TABLES"]["billion"](parts))
    assert all(list(rows(GROWTH["rows_of_parts"](tmp_path / "none"))) for name, rows in
               GROWTH["_TABLES"].items() if name not in ("figure", "measured"))  # fmt: skip


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
