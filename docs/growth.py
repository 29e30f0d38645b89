"""The tables of `docs/scale.md` about growing work, from what `benchmarks.growth` has measured.

`docs/refresh.py` puts them into the page. The estimate for a billion pictures is computed from the
same figures, so it follows when they are measured again.
"""

import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("growth.json")
FIGURE = FIGURES.with_name("images") / "growth.png"
SIZES = {"mnist": "28x28", "canvas": "280x280"}
"""The size of each picture that the service was asked about."""

_Rows = list[dict[str, Any]]

BILLION = 10**9
MACHINES = 100
_SHARD_BYTES = 10**9  # of a tar file, as WebDataset recommends
_TB, _GB, _HOUR = 1e12, 1e9, 3600


def table(name: str) -> str:
    """Return a table; `name` is a key of `_TABLES`."""
    return "\n".join(_TABLES[name](rows_of_parts()))


def rows_of_parts(path: Path = FIGURES) -> dict[str, _Rows]:
    """Return the rows of each part; none for a part that was not measured."""
    content = json.loads(path.read_text()) if path.exists() else {}
    parts = ("training", "reading", "stages", "service")
    return {part: content.get(part, {}).get("rows", []) for part in parts}


def medians(rows: _Rows, x: str, y: str, **case: object) -> dict[float, float]:
    """Return the median of `y` over the rounds for each `x`, in order, of the rows of a case.

    >>> rounds = [{"n": 1, "s": 3}, {"n": 1, "s": 5}, {"n": 1, "s": 4}]
    >>> medians(rounds, "n", "s")
    {1: 4}
    """
    chosen = [row for row in rows if case.items() <= row.items()]
    return {
        place: statistics.median(row[y] for row in chosen if row[x] == place)
        for place in sorted({row[x] for row in chosen})
    }


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What many pictures of one kind cost on several machines like the one that measured."""

    core_hours: float
    """Of all machines together."""
    hours: float
    """From the start to the end, if all machines have the same work."""
    input_bytes: float
    output_bytes: float
    shards: int
    """Tar files."""
    minutes_per_shard: float
    """One process reads a shard: the least that a restart repeats, and the last one waits for."""


def estimate(rows: _Rows, kind: str, pictures: int = BILLION, machines: int = MACHINES) -> Estimate:
    """Return the cost of `pictures`, from the largest number that was read with most processes.

    The start of the processes is included, so it is an upper bound.
    """
    jobs = max(row["jobs"] for row in rows if row["kind"] == kind)
    seconds = medians(rows, "pictures", "seconds", kind=kind, jobs=jobs)
    most = max(seconds)
    taken = seconds[most] / most  # by a machine, for a picture
    size, answer = (
        medians(rows, "pictures", of, kind=kind, jobs=jobs)[most] / most
        for of in ("input_bytes", "output_bytes")
    )
    per_shard = _SHARD_BYTES / size
    return Estimate(
        core_hours=taken * jobs * pictures / _HOUR,
        hours=taken * pictures / machines / _HOUR,
        input_bytes=size * pictures,
        output_bytes=answer * pictures,
        shards=-int(-pictures // per_shard),
        minutes_per_shard=taken * jobs * per_shard / 60,
    )


def listing(rows: _Rows, files: int = BILLION) -> tuple[float, float]:
    """Return the hours and the bytes of memory that the list of so many single files would take.

    They are those of another file, by the least and the greatest number of files that were listed.
    """
    growth = []
    for figure in ("seconds", "peak_mib"):
        points = medians(rows, "pictures", figure, kind="listed")
        first, last = min(points), max(points)
        growth.append((points[last] - points[first]) / (last - first))
    return growth[0] * files / _HOUR, growth[1] * 2**20 * files


def _training(parts: dict[str, _Rows]) -> Iterable[str]:
    rows = parts["training"]
    yield from _head(
        "images", "processes", "seconds", "start, seconds", "images per second", "peak memory"
    )
    for ranks in _values(rows, "ranks"):
        for images in medians(rows, "images", "seconds", ranks=ranks):
            it = _row(rows, images=images, ranks=ranks)
            yield (
                f"| {images:,} | {ranks} | {it['seconds']:,.1f} | {it['start_seconds']:,.1f} | "
                f"{it['images_per_second']:,.0f} | {it['peak_mib']:,.0f} MiB |"
            )


def _reading(parts: dict[str, _Rows]) -> Iterable[str]:
    rows = parts["reading"]
    yield from _head(
        "pictures", "how many", "processes", "seconds", "pictures per second", "peak memory"
    )
    names = {
        "28x28": "28x28, tar files",
        "280x280": "280x280, tar files",
        "listed": "single files, listed; 1,000 read",
    }
    for kind, name in names.items():
        for jobs in _values(rows, "jobs"):
            for pictures in medians(rows, "pictures", "seconds", kind=kind, jobs=jobs):
                it = _row(rows, kind=kind, jobs=jobs, pictures=pictures)
                rate = "" if kind == "listed" else f"{pictures / it['seconds']:,.0f}"
                yield (
                    f"| {name} | {pictures:,} | {jobs} | {it['seconds']:,.1f} | {rate} | "
                    f"{it['peak_mib']:,.0f} MiB |"
                )


def _stages(parts: dict[str, _Rows]) -> Iterable[str]:
    rows = parts["stages"]
    kinds = _values(rows, "kind")
    names = [
        "reading the tar file", "decoding", "preparing", "network", "writing rows", "the rest",
        "whole",
    ]  # fmt: skip
    yield from _head("milliseconds per picture", *kinds)
    for name in names:
        cells = (f"{_row(rows, kind=kind)[name]:.3f}" for kind in kinds)
        yield f"| {name} | {' | '.join(cells)} |"


def _service(parts: dict[str, _Rows]) -> Iterable[str]:
    rows = parts["service"]
    yield from _head(
        "picture", "open connections", "answers per second", "p50, ms", "p99, ms", "refused (503)",
        "errors", "memory",
    )  # fmt: skip
    for picture in _values(rows, "picture"):
        for connections in medians(rows, "connections", "p50_ms", picture=picture):
            it = _row(rows, picture=picture, connections=connections)
            yield (
                f"| {SIZES[picture]} | {connections:,} | {it['answers_per_second']:,.0f} | "
                f"{it['p50_ms']:,.1f} | {it['p99_ms']:,.1f} | {it['refused']:,.0f} | "
                f"{it['errors']:,.0f} | {it['memory_mib']:,.0f} MiB |"
            )


def _billion(parts: dict[str, _Rows]) -> Iterable[str]:
    rows = parts["reading"]
    kinds = [it for it in ("28x28", "280x280") if it in _values(rows, "kind")]
    costs = {kind: estimate(rows, kind) for kind in kinds}
    yield from _head(f"{BILLION:,} pictures, {MACHINES} machines", *kinds)
    lines = {
        "time, all machines at work": lambda it: f"{it.hours:,.1f} h",
        "core hours": lambda it: f"{it.core_hours:,.0f}",
        "pictures, in tar files": lambda it: f"{it.input_bytes / _TB:,.1f} TB",
        "tar files of 1 GB": lambda it: f"{it.shards:,}",
        "one process reads one of them in": lambda it: f"{it.minutes_per_shard:,.0f} min",
        "what all machines read together":
            lambda it: f"{it.input_bytes / _HOUR / it.hours / 1e6:,.0f} MB/s",
        "answers, JSON Lines": lambda it: f"{it.output_bytes / _TB:,.2f} TB",
    }  # fmt: skip
    for name, cell in lines.items():
        yield f"| {name} | {' | '.join(cell(it) for it in costs.values())} |"
    if len(medians(rows, "pictures", "seconds", kind="listed")) > 1:
        hours, size = listing(rows)
        cell = f"{hours:,.1f} h and {size / _GB:,.0f} GB of memory, on every machine"
        yield f"| the list alone, if they were single files | {' | '.join([cell] * len(kinds))} |"


def _head(*columns: str) -> Iterable[str]:
    yield f"| {' | '.join(columns)} |"
    yield "| --- " * len(columns) + "|"


def _values(rows: _Rows, name: str) -> list[Any]:
    return list(dict.fromkeys(row[name] for row in rows))


def _row(rows: _Rows, **case: object) -> dict[str, float]:
    """Return the medians of all figures of a case."""
    chosen = [row for row in rows if case.items() <= row.items()]
    names = [name for name, it in chosen[0].items() if isinstance(it, int | float)]
    return {name: statistics.median(row[name] for row in chosen) for name in names}


def _figure(_: dict[str, _Rows]) -> Iterable[str]:
    if FIGURE.exists():
        about = "Time, memory and latency against images, pictures and connections, with lines for "
        yield f"![{about}linear growth](images/growth.png)"


def _measured(parts: dict[str, _Rows]) -> Iterable[str]:
    """Yield where, when and with what the figures of each part were measured."""
    content = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for part in (it for it in parts if it in content):
        machine, rows = content[part]["machine"], content[part]["rows"]
        versions = ", ".join(f"{name} {it}" for name, it in content[part]["versions"].items())
        rounds = max((row["round"] for row in rows), default=0)
        dates = sorted(row["date"][:10] for row in rows)
        load = statistics.median(row["load_before"] for row in rows)
        yield (
            f"- {part}: {machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB; "
            f"{versions}; {rounds} round{'s' * (rounds > 1)}, the last on {dates[-1]}; median load "
            f"before a run {load:.1f}"
        )


_TABLES = {
    "training": _training, "reading": _reading, "stages": _stages, "service": _service,
    "billion": _billion, "figure": _figure, "measured": _measured,
}  # fmt: skip
