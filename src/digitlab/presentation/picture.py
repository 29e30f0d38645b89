"""How `digitlab explain` prints one picture's way through a network, for people."""

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.errors import printable
from digitlab.explain.call import Call, of_one_image
from digitlab.explain.followed import Followed, summands
from digitlab.explain.picture import PreparedPicture
from digitlab.explain.subject import Subject
from digitlab.language import Language
from digitlab.presentation import words
from digitlab.presentation.tables import in_times
from digitlab.presentation.wrapped import Wrapped, joined, wrap

_SHADES, _PLAIN_SHADES = " ░▒▓█", " .:*#"
_LARGEST_MAP = 14
"""Pixels: larger feature maps would need too many lines."""


def print_picture(
    console: Console, subject: Subject, name: str, picture: PreparedPicture, language: Language
) -> None:
    """Print what preprocessing did to a picture, and the 28x28 pixels that it left."""
    width, height = picture.size
    console.print(words.PICTURE.text(language), style="bold")
    lines = [words.PICTURE_SIZE.text(language, name=printable(name), width=width, height=height)]
    if picture.preparation == "as-is":
        lines.append(words.AS_IS.text(language))
    elif picture.is_unchanged:
        lines.append(words.UNCHANGED.text(language))
    else:
        lines += _prepared(picture, language)
    if picture.several:
        lines.append(words.SEVERAL.text(language))
    low, high = ((it - subject.mean) / subject.std for it in (0.0, 1.0))
    lines.append(
        words.NORMALIZED.text(
            language, mean=subject.mean, std=subject.std, low=number(low), high=number(high)
        )
    )
    for line in lines:
        console.print(Wrapped(line))
    _print_map(console, picture.digit)


def _prepared(picture: PreparedPicture, language: Language) -> list[str]:
    lines = [(words.INK_LIGHT if picture.ink_is_light else words.INK_DARK).text(language)]
    if picture.ink_box is not None:
        top, bottom, left, right = picture.ink_box
        all_height, all_width = picture.gray.shape
        lines.append(
            words.INK_BOX.text(
                language,
                width=right - left,
                height=bottom - top,
                all_width=all_width,
                all_height=all_height,
            )
        )
    top, bottom, left, right = picture.digit_box
    row, column = (f"{it:.1f}" for it in picture.center)
    size = {"width": right - left, "height": bottom - top}
    return [*lines, words.SCALED.text(language, **size, row=row, column=column)]


def has_shades(console: Console) -> bool:
    """Return whether the terminal's encoding has blocks in several shades."""
    return (console.encoding or "").lower().startswith("utf")


