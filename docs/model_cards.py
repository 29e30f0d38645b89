"""The figures of the model cards, from the cards that are installed with the models.

`docs/refresh.py` puts these tables into `docs/model-card-digits.md` and `docs/model-card-pages.md`.
"""

from collections.abc import Callable, Iterable

from digitlab.models.card import MODEL, ModelCard
from digitlab.models.page_card import PAGE_MODEL, PageCard
from digitlab.reader import PRETRAINED

Row = tuple[str, str]


def table(name: str) -> str:
    """Return a table of a model card; `name` is a key of `_TABLES`."""
    return "\n".join(_TABLES[name]())


def _rows(rows: Iterable[Row]) -> list[str]:
    return ["| | |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in rows)]


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _details(name: str, weights: bytes, card: ModelCard | PageCard) -> list[Row]:
    versions = ", ".join(f"{package} {version}" for package, version in card.versions.items())
    return [
        ("files", f"`{name}.onnx` and `{name}.json`, in `src/digitlab/pretrained/`"),
        ("size", f"{len(weights):,} bytes, {card.parameters:,} parameters"),
        ("SHA-256", f"`{card.sha256}`"),
        ("classes", f"{len(card.classes)}: `{' '.join(card.classes)}`"),
        ("recipe", f"`{card.recipe['network']}`, {card.epochs} epochs, seed {card.seed}"),
        ("made on", f"{card.machine}; {versions}"),
        ("made by", "<br>".join(f"`{command}`" for command in card.commands)),
    ]


def _digits_details() -> list[str]:
    return _rows(_details(MODEL.name, *MODEL.read(PRETRAINED)))


def _pages_details() -> list[str]:
    return _rows(_details(PAGE_MODEL.name, *PAGE_MODEL.read(PRETRAINED)))


def _accuracy(test: dict[str, object], what: str) -> list[Row]:
    low, high = test["interval"]
    return [
        (what, f"{test['correct']:,} of {test['total']:,}: {_percent(test['accuracy'])}"),
        ("95% interval", f"{_percent(low)} to {_percent(high)}"),
        ("loss", f"{test['loss']:.4f}"),
    ]


def _digits_metrics() -> list[str]:
    card = MODEL.read(PRETRAINED)[1]
    chosen, test = card.calibration, card.test["calibration"]
    sure = card.test["total"] - test["unsure"]
    wrong = f"{test['wrong_when_sure']} of {sure:,}: {_percent(test['wrong_when_sure'] / sure)}"
    return _rows(
        [
            *_accuracy(card.test, "right on MNIST's test set"),
            ("calibration error before", _percent(test["error_before"])),
            (f"after, with temperature {chosen.temperature:.3f}", _percent(test["error_after"])),
            (
                f"unsure: probability below {chosen.threshold:.3f}",
                f"{test['unsure']} of {card.test['total']:,}",
            ),
            ("wrong among the other answers", wrong),
            ("the threshold was chosen for at most", _percent(chosen.error_rate)),
            ("temperature and threshold were chosen on", chosen.fitted_on),
        ]
    )


def _digits_kinds() -> list[str]:
    detection = MODEL.read(PRETRAINED)[1].is_digit
    assert detection is not None
    digits = (
        f"| {kind} | {_percent(refused)} | {_percent(detection.wrong[kind])} |"
        for kind, refused in detection.refused.items()
    )
    others = (f"| {kind} | {_percent(share)} |" for kind, share in detection.answered.items())
    return [
        f"| digits | refused: below {detection.threshold:.3f} | wrong among the sure answers |",
        "| --- | --- | --- |",
        *digits,
        "",
        "| pictures without a digit | answered as sure |",
        "| --- | --- |",
        *others,
    ]


def _pages_metrics() -> list[str]:
    card = PAGE_MODEL.read(PRETRAINED)[1]
    test, confidence = card.test, card.confidence
    return _rows(
        [
            *_accuracy(test, "digits found and named, on crops of MNIST's test digits"),
            ("missing", f"{test['missing']} of {test['total']:,}"),
            ("invented", f"{test['invented']} on {test['crops']:,} crops"),
            ("unsure", f"probability below {confidence.threshold:.3f}"),
            ("the threshold was chosen for at most", f"{_percent(confidence.error_rate)} wrong"),
            ("confidence was chosen on", confidence.fitted_on),
        ]
    )


_TABLES: dict[str, Callable[[], list[str]]] = {
    "digits-details": _digits_details,
    "digits-metrics": _digits_metrics,
    "digits-kinds": _digits_kinds,
    "pages-details": _pages_details,
    "pages-metrics": _pages_metrics,
}
