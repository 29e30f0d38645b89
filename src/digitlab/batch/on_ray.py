"""Read parts with Ray Data: actors, each with the model, on one machine or on a cluster."""

import contextlib
import logging
import os
import pickle
import re
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from digitlab.batch.parts import Part
from digitlab.batch.write import PartWriter, Written
from digitlab.errors import DigitlabError, printable
from digitlab.files import remove_leftovers
from digitlab.pictures.content import one_line

# These are read when Ray is imported. By default, it reports its use to its developers.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
# On one machine, it listens on the loopback address only, as it always does on macOS and Windows.
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
_STORE_BYTES = 100_000_000  # of shared memory: only the names of parts pass through it
_CONNECT_SECONDS = 10
_MOST_BLOCKS = 2_000  # tasks that Ray Data plans; with more parts, a task has several


def write_on_ray(writer: PartWriter, parts: Sequence[Part], jobs: int | None) -> Generator[Written]:
    """Do what `write_parts` does on the cluster that `RAY_ADDRESS` names, or else on this machine.

    The actors read and write the files themselves, under the same paths as here. Raises
    `DigitlabError` if Ray fails.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    is_local = address in ("", "local")
    _refuse_unreachable(address)
    os.environ.update(_QUIET)
    if is_local:
        os.environ.update(_LOCAL, RAY_AUTH_TOKEN=secrets.token_hex(32))
    on_term = signal.getsignal(signal.SIGTERM)  # Ray sets its own, which exits with 15
    import ray
    from ray.exceptions import RayError

    try:
        with _session(ray, is_local):
            with contextlib.suppress(ValueError):  # not in the main thread, where Ray sets none
                signal.signal(signal.SIGTERM, on_term)
            limit = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
            items = [{"part": pickle.dumps(part)} for part in parts]
            found = ray.data.from_items(items, override_num_blocks=min(len(items), _MOST_BLOCKS))
            written = found.map_batches(
                _Actor,
                batch_size=1,
                num_cpus=1,
                compute=ray.data.ActorPoolStrategy(min_size=1, max_size=min(limit, len(items))),
                fn_constructor_args=(writer, Path.cwd()),
            )
            for row in written.iter_rows():
                yield Written(row["rows"], row["failures"], row["problem"] or None)
    except RayError as error:
        raise DigitlabError(f"Ray failed: {_cause(error)}") from error


def _refuse_unreachable(address: str) -> None:
    """Raise `DigitlabError` if nothing answers at an address; Ray would try for many minutes.

    Words of Ray's own, and schemes of its plugins, are left to Ray.
    """
    scheme, _, place = address.rpartition("://")
    if address in ("", "auto", "local") or scheme not in ("", "ray"):
        return
    host, _, port = place.rpartition(":")
    if not (host and re.fullmatch("[0-9]{1,5}", port)):
        raise DigitlabError(
            f"RAY_ADDRESS is {address!r}, but must be HOST:PORT, ray://HOST:PORT, auto or local"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:  # the last two: no such port, or name
        raise DigitlabError(
            f"no Ray cluster answers at RAY_ADDRESS={printable(address)} ({one_line(error)}); "
            "without RAY_ADDRESS, Ray is started on this machine"
        ) from error


@contextlib.contextmanager
def _session(ray: Any, is_local: bool) -> Iterator[None]:
    """Start Ray for this process alone, or connect to the cluster, and leave nothing behind."""
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    with contextlib.ExitStack() as stack:
        if is_local:
            folder = tempfile.mkdtemp(prefix="ray-")
            stack.callback(_remove, folder)
            settings |= {
                "address": "local", "include_dashboard": False, "object_store_memory": _STORE_BYTES,
                "_temp_dir": folder,
            }  # fmt: skip
        stack.callback(ray.shutdown)
        try:
            ray.init(**settings)
        except Exception as error:  # of many classes, with and without a cause
            raise DigitlabError(f"Ray did not start: {_cause(error)}") from error
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield


def _remove(folder: str) -> None:
    """Remove Ray's files; its processes may write some more while they end."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):  # noqa: PTH110
            return
        time.sleep(0.1)


class _Actor:
    """A process of Ray that reads and writes one part after the other."""

    def __init__(self, writer: PartWriter, folder: Path) -> None:
        os.chdir(folder)  # paths may be relative
        self.writer = writer
        remove_leftovers(writer.folder)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        (part,) = map(pickle.loads, batch["part"])
        rows, failures, problem = astuple(self.writer(part))
        return {"rows": [rows], "failures": [failures], "problem": [problem or ""]}


def _cause(error: Exception) -> str:
    """Return the last sentence of an error: Ray wraps the actor's own, traceback included."""
    inner = getattr(error, "cause", None) or error
    return one_line(inner) if str(inner).count("\n") < 2 else str(inner).strip().splitlines()[-1]