def _print_map(console: Console, values: NDArray[np.generic], indent: int = 2) -> None:
    """Print a picture in shades, two characters per pixel: the lowest value is blank."""
    shades = _SHADES if has_shades(console) else _PLAIN_SHADES
    numbers = np.asarray(values, np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    levels = np.rint((numbers - low) / (high - low or 1.0) * (len(shades) - 1)).astype(int)
    for row in levels.tolist():
        line = " " * indent + "".join(shades[level] * 2 for level in row)
        console.print(line.rstrip(), no_wrap=True, crop=True)


def number(value: float) -> str:
    """Return a number with four decimals, from 1,000 on two; four digits if very small or large.

    >>> number(-0.42421), number(0.0), number(1234.5), number(123456.7)
    ('−0.4242', '0.0000', '1,234.50', '1.235e+05')
    """
    is_plain = value == 0 or 1e-3 <= abs(value) < 1e5
    decimals = 4 if abs(value) < 1000 else 2
    text = f"{value:,.{decimals}f}" if is_plain else f"{value:.4g}"
    return text.replace("-", "−")


def print_followed(
    console: Console, calls: list[Call], followed: list[Followed], language: Language
) -> None:
    """Print how the largest value of each operation's output was computed."""
    console.print(words.FOLLOWED.text(language), style="bold")
    console.print(Wrapped(words.FOLLOWED_NOTE.text(language)))
    for call, it in zip(calls, followed, strict=True):
        output = of_one_image(call.output)
        found = words.LARGEST.text(
            language, value=number(it.value), place=_place(it.index, language)
        )
        console.print()
        head = f"{it.number}  {printable(call.name)}"
        console.print(f"{head}  → {in_times(output.shape)}", style="bold")
        console.print(f"  {found}")
        for line in _arithmetic(it, language, console.width - 4):
            console.print(f"  {line}", highlight=False)
        is_window = call.kind in ("convolution", "max_pool", "average_pool")
        if is_window and output.ndim == 3 and 3 <= max(output.shape[1:]) <= _LARGEST_MAP:
            channel = it.index[0]
            console.print(f"  {words.MAP.text(language, channel=channel)}")
            _print_map(console, output[channel], indent=4)


def _place(index: tuple[int, ...], language: Language) -> str:
    if len(index) == 3:
        channel, row, column = index
        return words.PLACE_MAP.text(language, channel=channel, row=row, column=column)
    return words.PLACE_VALUE.text(language, place=", ".join(map(str, index)))


def _arithmetic(it: Followed, language: Language, width: int) -> list[str]:
    """Return the lines that show how a value was computed."""
    numbers = [number(value) for value in it.inputs]
    result = number(it.value)
    match it.form:
        case "products":
            return _products(it, language, width)
        case "largest":
            return wrap(f"max({', '.join(numbers)}) = {result}", width)
        case "average":
            shown = ", ".join(numbers[:9]) + (", …" if len(numbers) > 9 else "")
            mean = words.MEAN_OF.text(language, count=len(numbers))
            return wrap(f"{mean} ({shown}) → {result}", width)
        case "relu":
            return [f"max(0, {numbers[0]}) = {result}"]
        case "norm" if it.numbers:
            parts = {name: number(value) for name, value in it.numbers.items()}
            scaled = f"({numbers[0]} − {_enclosed(parts['mean'])})"
            root = f"√({parts['variance']} + {it.numbers['epsilon']:g})"
            return wrap(
                f"{scaled} / {root} · {_enclosed(parts['weight'])} + "
                f"{_enclosed(parts['bias'])} = {result}",
                width,
            )
        case "sum" | "difference" | "product" | "quotient":
            sign = {"sum": "+", "difference": "−", "product": "·", "quotient": "/"}[it.form]
            return [f"{numbers[0]} {sign} {_enclosed(numbers[1])} = {result}"]
        case "function":
            return [f"{it.name}({numbers[0]}) = {result}"]
        case "copy":
            return [words.COPIED.text(language, place=_place(it.places[0], language))]
        case "softmax" | "log_softmax":
            score = number(max(it.inputs))
            share = f"e^{_enclosed(score)} / Σ e^x"
            return [
                f"ln({share}) = {result}" if it.form == "log_softmax" else f"{share} = {result}"
            ]
    return [words.NOT_FOLLOWED.text(language)]


def _enclosed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _products(it: Followed, language: Language, width: int) -> list[str]:
    """Return the sum of a convolution or linear layer, shortened so that it can be printed."""
    parts = summands(it)
    products = [term for term in it.terms if term.index]
    has_bias = len(products) < len(it.terms)
    words_of_sum = words.PRODUCTS if has_bias else words.PRODUCTS_ONLY
    is_added = any(part.kind == "channel" for part in parts)
    how = words.PER_CHANNEL.text(language) if is_added else ""
    lines = wrap(words_of_sum.text(language, count=len(products), how=how), width)
    texts = []
    for part in parts:
        value = number(part.value)
        if part.kind == "others":
            texts.append(words.OTHERS.text(language, count=part.count, value=value))
        elif part.kind == "bias":
            texts.append(words.BIAS.text(language, value=value))
        else:
            texts.append(value)
    first, *others = texts
    signed = [f"− {it[1:]}" if it.startswith("−") else f"+ {it}" for it in others]
    pieces = [first, *signed, f"= {number(it.value)}"]
    lines += [f"  {line}" for line in joined(pieces, width - 2)]
    if products:
        most = max(products, key=lambda term: abs(term.product))
        text = words.ONE_PRODUCT.text(
            language,
            value=_enclosed(number(most.value)),
            weight=_enclosed(number(most.weight)),
            product=number(most.product),
            place=_place(most.index, language),
        )
        lines += wrap(text, width)
    return lines
