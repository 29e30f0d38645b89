"""`digitlab explain`: a network, its settings and one picture's way through it, in numbers."""

import sys
from pathlib import Path
from typing import Annotated, Literal, TextIO, cast

import numpy as np
from cyclopts import Parameter
from rich.console import Console

from digitlab.cli import explain_words as words
from digitlab.cli.explain_answer import print_answer
from digitlab.cli.explain_picture import print_followed, print_picture
from digitlab.cli.explain_tables import print_network, print_settings, title_of
from digitlab.cli.parameters import AsJson
from digitlab.cli.pictures import source_of
from digitlab.cli.wrapped import PlainSigns
from digitlab.errors import DigitlabError
from digitlab.explain.answer import answer_of
from digitlab.explain.data import as_data
from digitlab.explain.follow import follow
from digitlab.explain.network import SIDE, explain_calls
from digitlab.explain.picture import prepare_picture
from digitlab.explain.settings import explain_settings
from digitlab.explain.subject import find_subject
from digitlab.files import encode_json
from digitlab.language import language_of_locale


def explain(
    what: Annotated[
        str | None,
        Parameter(
            help="A recipe's name or .toml file, the folder of a run or of an exported model, a "
            "checkpoint, a model.onnx or model.pth, `pretrained` for the model that comes with "
            "digitlab, or a network of your own: my_net.py:MyNet. Default: the recipe tutorial, or "
            "pretrained with --image."
        ),
    ] = None,
    /,
    *,
    image: Annotated[
        Path | None,
        Parameter(help="Follow this picture through the network, with the numbers of each step."),
    ] = None,
    figure: Annotated[
        Path | None,
        Parameter(
            help="Draw the kernels, what each step puts out for the picture, and the answer, to "
            "this file (.png, .jpg, .webp, .svg or .pdf); needs --image."
        ),
    ] = None,
    lang: Annotated[
        Literal["zh", "en"] | None,
        Parameter(help="Chinese or English; default: the language of your locale."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain a network operation by operation, and every setting of its recipe.

    For each operation: what it does, the shapes before and after it, how many parameters and
    multiply-adds it has, and how these numbers arise. They are derived from one real run of the
    network, so this also works for a network of your own.
    """
    language = lang or language_of_locale()
    if figure is not None and image is None:
        raise DigitlabError(
            "--figure draws what a network makes of a picture: give one with --image"
        )
    subject = find_subject(what, for_a_picture=image is not None)
    picture = None if image is None else prepare_picture(source_of(image), subject.preparation)
    pixels = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 256  # any that are not all the same
    calls = subject.run(pixels.astype(np.uint8) if picture is None else picture.digit)
    network = explain_calls(calls, subject.parameters)
    settings = []
    if subject.recipe is not None:
        settings = explain_settings(subject.recipe, subject.recipe_name, language)
    followed = follow(calls) if picture is not None else []
    answer = answer_of(calls, subject.temperature) if picture is not None else None
    drawn = None
    if figure is not None and picture is not None:
        from digitlab.cli.explain_figure import draw  # here: it imports matplotlib

        title = words.FIGURE_TITLE.text(language, network=title_of(subject, language))
        drawn = draw(subject, title, network, calls, picture, followed, answer, language, figure)
    if as_json:
        record = as_data(subject, network, settings, picture, followed, answer)
        print(encode_json(record).decode().strip())
        return
    file = cast(TextIO, PlainSigns(sys.stdout))
    console = Console(file=file, markup=False, highlight=False)
    print_network(console, subject, network, language)
    if settings:
        console.print()
        print_settings(console, subject, settings, language)
    if picture is not None:
        console.print()
        print_picture(console, subject, str(image), picture, language)
        console.print()
        print_followed(console, calls, followed, language)
        print_answer(console, subject, answer, language)
    if drawn is not None:
        print(words.WROTE.text(language, path=drawn))
