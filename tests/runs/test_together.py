"""A run under torchrun: one process writes, and one that dies ends the run or starts it again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder, read_results
from digitlab.runs.launch import Launch
from digitlab.runs.run import resume_run, start_run
from digitlab.runs.watching import Watcher
from digitlab.train.checkpoint import read_checkpoint
from tests.waiting import PATIENCE, wait_until

NETWORK = """
import os
from torch import nn

class Net(nn.Sequential):
    def __init__(self, classes=10):
        super().__init__(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, classes))
        self.steps = 0

    def forward(self, images):
        self.steps += self.training
        if self.steps > 15 and os.environ.get("DIES") == os.environ.get("RANK", "alone"):
            if os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
                os.kill(os.getpid(), 9)
        return super().forward(images)
"""
TORCHRUN = (sys.executable, "-m", "torch.distributed.run")
TRAIN = (
    *("-m", "--", "digitlab", "train", "--network", "my_net.py:Net", "--train-images", 600),
    *("--batch-size", 51, "--log-every", 1, "--device", "cpu", "--no-figures", "--run", "run"),
)


def command(*words: object) -> list[str]:
    return [*TORCHRUN, *map(str, words)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_net.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recipe(place: Path, epochs: int) -> Recipe:
    return Recipe(
        network=f"{place}/my_net.py:Net", train_images=600, batch_size=51, log_every=1,
        epochs=epochs,
    )  # fmt: skip


def losses(run: Path) -> list[float]:
    return [point.loss for point in read_results(RunFolder(run)).history]


class Messages(Watcher):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, line: str) -> None:
        self.lines.append(line)


@pytest.mark.slow  # five processes
def test_a_process_that_dies_starts_the_run_again_where_it_was(place: Path, mnist: Dataset):
    finished = subprocess.run(
        command(
            *("--standalone", "--nproc-per-node", 2, "--max-restarts", 1),
            *(*TRAIN, "--epochs", 2, "--checkpoint-steps", 5),
        ),
        env={**os.environ, "DIES": "1"}, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "digitlab: the connection to another process of this training" in finished.stderr
    assert "then continue with `digitlab resume run`" in finished.stderr
    assert "torchrun has restarted the processes; continuing from the last" in finished.stderr
    assert "rank 1:" not in finished.stderr
    assert finished.stdout.count("Accuracy after 2 epochs") == 1

    record = RunFolder(place / "run").read_record()
    assert record.ranks == 2
    assert [it.examples for it in record.commands] == [0, 600 + 3 * 51]  # step 15: 12 are an epoch
    launch = Launch(device="cpu", command=["train"])
    start_run(RunFolder(place / "alone"), recipe(place, 2), mnist, launch)
    assert losses(place / "run") == pytest.approx(losses(place / "alone"), abs=1e-5)

    messages = Messages()
    for run in ("run", "alone"):
        resume_run(RunFolder(place / run), epochs=3, command=["resume"], watcher=messages)
    assert messages.lines == ["results may no longer be bit-identical: ranks 2 -> 1"]
    assert losses(place / "run") == pytest.approx(losses(place / "alone"), abs=1e-5)
    assert len(losses(place / "run")) == 1 + 3 * 13


@pytest.fixture
def restarted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return what makes this process one that torchrun has restarted so often."""

    def restart(times: int) -> None:
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", str(times))

    for name, value in (("RANK", 0), ("WORLD_SIZE", 1), ("MASTER_ADDR", "x"), ("MASTER_PORT", 1)):
        monkeypatch.setenv(name, str(value))
    restart(0)
    return restart


def test_after_a_restart_train_continues_the_run_that_it_started_even_if_it_is_finished(
    place: Path, small_data: Dataset, call: Callable[..., Any], restarted: Callable[[int], None]
):
    words = TRAIN[3:]
    assert call(*words, "--epochs", 1).code == 0
    restarted(1)
    again = call(*words, "--epochs", 1, "--force")
    assert again.code == 0
    assert "torchrun has restarted the processes" in again.err
    assert "nothing left to do: 1 epoch done" in again.err
    assert len(RunFolder(place / "run").read_record().commands) == 1
    other = call(*words, "--epochs", 2)
    assert (other.code, "already contains a run" in other.err) == (1, True)


