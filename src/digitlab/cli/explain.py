"""`digitlab explain`: a network, its settings and one picture's way through it, in numbers."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, TextIO, cast

from cyclopts import Parameter
from rich.console import Console

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import AsJson, Lang
from digitlab.cli.pictures import source_of
from digitlab.errors import DigitlabError
from digitlab.explain.data import as_data
from digitlab.explain.explained import explain_subject
from digitlab.explain.picture import prepare_picture
from digitlab.explain.settings import explain_settings
from digitlab.explain.subject import find_subject
from digitlab.files import encode_json
from digitlab.language import language_of_locale
from digitlab.presentation import words
from digitlab.presentation.answer import print_answer
from digitlab.presentation.picture import print_followed, print_picture
from digitlab.presentation.tables import print_network, print_settings
from digitlab.presentation.wrapped import PlainSigns


@chinese_help(
    "逐项讲解一个网络的运算，以及它的配方的每一项设置。\n\n"
    "每一项运算：做什么，前后的形状，有多少参数和乘加次数，这些数是怎么来的。它们都来自网络真实的一次运行，"
    "所以对你自己的网络同样有效。"
)
def explain(
    what: Annotated[
        str | None,
        Parameter(
            help=help_text(
                "A recipe's name or .toml file, the folder of a run or of an exported model, a "
                "checkpoint, a model.onnx or model.pth, `pretrained` for the model that comes with "
                "digitlab, or a network of your own: my_net.py:MyNet. Default: the recipe "
                "tutorial, or pretrained with --image.",
                "配方的名字或 .toml 文件，一次训练或导出模型的文件夹，检查点，"
                "model.onnx 或 model.pth，"
                "`pretrained`（digitlab 自带的模型），或者你自己的网络：my_net.py:MyNet。"
                "默认：配方 tutorial；有 --image 时是 pretrained。",
            )
        ),
    ] = None,
    /,
    *,
    image: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Follow this picture through the network, with the numbers of each step.",
                "跟着这张图片走过整个网络，看每一步的真实数字。",
            )
        ),
    ] = None,
    figure: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Draw the kernels, what each step puts out for the picture, and the answer, to "
                "this file (.png, .jpg, .webp, .svg or .pdf); needs --image.",
                "把卷积核、每一步对这张图片的输出和答案画到这个文件里"
                "（.png、.jpg、.webp、.svg 或 .pdf）；要和 --image 一起用。",
            )
        ),
    ] = None,
    lang: Lang = None,
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
    with redirect_stdout(sys.stderr):  # what a network of the user's own prints is no result
        subject = find_subject(what, for_a_picture=image is not None)
        picture = None if image is None else prepare_picture(source_of(image), subject.preparation)
        explained = explain_subject(subject, picture)
    settings = []
    if subject.recipe is not None:
        settings = explain_settings(subject.recipe, subject.recipe_name, language)
    if figure is not None:
        from digitlab.presentation.figure import draw  # here: it imports matplotlib

        draw(explained, language, figure)
    if as_json:
        print(encode_json(as_data(explained, settings)).decode().strip())
        return
    file = cast("TextIO", PlainSigns(sys.stdout))
    console = Console(file=file, markup=False, highlight=False)
    print_network(console, subject, explained.network, language)
    if settings:
        console.print()
        print_settings(console, subject, settings, language)
    if picture is not None:
        console.print()
        print_picture(console, subject, str(image), picture, language)
        console.print()
        print_followed(console, explained.calls, explained.followed, language)
        print_answer(console, subject, explained.answer, language)
    if figure is not None:
        print(words.WROTE.text(language, path=figure))
