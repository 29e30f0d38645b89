"""Threads, forks, new processes and asyncio at once; several processes on one run and one cache."""

import asyncio
import json
import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.nursery_process import command
from torture.processes import end_with

PROMISE = (
    "The same answers however many threads and processes ask, and no deadlock. Of several "
    "processes that write to one run, one wins and the others report it; a cache is right for all."
)
TESTS = (
    "tests/test_reader.py",
    "tests/pictures/test_quiet.py",
    "tests/runs/test_jobs.py",
    "tests/data/test_corrections.py",
)
_THREADS = 16


def run(fault: Fault, bench: Bench) -> None:
    """Read pictures, train, resume, export and cache, each several times at once."""
    pictures = sorted(bench.trainings.pictures.rglob("*.png"))[:: 40 if bench.short else 1]
    ways = ("threads", "fork") if bench.short else ("threads", "asyncio", *_CONTEXTS)
    for way in ways:
        with fault.attempt(f"answers, {way}", len(pictures)):
            bench.nursery.call("torture.parallel:ask_at_once", way, pictures).check_worked()
    for number in range(1 if bench.short else 5):
        with fault.attempt("processes that train in one folder", number):
            _train_at_once(bench)
        with fault.attempt("processes that keep pictures in one cache", number):
            _keep_at_once(bench)
    for number in range(0 if bench.short else 5):
        with fault.attempt("processes that resume one run", number):
            _resume_at_once(bench)
        with fault.attempt("processes that export to one folder", number):
            _export_at_once(bench)


# Answers


_CONTEXTS = ("fork", "spawn", "forkserver")
_reader: Any = None


def ask_at_once(way: str, pictures: list[str]) -> None:
    """Ask for the answers one by one, then at once in some way; fail if they differ."""
    expected = [_answer(picture) for picture in pictures]
    assert _at_once(way, pictures) == expected, f"other answers with {way}"


def _at_once(way: str, pictures: list[str]) -> list[str]:
    if way == "asyncio":
        return asyncio.run(_gathered(pictures))
    if way == "threads":
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(_answer, pictures))
    context = multiprocessing.get_context(way)
    with ProcessPoolExecutor(4, context) as processes:
        return list(processes.map(_answer, pictures))


async def _gathered(pictures: list[str]) -> list[str]:
    return list(await asyncio.gather(*(asyncio.to_thread(_answer, it) for it in pictures)))


def _answer(picture: str) -> str:
    """Return all that is answered to a picture, as one digit and as a page.

    A process that was forked uses the reader of the one that it was forked from.
    """
    global _reader
    if _reader is None:
        from digitlab.reader import Reader

        _reader = Reader()
    return f"{_reader.predict(picture)} {_reader.read(picture).text}"


# Files


def commands_at_once(commands: Sequence[Sequence[str]]) -> None:
    """Run digitlab commands each in a fork, started together; print how they ended.

    What is printed is JSON: a list of [exit code, stdout, stderr].
    """
    gate, opener = os.pipe()
    children = []
    for words in commands:
        out, err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")  # noqa: SIM115
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.read(gate, 1)  # until all have been started
            end_with(partial(command, *words))
        children.append((child, out, err))
    os.close(opener)
    ended = []
    for child, out, err in children:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        ended.append([code, out.read(), err.read()])
    print(json.dumps(ended))


def _ended(bench: Bench, *commands: Sequence[object]) -> list[tuple[int, str, str]]:
    """Run digitlab commands at once; expect that none ends with a traceback."""
    outcome = bench.nursery.call(
        "torture.parallel:commands_at_once", [[*map(str, words)] for words in commands]
    )
    outcome.check_worked()
    ended = [(code, out, err) for code, out, err in json.loads(outcome.out)]
    for code, _, err in ended:
        expect(code in (0, 1), f"exit code {code}: {err[-300:]}")
        expect("Traceback" not in err, err[-500:])
    return ended


def _train_at_once(bench: Bench) -> None:
    trainings = bench.trainings
    run = trainings.fresh("contested")
    ended = _ended(bench, *[trainings.train_words(run)] * 2)
    expect(sorted(code for code, *_ in ended) == [0, 1], f"exit codes {[it[0] for it in ended]}")
    for code, _, err in ended:
        known = ("another process is training in", "already contains a run")
        expect(code == 0 or any(it in err for it in known), err[-300:])
    trainings.check_same(run)


def _keep_at_once(bench: Bench) -> None:
    trainings = bench.trainings
    home = trainings.fresh("shared-cache")
    words = ("data", "--dataset", trainings.pictures, "--prepare", "as-is", "--json")
    ended = _ended(bench, *[(*words, "--data-dir", home)] * 4)
    expect(len({(code, out) for code, out, _ in ended}) == 1, f"different answers: {ended}")
    expect(ended[0][0] == 0, ended[0][2])
    names = [path.name for path in (home / "pictures").iterdir()]
    expect(len(names) == 1, f"{names} are kept")


def _resume_at_once(bench: Bench) -> None:
    trainings = bench.trainings
    run = trainings.copy(trainings.halfway, "contested")
    ended = _ended(bench, *[("resume", run, "--no-figures")] * 2)
    expect(0 in [code for code, *_ in ended], f"both failed: {ended}")
    for code, _, err in ended:
        expect(code == 0 or "another process is training in" in err, err[-300:])
    trainings.check_same(run)


def _export_at_once(bench: Bench) -> None:
    out: Path = bench.trainings.fresh("contested-model")
    _ended(bench, *[("export", bench.trainings.finished, "--out", out)] * 3)
    picture = next((bench.trainings.pictures / "7").iterdir())
    bench.nursery.digitlab("predict", "--model", out, picture).check_worked()
