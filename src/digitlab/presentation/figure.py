"""`digitlab explain`: what is drawn of a network and a picture, in the reader's words."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from digitlab.explain.answer import Answer
from digitlab.explain.call import Call, of_one_image
from digitlab.explain.explained import Explained
from digitlab.explain.followed import Followed
from digitlab.explain.network import Operation
from digitlab.explain.subject import Subject
from digitlab.figures.explanation import Explanation, Layer, draw_explanation
from digitlab.language import Language
from digitlab.presentation import words
from digitlab.presentation.tables import in_times, title_of

_MOST_LAYERS = 32
_UNCHANGED = ("dropout", "channel_dropout", "flatten", "reshape")
"""Operations that leave the values as they are: the row above shows them already."""


def draw(explained: Explained, language: Language, path: Path) -> Path:
    """Draw a picture's way through a network; return the path.

    Raises `DigitlabError` if the file cannot be written, `ValueError` if there is no picture.
    """
    subject, picture, answer = explained.subject, explained.picture, explained.answer
    if picture is None:
        raise ValueError("there is no picture to be drawn")
    calls = explained.calls
    all_rows = zip(explained.network.operations, calls, explained.followed, strict=True)
    rows = [row for row in all_rows if row[0].kind not in _UNCHANGED]
    if answer is not None:  # its bars show more than the logarithms
        rows = [row for row in rows if not row[0].kind.endswith("softmax")]
    if len(rows) > _MOST_LAYERS:
        places = np.linspace(0, len(rows) - 1, _MOST_LAYERS).round().astype(int)
        rows = [rows[place] for place in places]
    first = next((it for it in calls if it.kind == "convolution" and "weight" in it.weights), None)
    kernels = None if first is None else np.asarray(first.weights["weight"], np.float32)
    if kernels is not None:
        kernels = kernels.sum(axis=1) if kernels.ndim == 4 else None
    explanation = Explanation(
        title=words.FIGURE_TITLE.text(language, network=title_of(subject, language)),
        legend=words.FIGURE_LEGEND.text(language),
        picture=picture.gray,
        digit=picture.digit,
        picture_words=(
            words.FIGURE_PICTURE.text(language, size=in_times(picture.size)),
            words.FIGURE_DIGIT.text(language),
        ),
        kernels=kernels,
        kernel_words=(
            words.FIGURE_KERNELS.text(language, name="" if first is None else first.name),
            "" if kernels is None else in_times(kernels.shape),
        ),
        shown_words=words.FIGURE_SHOWN.text(language),
        layers=_with_classes([_layer(*row) for row in rows], subject.classes),
        classes=subject.classes,
        probabilities=None if answer is None else np.array(answer.probabilities),
        answer_words=_answer_words(subject, answer, language),
    )
    return draw_explanation(explanation, path)


def _layer(operation: Operation, call: Call, followed: Followed) -> Layer:
    values = np.asarray(of_one_image(call.output), np.float32)
    if values.ndim == 3 and values.shape[1] * values.shape[2] == 1:
        values = values[:, 0, 0]
    if values.ndim == 2:
        values = values[None]
    is_drawn = values.ndim in (1, 3) and values.size > 0
    sizes = [str(it) for it in operation.sizes]
    return Layer(
        name=operation.name,
        details=(in_times(operation.output_shape), *sizes[:1]),
        values=values if is_drawn else None,
        marked=followed.index[0] if len(followed.index) in (1, 3) else None,
    )


def _with_classes(layers: list[Layer], classes: tuple[str, ...]) -> list[Layer]:
    """Return the layers with the classes below the bars of the last one, if these are scores."""
    for last in layers[-1:]:
        if last.values is not None and last.values.shape == (len(classes),):
            return [*layers[:-1], replace(last, labels=classes)]
    return layers


def _answer_words(subject: Subject, answer: Answer | None, language: Language) -> tuple[str, ...]:
    if answer is None:
        return (words.NO_ANSWER.text(language),)
    best = int(np.argmax(answer.probabilities))
    found = (words.FIGURE_ANSWER.text(language, name=subject.classes[best]),)
    details = (words.PROBABILITY.text(language),)
    return found + details + (words.FIGURE_UNTRAINED.text(language),) * (not subject.is_trained)
