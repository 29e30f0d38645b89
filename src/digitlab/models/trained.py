"""What the card of every network says: how it was made."""

from dataclasses import dataclass
from typing import Any

_FORMAT = 1  # of the card; a later format might not be understood


@dataclass(frozen=True, kw_only=True)
class Trained:
    """How a network was made. Raises `ValueError` if a later version has written the card."""

    sha256: str
    """Of the complete file of the network, in hexadecimal."""
    dataset: str
    """The dataset that it was trained on."""
    parameters: int
    """How many numbers the network learned."""
    recipe: dict[str, Any]
    """Every setting of the training."""
    seed: int | None
    """Of the training; None if the exported file does not contain it."""
    epochs: int | None
    """How many epochs it was trained; None if the exported file does not contain it."""
    commands: list[str]
    """The commands that made it, from the training to the export."""
    data_sha256: dict[str, str]
    """Of each file of the dataset."""
    machine: str | None
    """The processor it was trained on; None if the exported file does not contain it."""
    versions: dict[str, str]
    """Of the software it was trained with; empty if the exported file does not contain them."""
    format: int = _FORMAT

    def __post_init__(self) -> None:
        if self.format != _FORMAT:
            raise ValueError(f"format is {self.format}, but this version reads {_FORMAT}")
