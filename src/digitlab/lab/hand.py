"""The corrections for the page: stored only with the user's consent, listed, deleted, packed."""

import base64
import binascii
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from digitlab.data.correction import Correction
from digitlab.data.corrections import Corrections
from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.lab.networks import Networks
from digitlab.pictures.digit import prepare


class NewCorrection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page sends to store a correction."""

    consent: bool
    """Whether the user has agreed that it is stored."""
    picture: str
    """A picture file in base64: the drawing as drawn, dark on white."""
    label: str
    """What it really shows."""
    answer: str | None = None
    """What it was read as."""
    probability: float | None = None
    """Of that answer, 0 to 1."""
    network: str | None = None
    """The name of the network that read it."""


class Listed(Correction, frozen=True, kw_only=True):
    """A stored correction, and what a network is shown of it."""

    pixels: str
    """28x28 bytes in base64, row by row, 0 = background to 255 = ink."""


class ListOfCorrections(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /lab/corrections` answers."""

    folder: str
    command: str
    """The command that trains with them."""
    corrections: list[Listed]
    """The oldest first."""


class NoConsentError(DigitlabError):
    """A correction that may not be stored."""


@dataclass(frozen=True)
class Hand:
    """The corrections in a folder, which is made when the first one is stored."""

    folder: Path
    networks: Networks
    _pixels: dict[str, str] = field(default_factory=dict)
    """What `Listed` needs, by id: a picture is prepared once."""

    @property
    def stored(self) -> Corrections:
        """Return the folder as corrections."""
        return Corrections(self.folder)

    def list(self) -> ListOfCorrections:
        """Return everything that is stored; a picture that is damaged is left out."""
        listed = [self._listed(it) for it in self.stored.all()]
        return ListOfCorrections(
            folder=str(self.folder),
            command="digitlab train --recipe fast --run runs/my-hand --extra "
            + shlex.quote(self._short()),
            corrections=[it for it in listed if it is not None],
        )

    def add(self, new: NewCorrection) -> Listed:
        """Store a correction.

        Raises `NoConsentError` without consent, and `DigitlabError` if the picture or a value
        cannot be used, or the folder cannot be written.
        """
        if not new.consent:
            raise NoConsentError(
                "nothing is stored without consent: agree on the page that your corrections are "
                f"stored in {self.folder}"
            )
        classes = self.networks.classes(new.network or "shipped")
        if new.label not in classes:  # a training could not learn it, and would refuse them all
            raise DigitlabError(
                f"label is {printable(new.label[:60])!r}, but must be one of {', '.join(classes)}"
            )
        try:
            picture = base64.b64decode(new.picture, validate=True)
        except (binascii.Error, ValueError) as error:
            raise DigitlabError(f"the picture is not in base64: {error}") from error
        added = self.stored.add(
            picture,
            label=new.label,
            answer=new.answer,
            probability=new.probability,
            model=None if new.network is None else self.networks.digest(new.network),
        )
        listed = self._listed(added)
        assert listed is not None  # it was prepared a moment ago
        return listed

    def _listed(self, correction: Correction) -> Listed | None:
        if correction.id not in self._pixels:
            try:
                pixels = prepare(self.stored.picture(correction.id))
            except (DigitlabError, PictureError):
                return None
            self._pixels[correction.id] = base64.b64encode(pixels.tobytes()).decode()
        values = msgspec.structs.asdict(correction)
        return Listed(**values, pixels=self._pixels[correction.id])

    def _short(self) -> str:
        """Return the folder as the user would write it where the lab was started."""
        try:
            return str(self.folder.relative_to(Path.cwd()))
        except (ValueError, OSError):
            return str(self.folder)
