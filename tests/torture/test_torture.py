"""Faults, on purpose: that they happen where they should, and a short form of each."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import islice, product
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from torture.__main__ import FAULTS
from torture.clients import Load
from torture.fault import BrokenPromiseError, Fault, expect, merge_into, table_of
from torture.mutation import mutated, sound_pictures
from torture.nursery import Nursery, Outcome, nursery
from torture.pictures import cases
from torture.sabotage import Sabotage, moved_to

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", FAULTS)
def test_the_short_form_of_every_fault_survives(tmp_path: Path, name: str):
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "torture", name, "--short", "--json", figures],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads(figures.read_text())
    assert list(records) == [name]
    record = records[name]
    assert record["broken"] == []
    assert record["survived"] == sum(record["tried"].values()) > 0 or record["skipped"]
    assert name != "service" or record["survived"] > 50


def test_a_broken_promise_is_counted_and_shown(tmp_path: Path):
    fault = Fault("kill", "it continues")
    with fault.attempt("train", "before change 3"):
        expect(1 + 1 == 2, "arithmetic")
    with fault.attempt("train", "before change 4"):
        expect(False, "no checkpoint\nat all")
    with fault.attempt("resume"):
        raise OSError(28, "full")
    record = fault.record()
    assert (record["tried"], record["survived"]) == ({"train": 2, "resume": 1}, 1)
    table = table_of({"kill": record})
    assert "| `kill` | train 2, resume 1 | 1 of 3 |" in table
    assert "- `kill`, broken: train, before change 4: BrokenPromiseError: no checkpoint at" in table
    path = tmp_path / "figures.json"
    for name in ("disk", "kill", "kill"):
        merge_into(path, {name: record})
    assert list(json.loads(path.read_text())) == ["disk", "kill"]


@pytest.fixture(scope="module")
def empty_nursery(tmp_path_factory: pytest.TempPathFactory):
    with nursery(tmp_path_factory.mktemp("data")) as it:
        yield it


def test_the_record_has_no_folders_of_this_machine():
    fault = Fault("kill", "it continues")
    with fault.attempt("train"):
        expect(False, f"it printed {Path(__file__)}:7: a warning; see http://127.0.0.1:8000/docs/x")
    (problem,) = fault.record()["broken"]
    assert problem.endswith(
        "it printed test_torture.py:7: a warning; see http://127.0.0.1:8000/docs/x"
    )


def test_a_fault_comes_before_every_change_of_a_folder(empty_nursery: Nursery, tmp_path: Path):
    source, folder = tmp_path / "source", tmp_path / "copy"
    source.mkdir()
    for name in "abc":
        (source / name).write_text(name)

    def copied(kind: str, at: int) -> tuple[int, int]:
        """Copy the folder with a fault; return the exit code, and how many changes were begun."""
        for path in (folder, moved_to(folder)):
            subprocess.run(["rm", "-rf", path], check=True)
        sabotage = Sabotage(kind=kind, folder=str(folder), at=at)  # type: ignore[arg-type]
        outcome = empty_nursery.call("shutil:copytree", source, folder, sabotage=sabotage)
        return outcome.code, outcome.changes

    code, total = copied("count", 0)
    assert (code, total >= 4) == (0, True)
    found = []
    for at in range(total):
        assert copied("kill", at) == (-signal.SIGKILL, at + 1)
        found.append(len([*folder.iterdir()]) if folder.exists() else -1)
    assert (found[0], found[1], found[-1]) == (-1, 0, 3)
    assert found == sorted(found)
    assert copied("kill", total)[0] == 0
    assert copied("full", 1)[0] == copied("denied", 1)[0] == 1
    assert [*folder.iterdir()] == []
    copied("moved", 2)
    assert not folder.exists()
    assert len([*moved_to(folder).iterdir()]) == 1


def test_what_a_process_printed_and_left_behind_is_known(empty_nursery: Nursery, tmp_path: Path):
    outcome = empty_nursery.call("builtins:print", "x" * 200_000)
    assert (outcome.code, outcome.out, outcome.left_behind) == (0, "x" * 200_000 + "\n", [])
    waits = "import subprocess; subprocess.Popen(['sleep', '0.5'])"
    assert empty_nursery.call("builtins:exec", waits).left_behind == []  # it ends by itself
    outcome = empty_nursery.call("os:abort")
    assert outcome.code == -signal.SIGABRT
    outcome = empty_nursery.call("time:sleep", 1000, patience=0.1)
    assert (outcome.code, outcome.hung) == (-signal.SIGKILL, True)
    outcome = empty_nursery.call("time:sleep", 1000, kill_after=0.1)
    assert (outcome.code, outcome.hung) == (-signal.SIGKILL, False)
    path = tmp_path / "file"
    outcome = empty_nursery.call("shutil:copy", os.__file__, path, most_file_bytes=100)
    assert (outcome.code, path.stat().st_size <= 100) == (1, True)
    outcome = empty_nursery.call("shutil:copy", os.__file__, path, most_file_bytes=100, torn=True)
    assert outcome.code == -signal.SIGXFSZ


def test_a_crash_of_one_of_several_commands_is_known(empty_nursery: Nursery):
    outcome = empty_nursery.call("torture.parallel:commands_at_once", [["--version"], [3]])
    worked, crashed = json.loads(outcome.out)
    assert (worked[0], worked[2]) == (0, "")
    assert (crashed[0], "Traceback" in crashed[2]) == (1, True)  # a word is text


def test_every_format_is_read_both_as_a_digit_and_as_a_page():
    first = islice(cases(), 3_000)
    assert {(it.kind, it.is_page) for it in first} == {*product(sound_pictures(), (False, True))}


def refused(*lines: str) -> Outcome:
    """Return how a command ends that prints these lines as its error."""
    err = "".join(f"{line}\n" for line in lines)
    return Outcome(
        code=1, out="", err=err, seconds=0, peak_bytes=0, changes=0, hung=False, left_behind=[]
    )


def test_one_sentence_is_one_line_at_the_end():
    refused("digitlab: no").check_is_one_sentence()
    refused("a warning", "digitlab: no").check_is_one_sentence()
    refused("digitlab: no:", "- this", "- that").check_was_refused()
    for lines in (("digitlab: no:", "- this"), ("digitlab: no", "digitlab: no")):
        with pytest.raises(BrokenPromiseError, match=r"more than one sentence|not one message"):
            refused(*lines).check_is_one_sentence()
    for lines in ((), ("no digitlab: no",), ("digitlab: no", "digitlab: no")):
        with pytest.raises(BrokenPromiseError, match="not one message"):
            refused(*lines).check_was_refused()


def test_a_client_that_gets_no_answer_counts_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torture.clients._PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # it takes connections, that is all
        load = Load(f"http://127.0.0.1:{listening.getsockname()[1]}", b"a picture")
        deadline = time.monotonic() + PATIENCE
        while not load.unanswered:
            assert load.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
    load.join(PATIENCE)
    assert not load.is_alive()
    assert load.answered == 0


def test_a_mutation_depends_on_its_number_alone():
    for kind, files in sound_pictures().items():
        changed = [mutated(kind, number) for number in range(20)]
        assert changed == [mutated(kind, number) for number in range(20)]
        assert len({*changed} - {*files}) > 15