def test_programs_that_train_in_one_process_refuse_to_be_several(
    place: Path, small_data: Dataset, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch,
    restarted: Callable[[int], None],
):  # fmt: skip
    monkeypatch.setenv("WORLD_SIZE", "2")
    outcome = call("repeat", "fast", "--seeds", 1, "--run", "runs")
    assert outcome.code == 1
    assert "torchrun has started 2 processes, but only `digitlab train`" in outcome.err
    monkeypatch.setenv("RANK", "1")
    outcome = call("repeat", "fast", "--seeds", 1, "--run", "runs")
    assert outcome.err.startswith("digitlab, rank 1: torchrun has started 2 processes")
    assert call("train", "--no-such-flag").err == ""  # rank 0 prints what is wrong with it


@pytest.mark.slow
def test_sigterm_saves_the_run_and_ends_all(place: Path):
    """As torchrun passes it on: all processes get it."""
    started = subprocess.Popen(
        command("--standalone", "--nproc-per-node", 2, *TRAIN, "--epochs", 100_000),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        history = place / "run" / "history.jsonl"
        wait_until(lambda: history.exists() and history.stat().st_size > 3_000, "trained", started)
        started.send_signal(signal.SIGTERM)
        errors = started.communicate(timeout=PATIENCE)[1]
    finally:
        started.kill()
    assert "digitlab: stopped and saved after" in errors
    assert "rank 1:" not in errors
    saved = read_checkpoint(place / "run" / "last.safetensors").progress
    assert saved.epochs_done or saved.batches_done


@pytest.fixture
def two_hosts() -> Iterator[dict[str, str]]:
    """Yield two network namespaces that are connected by a cable, with the address of each."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and the program ip, to create network namespaces")
    hosts = {f"dl{os.getpid()}{letter}": f"10.213.77.{letter}" for letter in (1, 2)}
    first, second = hosts
    steps = [
        *(("netns", "add", host) for host in hosts),
        ("link", "add", first, "type", "veth", "peer", "name", second),
        *(("link", "set", host, "netns", host) for host in hosts),
        *(("-n", host, "addr", "add", f"{its}/24", "dev", host) for host, its in hosts.items()),
        *(("-n", host, "link", "set", device, "up") for host in hosts for device in (host, "lo")),
    ]
    try:
        for step in steps:
            done = subprocess.run(["ip", *step], capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"ip {' '.join(step)}: {done.stderr.strip()}")
        yield hosts
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "del", host], capture_output=True)


@pytest.mark.slow
def test_two_hosts_train_one_run(place: Path, mnist: Dataset, two_hosts: dict[str, str]):
    """Each has a folder of its own: only that of rank 0 gets the run."""
    endpoint = f"{next(iter(two_hosts.values()))}:29400"
    processes = []
    for host, address in two_hosts.items():
        folder = place / host
        folder.mkdir()
        (folder / "my_net.py").write_text(NETWORK)
        words = command(
            *("--nnodes", 2, "--nproc-per-node", 1, "--rdzv-backend", "c10d"),
            *("--rdzv-endpoint", endpoint, "--rdzv-conf", f"is_host={int(not processes)}"),
            *("--local-addr", address, *TRAIN, "--epochs", 1),
        )
        process = subprocess.Popen(
            ["ip", "netns", "exec", host, *words], cwd=folder, text=True,
            env={**os.environ, "GLOO_SOCKET_IFNAME": host},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        time.sleep(1)
    try:
        outputs = [process.communicate(timeout=PATIENCE) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], outputs
    runs = [place / host / "run" for host in two_hosts if (place / host / "run").exists()]
    assert len(runs) == 1
    assert read_results(RunFolder(runs[0])).record.ranks == 2
    launch = Launch(device="cpu", command=["train"])
    start_run(RunFolder(place / "alone"), recipe(place, 1), mnist, launch)
    assert losses(runs[0]) == pytest.approx(losses(place / "alone"), abs=1e-5)
