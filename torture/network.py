"""Every command except `data` in an empty network namespace, with empty folders of the user's."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digitlab.data.load import default_data_dir
from torture.bench import Bench
from torture.fault import Fault, expect
from torture.nursery_process import command

PROMISE = (
    "If the dataset is on this machine, no command except `data` tries to reach an address, and "
    "none writes a file where it was not asked to."
)
TESTS = ("tests/models/test_privacy.py",)
FOLDERS = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""Variables that name a folder of the user's."""
COUNTERS = ("/proc/self/net/snmp", "/proc/self/net/snmp6")
"""The files with the counters of a network namespace; without IPv6, the second does not exist."""
_FONT_LIST = "XDG_CACHE_HOME/matplotlib/"
"""matplotlib keeps a list of the system's fonts, once per user."""
_ENDLESS = {"serve", "lab"}
_PATIENCE = 300.0


@dataclass(frozen=True)
class _Case:
    """A command, and where it may write, relative to the current folder."""

    words: tuple[object, ...]
    writes: tuple[str, ...] = ()


def run(fault: Fault, bench: Bench) -> None:
    """Run each command without a network; count what it tried and what it wrote."""
    if bench.nursery.call("torture.network:nothing", without_network=True).code:
        fault.skipped.append("all, because `unshare -n` is not permitted here")
        return
    for case in _cases(bench):
        name = str(case.words[0])
        with fault.attempt(name):
            _try(bench, case)


def nothing() -> None:
    """Show whether a process can leave the network."""


def _try(bench: Bench, case: _Case) -> None:
    home = bench.trainings.fresh("isolated")
    for name in ("working", *FOLDERS):
        (home / name).mkdir(parents=True)
    observed = bench.home / "observed.json"
    outcome = bench.nursery.call(
        "torture.network:watched", [*map(str, case.words)], observed, not bench.short,
        without_network=True, cwd=home / "working",
        variables={name: str(home / name) for name in FOLDERS}
        | {"DIGITLAB_DATA_DIR": str(default_data_dir())},
    )  # fmt: skip
    outcome.check_worked()
    attempts = json.loads(observed.read_text())
    expect(attempts == 0, f"{attempts} attempts to reach an address")
    allowed = (_FONT_LIST, *(f"working/{it}" for it in case.writes))
    written = [str(it.relative_to(home)) for it in home.rglob("*") if it.is_file()]
    extra = [it for it in written if not it.startswith(allowed)]
    expect(not extra, f"it wrote {extra}")


def watched(words: list[str], observed: str, is_new: bool) -> None:
    """Run a command, and write to a file how often it tried to reach an address.

    `is_new`: in a new Python, so that what is imported is watched as well.
    """
    try:
        if is_new:
            _run_new(words)
        else:
            command(*words)
    finally:
        counters = [path.read_text() for path in map(Path, COUNTERS) if path.exists()]
        Path(observed).write_text(json.dumps(attempts_in("".join(counters))))


def _run_new(words: list[str]) -> None:
    program = [sys.executable, "-m", "digitlab", *words]
    if words[0] not in _ENDLESS:
        sys.exit(subprocess.run(program, timeout=_PATIENCE, check=False).returncode)
    process = subprocess.Popen(program, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        print(line, end="", file=sys.stderr)
        if "http://" in line:  # it says where it is when it is ready
            process.send_signal(signal.SIGTERM)
    sys.exit(process.wait(_PATIENCE))


def attempts_in(counters: str) -> int:
    """Return how often a network namespace was asked to send something, from its `COUNTERS`."""
    lines = [line.split() for line in counters.splitlines()]
    names, values = (line[1:] for line in lines if line[0] == "Ip:")
    counts = dict(zip(names, values, strict=True))
    counts |= {name: value for name, value, *_ in lines if name.startswith("Ip6")}
    sent = [f"{ip}{what}" for ip in ("", "Ip6") for what in ("OutNoRoutes", "OutRequests")]
    return sum(int(counts.get(name, 0)) for name in sent)


def _cases(bench: Bench) -> Iterator[_Case]:
    trainings = bench.trainings
    finished, picture = trainings.finished, next((trainings.pictures / "7").iterdir())
    train = [*trainings.train_words(Path("run"))]
    yield _Case(tuple(train), ("run/",))
    if bench.short:
        return
    yield _Case(("compare", finished))
    copied = trainings.copy(finished, "copied")
    repeat = [*trainings.repeat_words(Path("repeated"))]
    yield _Case(("resume", trainings.copy(trainings.halfway, "resumed"), "--no-figures"))
    yield _Case(tuple(repeat), ("repeated/",))
    yield _Case(("eval", finished))
    yield _Case(("plot", copied))
    yield _Case(("export", finished, "--out", "model"), ("model/",))
    yield _Case(("explain", "tutorial", "--image", picture, "--figure", "a.png"), ("a.png",))
    yield _Case(("predict", picture))
    yield _Case(("read", picture, "--boxes", "boxes.png"), ("boxes.png",))
    yield _Case(("check",))
    yield _Case(("completion", "bash"))
    yield _Case(("serve", "--port", 0))
    yield _Case(("lab", "--port", 0, "--no-open"))
    yield _Case(("train", "--recipe", "page", "--crops", 8, "--batch-size", 2, "--epochs", 1,
                 "--validation", 0, "--no-figures", "--run", "page"), ("page/",))  # fmt: skip
