"""Which networks the page can show: a model or run of the user's, the shipped one, every run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from digitlab.errors import DigitlabError, printable
from digitlab.files import read_json
from digitlab.lab.bundle import Bundle, bundle_of_model, bundle_of_snapshot
from digitlab.lab.runs import RESERVED, NoSuchRunError, Runs
from digitlab.models.card import CARD, ModelCard, is_model, read_model
from digitlab.reader import PRETRAINED
from digitlab.records.compare import is_finished
from digitlab.records.folder import RunFolder, read_results
from digitlab.records.snapshots import SNAPSHOTS, list_snapshots


class NoSuchNetworkError(DigitlabError):
    """A name that no network has."""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A network that the page can show."""

    name: str
    title: str
    kind: Literal["example", "shipped", "run", "model"]


@dataclass(frozen=True)
class Networks:
    """The networks on offer."""

    runs: Runs
    first: str = "example"
    """The name of the one that the page begins with."""
    model: Path | None = None
    """A model that the user named, or a run that is not in the folder of runs."""

    def offered(self) -> list[Offered]:
        """Return the networks, the first one first."""
        found = [
            Offered(name="example", title="the tutorial's network", kind="example"),
            Offered(name="shipped", title="the network that reads pictures", kind="shipped"),
        ]
        if self.model is not None:
            kind: Literal["run", "model"] = "run" if "model" in self.runs.others else "model"
            found.append(Offered(name="model", title=self.model.resolve().name, kind=kind))
        for name, folder in self.runs.all().items():
            if name not in RESERVED and _can_be_shown(folder):
                found.append(Offered(name=name, title=name, kind="run"))
        return sorted(found, key=lambda it: it.name != self.first)

    def bundle(self, name: str, step: int | None = None) -> Bundle:
        """Return a network as the page takes it: see `digitlab.lab.bundle`.

        `step` names one of a run's snapshots; None: the network as it is now. Raises
        `NoSuchNetworkError` for an unknown name, and `DigitlabError` if the page cannot compute it.
        """
        folder = self._folder_of(name)
        if step is None and _has_current_model(folder):
            return bundle_of_model(folder, name=name)
        steps = list_snapshots(folder / SNAPSHOTS)
        if step is None and not steps:
            raise DigitlabError(
                f"{printable(name)} has neither an exported model nor snapshots; train with "
                f"`--snapshots`, or `digitlab export {RunFolder(folder)}` when it is finished"
            )
        return bundle_of_snapshot(folder, steps[-1] if step is None else step, name=name)

    def classes(self, name: str) -> list[str]:
        """Return the names of a network's answers."""
        return list(self.bundle(name)["classes"])

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of an exported model; None for a network that is not exported."""
        folder = self._folder_of(name)
        if not _has_current_model(folder):
            return None
        _, card = read_model(folder)
        return card.sha256

    def _folder_of(self, name: str) -> Path:
        if name == "shipped":
            return PRETRAINED
        if name == "model" and self.model is not None:
            return self.model
        try:
            return self.runs.run(name).path
        except NoSuchRunError as error:
            raise NoSuchNetworkError(f"there is no network {printable(name)!r}") from error


def _can_be_shown(folder: RunFolder) -> bool:
    return is_model(folder.path) or bool(list_snapshots(folder.path / SNAPSHOTS))


def _has_current_model(folder: Path) -> bool:
    """Return whether there is an exported model, and its run, if it has one, is not beyond it."""
    if not is_model(folder):
        return False
    if not list_snapshots(folder / SNAPSHOTS):
        return True
    try:
        card = read_json(folder / CARD, ModelCard)
        results = read_results(RunFolder(folder))
    except (OSError, DigitlabError):
        return False
    return is_finished(results) and card.epochs == results.record.recipe.epochs
