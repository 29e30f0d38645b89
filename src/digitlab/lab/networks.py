"""Which networks the page can show: a model or run of the user's, the shipped one, every run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from digitlab.errors import DigitlabError, printable
from digitlab.lab.bundle import EXAMPLE, bundle_of_model, bundle_of_run
from digitlab.lab.runs import Runs
from digitlab.models.card import is_model
from digitlab.reader import PRETRAINED
from digitlab.records.folder import RunFolder


class NoSuchNetworkError(DigitlabError):
    """A name that no network has."""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A network that the page can show."""

    name: str
    title: str
    kind: Literal["example", "shipped", "run", "model"]


@dataclass(frozen=True)
class Networks:
    """The networks on offer, the one that was named first."""

    runs: Runs
    named: Path | None = None
    """An exported model's folder, or a run's, that the user named; None for none."""

    def offered(self) -> list[Offered]:
        """Return the networks, the one that is shown first at the beginning."""
        found = [
            Offered(name="example", title="the tutorial's network", kind="example"),
            Offered(name="shipped", title="the network that reads pictures", kind="shipped"),
        ]
        if self.named is not None:
            found.insert(0, Offered(name="model", title=self.named.name, kind="model"))
        taken = {it.name for it in found}
        for name in self.runs.names():
            if name not in taken and _can_be_shown(self.runs.run(name)):
                found.append(Offered(name=name, title=name, kind="run"))
        return found

    def bundle(self, name: str, step: int | None = None) -> Any:
        """Return a network as the page takes it: see `digitlab.lab.bundle`.

        `step` names one of a run's snapshots; None: the network as it is now. Raises
        `NoSuchNetworkError` for an unknown name, and `DigitlabError` if the page cannot compute it.
        """
        folder = self._folder_of(name)
        if RunFolder(folder).holds_a_run():
            return bundle_of_run(folder, step)
        if step is not None:
            raise DigitlabError(f"{printable(name)} is not a run, so it has no snapshots")
        return bundle_of_model(folder)

    def _folder_of(self, name: str) -> Path:
        if name == "model" and self.named is not None:
            return self.named
        if name == "example":
            return EXAMPLE
        if name == "shipped":
            return PRETRAINED
        if name not in self.runs.names():
            raise NoSuchNetworkError(f"there is no network {printable(name)!r}")
        return self.runs.run(name).path


def _can_be_shown(folder: RunFolder) -> bool:
    return is_model(folder.path) or (folder.path / "snapshots").is_dir()
