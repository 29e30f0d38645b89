"""The runs in a folder: listed, looked into, started, paused and continued for the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from digitlab.errors import DigitlabError, printable
from digitlab.lab.described_runs import Details, Status, Summary, describe, shortened
from digitlab.lab.trainings import BusyError, Trainings
from digitlab.named_recipes import IMAGE_RECIPES, changed
from digitlab.recipe import CLASSIFIERS, Recipe
from digitlab.records.claim import is_training
from digitlab.records.compare import is_finished
from digitlab.records.folder import RunFolder, read_results
from digitlab.records.snapshots import SNAPSHOTS, list_snapshots
from digitlab.runs.launch import flags_of

_NAME = re.compile(r"[^\W_][\w.-]{0,59}")
RESERVED = ("example", "shipped", "model")
"""Names of networks that are not runs of the folder: see `digitlab.lab.networks`. A run in the
folder with one of these names is not in the list."""

_PATIENCE = 60.0
"""Seconds in which most trainings have begun; `best` first draws pictures for a minute."""


class NoSuchRunError(DigitlabError):
    """A name that no run in the folder has."""


class NewRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page asks for when it starts a training."""

    recipe: str = "tutorial"
    """One of the named recipes."""
    settings: dict[str, Any] = {}
    """The settings that differ from the recipe's."""
    seed: int = 1
    name: str | None = None
    """Of the folder to be made; None for the recipe's name, or `my-hand` if it learns from
    the corrections; with a number if that is taken."""
    corrections: bool = False
    """Whether to learn from the stored corrections as well."""


