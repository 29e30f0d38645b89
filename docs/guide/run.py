"""Run chapters in a Jupyter kernel, and keep what their cells put out."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from docs.guide.chapters import Cell, Chapter, Prose

Output = dict[str, Any]
"""An output as in a notebook's file."""

_SETUP = """
%reset -f
__spec__ = None  # as in a new kernel: `multiprocessing` looks for it
import os
os.chdir({folder!r})
os.environ["TERM"] = "dumb"  # IPython asks programs for colors, and they would print codes
os.environ.pop("FORCE_COLOR", None)
%matplotlib inline
%config InlineBackend.print_figure_kwargs = {{"bbox_inches": "tight", "dpi": 110}}
import matplotlib
matplotlib.rcdefaults()
matplotlib.rcParams.update({{
    "figure.figsize": (7, 3), "axes.spines.top": False, "axes.spines.right": False,
    "image.cmap": "gray", "font.size": 9,
}})
del os, matplotlib
"""


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a chapter put out."""

    outputs: list[list[Output] | None]
    """Of each cell; None for a cell that was not run."""
    values: dict[str, str] = field(default_factory=dict)
    """Of the expressions in the prose; those that need a cell that was not run are missing."""


class Kernel:
    """A Jupyter kernel that runs one chapter after the other."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def run(self, chapter: Chapter, *, fast: bool) -> Results:
        """Run a chapter in an empty namespace and an empty folder.

        `fast` leaves out slow cells. Raises `nbclient.exceptions.CellExecutionError` if a cell
        fails.
        """
        outputs: list[list[Output] | None] = []
        values: dict[str, str] = {}
        with tempfile.TemporaryDirectory() as folder:
            self._execute(_SETUP.format(folder=folder))
            for part in chapter.parts:
                if isinstance(part, Cell):
                    is_left_out = fast and "slow" in part.tags
                    outputs.append(None if is_left_out else self._execute(part.code, part.tags))
                elif isinstance(part, Prose):
                    values |= self._values(part.expressions, may_miss=fast)
            self._execute("import os; os.chdir('/')")
        return Results(outputs=outputs, values=values)

    def _values(self, expressions: list[str], *, may_miss: bool) -> dict[str, str]:
        """Return the values of expressions, each as it would stand in an f-string."""
        values = {}
        for expression in expressions:
            code = f'import json; print(json.dumps(f"""{{{expression}}}"""))'
            try:
                (output,) = self._execute(code)
            except Exception as error:
                if may_miss and "NameError" in str(error):
                    continue
                raise
            values[expression] = json.loads(output["text"])
        return values

    def _execute(self, code: str, tags: frozenset[str] = frozenset()) -> list[Output]:
        cell = new_code_cell(code)
        if "error" in tags:
            cell.metadata["tags"] = ["raises-exception"]
        self._client.nb.cells = [cell]
        self._client.execute_cell(cell, 0)
        return joined(cell.outputs)


@contextmanager
def kernel() -> Iterator[Kernel]:
    """Start a kernel, and stop it at the end."""
    # A kernel would otherwise leave a debugger waiting, and write its history into the home folder.
    environment = os.environ | {
        "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONPATH": os.pathsep.join(_paths()),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "LC_ALL": "C.UTF-8", "COLUMNS": "100", "NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",  # the number of threads changes the last digits of sums
    }  # fmt: skip
    client = NotebookClient(new_notebook(), timeout=900, kernel_name="python3")
    client.extra_arguments = ["--HistoryManager.enabled=False"]
    client.create_kernel_manager()
    client.km.transport = "ipc"  # files instead of TCP ports, which other users could listen to
    with TemporaryDirectory() as folder:
        client.km.ip = str(Path(folder) / "kernel")  # else in this folder, for all kernels the same
        with client.setup_kernel(env=environment):
            yield Kernel(client)


def _paths() -> list[str]:
    """Return the folders in which the kernel finds this checkout's code."""
    root = Path(__file__).parents[2]
    return [str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]


def joined(outputs: list[Output]) -> list[Output]:
    """Return a cell's outputs: what it printed to stdout as one text, results and figures."""
    kept: list[Output] = []
    for output in outputs:
        if output.get("name") == "stderr":  # progress
            continue
        if output["output_type"] == "error":  # its lines name the folders of this machine
            output["traceback"] = [f"{output['ename']}: {output['evalue']}"]
        before = kept[-1] if kept else None
        if output["output_type"] == "stream" and before and before.get("name") == output["name"]:
            before["text"] += output["text"]
        else:
            kept.append(output)
    return kept
