"""A model that finds digits on pages: `page.onnx`, the network, and `page.json`, its card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.models.pair import Pair
from digitlab.models.trained import Trained

PAGE = "page"
"""The network's input: gray pages, uint8, N x H x W, H and W multiples of 16, dark ink on white."""
CENTERS, CLASSES, BOXES = "centers", "classes", "boxes"
"""Its outputs, float32, N x C x H/4 x W/4: see `digitlab.models.page_network.Maps`."""


@dataclass(frozen=True, kw_only=True)
class PageConfidence:
    """How two networks' answers become one probability, and which digits are "unsure".

    That something is a digit has log-odds that are a weighted sum of what `by_center` and the next
    three weigh, and `offset`. Which digit it is follows from a weighted sum of both networks'
    log-probabilities. A digit's probability is the product of the two.
    """

    offset: float
    by_center: float
    """Weighs the page network's log-odds for the digit's middle."""
    by_second_look: float
    """Weighs the log-odds of the network for single digits that it is a digit at all."""
    by_support: float
    """Weighs the middle's probabilities in all sizes of the page, added up."""
    by_size: float
    """Weighs how far its height is from the usual one, as the absolute logarithm of their ratio."""
    page_weight: float
    """Of the page network's log-probabilities of the ten digits, at least 0."""
    single_weight: float
    """Of those of the network for single digits, at least 0."""
    threshold: float
    """A digit with a lower probability is "unsure", 0 to 1; at 1 all digits are."""
    error_rate: float | None
    """The threshold was chosen so that at most this share of the digits that are not unsure is
    wrong, 0 to below 1; None if it was not chosen."""
    fitted_on: str
    """A description of the pages that all of this was chosen on."""

    def __post_init__(self) -> None:
        rate = self.error_rate
        for name, is_valid, limits in (  # NaN is not valid
            *((it, abs(getattr(self, it)) <= 100, "-100 to 100")
              for it in ("offset", "by_center", "by_second_look", "by_support", "by_size")),
            ("page_weight", 0 <= self.page_weight <= 100, "0 to 100"),
            ("single_weight", 0 <= self.single_weight <= 100, "0 to 100"),
            ("threshold", 0 <= self.threshold <= 1, "0 to 1"),
            ("error_rate", rate is None or 0 <= rate < 1, "0 to below 1"),
        ):  # fmt: skip
            if not is_valid:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be from {limits}")


UNCALIBRATED = PageConfidence(
    offset=0.0, by_center=1.0, by_second_look=0.0, by_support=0.0, by_size=0.0, page_weight=0.5,
    single_weight=0.5, threshold=0.5, error_rate=None, fitted_on="no page",
)  # fmt: skip
"""Until it is chosen on pages."""


@dataclass(frozen=True, kw_only=True)
class PageCard(Trained):
    """How a page network was made, how accurate it is, and how its answers are calibrated."""

    classes: str
    """The digits and signs that it knows, one character each, in the order of its output."""
    confidence: PageConfidence
    test: dict[str, Any]
    """The result on composed pages of the dataset's test digits: how many there are, how many were
    found and named correctly, missing, invented, and the loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes[:10] != "0123456789" or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes must be the digits and then signs, not {self.classes!a}")


PAGE_MODEL = Pair("page", PageCard)


def write_page_model(folder: Path, weights: bytes, card: PageCard) -> tuple[Path, Path]:
    """Write `page.onnx` and `page.json` as a pair: see `Pair.write`."""
    return PAGE_MODEL.write(folder, weights, card)


def read_page_model(folder: Path) -> tuple[bytes, PageCard]:
    """Return the weights and the card of the page network in a folder: see `Pair.read`."""
    return PAGE_MODEL.read(folder)
