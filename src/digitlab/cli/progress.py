"""How far a command has come that reads many pictures: a bar on a terminal, elsewhere nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[float, str], None]
"""Takes how many pictures are done, also a part of one, and the name of the next."""


@contextmanager
def progress(total: int, *, is_wanted: bool) -> Iterator[Report]:
    """Show a bar on stderr while the block runs, if that is a terminal."""
    if not is_wanted or not sys.stderr.isatty():
        yield lambda done, name: None
        return
    from rich.console import Console  # here: importing them takes time
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    console = Console(stderr=True, highlight=False)
    if console.is_dumb_terminal:  # it cannot move its cursor
        yield lambda done, name: None
        return
    name_column = TextColumn("{task.description}", table_column=Column(no_wrap=True), markup=False)
    columns = (BarColumn(bar_width=20), MofNCompleteColumn(), TimeRemainingColumn(), name_column)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, name: bar.update(task, completed=done, description=name)
