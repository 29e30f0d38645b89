"""How `digitlab explain` prints the scores, the probabilities and the losses."""

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Column, Table

from digitlab.errors import printable
from digitlab.explain.answer import Answer
from digitlab.explain.subject import Subject
from digitlab.language import Language
from digitlab.models.probability import percent
from digitlab.presentation import words
from digitlab.presentation.picture import has_shades, number
from digitlab.presentation.wrapped import Wrapped

_BAR = 8
_MOST_CLASSES = 20


def print_answer(
    console: Console, subject: Subject, answer: Answer | None, language: Language
) -> None:
    """Print the scores, the probabilities and the loss for every label."""
    console.print()
    console.print(words.ANSWER.text(language), style="bold")
    if answer is None:
        console.print(words.NO_ANSWER.text(language))
        return
    columns = [words.SCORE, words.EXPONENTIAL, words.PROBABILITY]
    columns += [words.CALIBRATED] * (answer.calibrated is not None)
    table = Table(
        words.CLASS.text(language),
        *(Column(it.text(language), justify="right") for it in columns),
        Column("", min_width=_BAR),
        Column(words.LOSS.text(language), justify="right"),
        box=box.HORIZONTALS,
    )
    ranked = np.argsort(-np.array(answer.probabilities), kind="stable")
    shown = sorted(ranked[:_MOST_CLASSES].tolist())
    for place in shown:
        probability = answer.probabilities[place]
        table.add_row(
            printable(subject.classes[place]) if place < len(subject.classes) else str(place),
            number(answer.scores[place]),
            number(answer.exponentials[place]),
            percent(probability),
            *([] if answer.calibrated is None else [percent(answer.calibrated[place])]),
            _bar(console, probability),
            number(abs(answer.losses[place])),
        )
    console.print(table)
    best = int(ranked[0])
    notes = [words.ANSWER_SUM.text(language, sum=number(sum(answer.exponentials)))]
    if answer.shifted:
        notes.append(words.SHIFTED.text(language))
    notes.append(
        words.ANSWER_NOTE.text(
            language,
            name=printable(subject.classes[best]),
            probability=percent(answer.probabilities[best]),
            loss=number(abs(answer.losses[best])),
        )
    )
    if answer.calibrated is not None and subject.temperature is not None:
        temperature = f"{subject.temperature:.3f}"
        notes.append(words.CALIBRATED_NOTE.text(language, temperature=temperature))
    if not subject.is_trained:
        notes.append(words.UNTRAINED.text(language))
    for note in notes:
        console.print(Wrapped(note))


def _bar(console: Console, share: float) -> str:
    full = "█" if has_shades(console) else "#"
    return full * round(share * _BAR)