@dataclass(frozen=True)
class Runs:
    """The folder with the runs. Names that lead out of it do not exist."""

    folder: Path
    corrections: Path
    """The folder with the stored corrections, from which a training may learn as well."""
    trainings: Trainings
    others: Mapping[str, Path] = field(default_factory=dict)
    """Runs that are not in the folder, by a name of their own."""

    def all(self) -> dict[str, RunFolder]:
        """Return the runs by name, those last started or continued first.

        `digitlab repeat` puts runs into a folder of their own: these are named `folder/run`.
        """
        times: dict[str, float] = {}
        for path in _folders_in(self.folder):
            if path.name in RESERVED:
                continue
            inner = [path] if RunFolder(path).holds_a_run() else _folders_in(path)
            for it in inner:
                if RunFolder(it).holds_a_run():
                    times[it.relative_to(self.folder).as_posix()] = _time_of(it / "run.json")
        for name in self.trainings.names():  # those that have not begun, or failed before that
            times.setdefault(name, float("inf"))
        names = sorted(times.keys() - self.others.keys(), key=lambda name: (-times[name], name))
        return {name: RunFolder(self.folder / name) for name in names}

    def run(self, name: str) -> RunFolder:
        """Return a run's folder, or raise `NoSuchRunError`."""
        if name in self.others:
            return RunFolder(self.others[name])
        if self._holds(name) or name in self.trainings.names():
            return RunFolder(self.folder / name)
        raise NoSuchRunError(f"there is no run {printable(name)!r} in {self.folder}")

    def _holds(self, name: str) -> bool:
        """Return whether a name is one of `all`, without looking at all folders."""
        outer, *inner = name.split("/")
        if len(inner) > 1 or outer in RESERVED or not all(map(_is_name, (outer, *inner))):
            return False
        try:
            is_run = RunFolder(self.folder / name).holds_a_run()
            return is_run and not (inner and RunFolder(self.folder / outer).holds_a_run())
        except OSError:  # such as a name that is too long
            return False

    def summaries(self) -> list[Summary]:
        """Return every run in a few words; those that cannot be read as damaged."""
        return [shortened(self._details(name, folder)) for name, folder in self.all().items()]

    def status(self, name: str) -> tuple[Status, str | None]:
        """Return what a run is doing, and why if it is damaged or has failed."""
        run = self.details(name)
        return run.status, run.error

    def details(self, name: str) -> Details:
        """Return a run, or raise `NoSuchRunError`."""
        return self._details(name, self.run(name))

    def _details(self, name: str, folder: RunFolder) -> Details:
        where = str(folder.path)
        failure = self.trainings.failure(name)
        is_ours = self.trainings.is_alive(name)
        if not folder.holds_a_run():
            status: Status = "running" if is_ours else "failed"
            return Details(name=name, status=status, error=failure, folder=where)
        try:
            results = read_results(folder)
            snapshots = list_snapshots(folder.path / SNAPSHOTS)
        except (DigitlabError, OSError) as error:
            return Details(name=name, status="damaged", error=str(error), folder=where)
        if is_ours or (not is_finished(results) and is_training(folder)):
            status, failure = "running", None
        elif is_finished(results):
            status, failure = "finished", None
        else:
            status = "failed" if failure else "paused"
        return describe(name, status, failure, results, snapshots)

    def start(self, new: NewRun) -> Details:
        """Start a training, and return it when it has begun.

        Raises `DigitlabError` if a setting is impossible or the training cannot begin, and
        `BusyError` if another one runs, or there is a run of that name.
        """
        recipe = _recipe_of(new)
        name = self._free_name(new)
        folder = RunFolder(self.folder / name)
        words = [
            *("train", "--recipe", new.recipe, *flags_of(recipe, new.recipe)),
            *("--seed", str(new.seed), "--run", str(folder.path)),
            *("--snapshots", "--no-figures"),
        ]
        if new.corrections:
            words += ["--extra", str(self.corrections)]
        self.trainings.start(name, words, folder.has_checkpoint, patience=_PATIENCE)
        return self.details(name)

    def resume(self, name: str) -> Details:
        """Continue a run where it stopped; raises as `start` does."""
        folder, run = self.run(name), self.details(name)
        if run.status in ("running", "finished"):
            raise BusyError(f"{name} is {run.status}; there is nothing to resume")
        if run.status == "damaged":
            raise DigitlabError(f"{name} cannot be resumed: {run.error}")
        commands = len(folder.read_record().commands)
        self.trainings.start(
            name,
            ["resume", str(folder.path), "--no-figures"],
            lambda: len(folder.read_record().commands) > commands,
            patience=_PATIENCE,
        )
        return self.details(name)

    def pause(self, name: str) -> Details:
        """Let a run save and stop; return it when it has. Raises `BusyError` if it cannot be."""
        folder = self.run(name)
        if self.details(name).status == "running" and not self.trainings.is_alive(name):
            raise BusyError(f"{name} was started by another program; stop it there with Ctrl-C")
        self.trainings.pause(name, folder.has_checkpoint)
        return self.details(name)

    def _free_name(self, new: NewRun) -> str:
        """Return the name of a new run, or raise `DigitlabError` if it is taken or impossible."""
        if new.name is None:
            first = "my-hand" if new.corrections else new.recipe  # as the page's command says
            taken, number = first, 1
            while (self.folder / taken).exists():
                number += 1
                taken = f"{first}-{number}"
            return taken
        if not _NAME.fullmatch(new.name) or new.name in RESERVED:
            raise DigitlabError(
                f"a run cannot be named {printable(new.name)!r}: use at most 60 letters, digits, "
                "dots, dashes and underscores, begin with a letter or a digit, and do not use "
                f"{', '.join(RESERVED)}"
            )
        if (self.folder / new.name).exists():
            raise BusyError(f"there is already a run {new.name!r}; choose another name")
        return new.name


def _recipe_of(new: NewRun) -> Recipe:
    """Return the whole recipe, or raise `DigitlabError` with the setting that is impossible."""
    if new.recipe not in IMAGE_RECIPES:  # not `find_recipe`, which would open a file
        raise DigitlabError(
            f"there is no recipe {printable(new.recipe)!r}; choose one of "
            f"{', '.join(IMAGE_RECIPES)}"
        )
    if not 0 <= new.seed < 2**63:
        raise DigitlabError(f"seed is {new.seed}, but must be at least 0 and below 2^63")
    recipe = changed(IMAGE_RECIPES[new.recipe], new.settings)
    if recipe.network not in CLASSIFIERS:  # it would run code whose name came from a page
        raise DigitlabError(
            f"network is {printable(recipe.network)!r}, but the page trains only "
            f"{', '.join(CLASSIFIERS)}; `digitlab train --network` trains your own"
        )
    return recipe


def _folders_in(folder: Path) -> list[Path]:
    try:
        return [it for it in folder.iterdir() if _is_name(it.name) and it.is_dir()]
    except OSError:  # there is none, or it may not be read
        return []


def _is_name(name: str) -> bool:
    """Return whether a folder may be a run: not hidden, and with a name that JSON can have."""
    return (
        bool(name) and not name.startswith(".") and name.isprintable() and Path(name).name == name
    )


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
