"""Compare what a cell puts out with what it put out when the guide was built."""

import base64
import io
import math
import re
from collections.abc import Set

import numpy as np
from PIL import Image

from docs.guide.render import text_of
from docs.guide.run import Output

_NUMBER = re.compile(r"(?<![A-Za-z_])[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?%?")
_TOLERANCE = {"usual": 1e-3, "rough": 0.05}
_SMALL = {"usual": 1e-5, "rough": 0.02}  # smaller differences are ignored
_SMALL_SHARE = {"usual": 1e-5, "rough": 0.0101}  # the same for percentages: one point
_GRAY_LEVELS = {"usual": 3.0, "rough": 10.0}  # mean difference of two figures, of 255
_SIDE = 128


def differences(
    before: list[Output], after: list[Output], tags: Set[str] = frozenset()
) -> list[str]:
    """Return how a cell's outputs differ, each difference as a sentence; empty if they agree."""
    if len(before) != len(after):
        return [f"it has {len(after)} outputs instead of {len(before)}"]
    kind = "rough" if "rough" in tags else "usual"
    found = []
    for old, new in zip(before, after, strict=True):
        old_image, new_image = (it.get("data", {}).get("image/png") for it in (old, new))
        if old_image and new_image:
            levels = figure_difference(old_image, new_image)
            if levels > _GRAY_LEVELS[kind]:
                found.append(f"a figure differs by {levels:.1f} of 255 gray levels")
        else:
            found += _text_differences(text_of(old), text_of(new), kind, "volatile" in tags)
    return found


def _text_differences(old: str, new: str, kind: str, is_volatile: bool) -> list[str]:
    words = [" ".join(_NUMBER.sub("#", text).split()) for text in (old, new)]
    if words[0] != words[1] and not is_volatile:
        return [f"its text is {new!r} instead of {old!r}"]
    if is_volatile:
        return []
    numbers = [_NUMBER.findall(text) for text in (old, new)]
    return [
        f"{b} instead of {a} in {new!r}"
        for a, b in zip(*numbers, strict=True)
        if not _is_close(a, b, kind)
    ]


def _is_close(one: str, other: str, kind: str) -> bool:
    is_share = one.endswith("%")
    a, b = (float(it.rstrip("%").replace(",", "").replace("−", "-")) for it in (one, other))
    if is_share:
        a, b = a / 100, b / 100
    small = (_SMALL_SHARE if is_share else _SMALL)[kind]
    return math.isclose(a, b, rel_tol=_TOLERANCE[kind], abs_tol=small)


def figure_difference(before: str, after: str) -> float:
    """Return the mean difference of two PNG images, given as base64, in gray levels, 0 to 255.

    They are made equally large first: a font of another version changes a figure's size a little.
    """
    small = [
        np.asarray(
            Image.open(io.BytesIO(base64.b64decode(it))).convert("L").resize((_SIDE, _SIDE)),
            dtype=np.float32,
        )
        for it in (before, after)
    ]
    return float(abs(small[0] - small[1]).mean())
