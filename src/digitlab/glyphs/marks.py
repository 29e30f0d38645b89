"""What is on paper and is not a digit: ticks, arrows, scribbles, signatures, symbols, letters.

Nothing here may look like a digit: no empty rings (0), no upright lines (1), and no single letters
such as O, l, Z, S, B, g, q or b.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from digitlab.glyphs.choice import one_of
from digitlab.glyphs.doodles import DOODLES
from digitlab.glyphs.letters import SCRIPT, letter, outline
from digitlab.glyphs.pens import any_hand, drawn
from digitlab.glyphs.printing import symbol
from digitlab.glyphs.strokes import Points, arc, corners, curve, polygon
from digitlab.pictures.ink import Ink

_HAND_LETTERS = "ACEFHKLMNPRTVWXaefhkmnpruwxÄÅÉÑÜäåéèêñüΔΛΠΣΨΩλμπφψω年円国東時出京本大人"
_PRINTED_LETTERS = (
    "ACEFHKLMNPRTUVWXaefhkmnpruwxÄÅÉÑÜäåéñüΔΛΠΣΨΩλμπψωДЖИЙКЛПУФШЩЮЯджийклпшщюя&@§¶ßÆæ"
)
_SYMBOLS = (  # in DejaVu Sans
    "←→↔↖↗↘↙↚↛↜↝↞↠↢↣↤↦↩↪↫↬↭↮↯↰↱↲↳↴↵↶↷↸↹↺↻⇄⇆⇇⇉⇋⇌⇍⇎⇏⇐⇒⇔⇖⇗⇘⇙⇚⇛⇜⇝⇠⇢⇤⇥⇦⇨⇰⇱⇲⇶⇷⇸⇹⇽⇾⇿"
    "∀∄∉∌∎∞∬∭∯∰∽∿≁≄≇≉≌≎≏≙≚≛≜≝≠≡≢≣≤≥≦≧≨≩≪≫≭≮≯≰≱≲≳≺≻≼≽≾≿⊀⊁⊄⊅⊆⊇⊈⊉⊌⊍⊎⊏⊐⊑⊒⊓⊔⊗⊛⊞⊟⊠⊡"
    "⊢⊣⊤⊥⊧⊨⊩⊪⊫⊬⊭⊮⊯⊰⊱⊲⊳⊴⊵⊶⊷⊸⊹⊻⊼⊽⋀⋁⋈⋉⋊⋋⋌⋎⋏⋐⋑⋒⋓⋔⋖⋗⋘⋙⋚⋛⋪⋫⋬⋭"
    "■□▢▣▤▥▦▧▨▩▲△▴▵▶▷▸▹►▻▼▽▾▿◀◁◂◃◄◅◆◇◈◢◣◤◥◧◨◩◪◫◬◭◮◰◱◲◳◸◹◺◿"
    "☀☁☂☃☄★☆☇☈☎☏☑☒☓☔☕☖☗☘☙☚☛☜☝☞☟☠☢☣☤☥☦☧☨☩☪☫☬☭☮☯☸☹☺☻☼♅♆♇♈♉♊♍♎♏♐♑♒♓"
    "♔♕♖♗♘♙♚♛♜♝♞♟♠♡♢♣♤♥♦♧♨♩♪♫♬♮♯♰♱♲♺♻♼♽♿⚀⚁⚂⚃⚄⚅⚐⚑⚒⚓⚔⚕⚖⚗⚘⚙⚛⚜⚞⚟⚠⚡⚢⚣⚤⚥"
    "✆✇✈✉✌✍✎✏✐✑✒✓✔✕✖✗✘✙✚✛✜✝✞✟✠✡✢✣✤✥✦✧✩✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋"
    "❖❤❥❦❧➔➘➙➚➛➜➝➞➟➠➡➢➣➤➥➦➨➩➪➫➬➭➮➯➱➲➳➴➵➶➸➹➺➻➼➽➾"
)


def mark(height: float, pen: float, random: Generator) -> Ink:
    """Draw something that is not a digit, a sign or a letter.

    Parameters
    ----------
    height, pen
        Pixels. The mark is about as high as a digit of this height, often lower or higher.

    Returns
    -------
    Ink
        Cropped tight.
    """
    if random.random() < 0.2:
        return symbol(one_of(_SYMBOLS, random), height * random.uniform(0.8, 1.3))
    rule = one_of(_RULES, random)
    if rule is _signature:  # wide, and never higher than a line of text
        return drawn(rule(random), 1.4 * height, min(pen, 0.1 * height), random, any_hand(random))
    size = height * random.uniform(0.6, 1.5)
    return drawn(rule(random), size, min(pen, 0.25 * size), random, any_hand(random))


def single_letter(height: float, pen: float, random: Generator) -> Ink:
    """Write or print a letter that cannot be taken for a digit; takes and returns as `mark`."""
    if random.random() < 0.7:
        return letter(one_of(_HAND_LETTERS, random), height, pen, random)
    return symbol(one_of(_PRINTED_LETTERS, random), height)


def _curly() -> Points:
    """Return a left curly brace, from y = -0.65 to 0.65."""
    return curve(
        (0.22, -0.65), (0.1, -0.58), (0.09, -0.15), (0, 0), (0.09, 0.15), (0.1, 0.58), (0.22, 0.65)
    )


def _tick(random: Generator) -> list[Points]:
    """Return a tick: down a little, then far up to the right."""
    x, y = random.uniform(0.2, 0.4), random.uniform(0.35, 0.6)
    end = random.uniform(0.8, 1.6)
    if random.random() < 0.5:
        return [corners((0, y), (x, 1), (end, 0))]
    return [corners((0, y), (x, 1)), curve((x, 1), ((x + end) / 2 - 0.05, 0.42), (end, 0))]


def _cross(random: Generator) -> list[Points]:
    """Return two strokes that cross as in an x; never a plus."""
    wide = random.uniform(0.7, 1.3)
    a, b, c, d = random.normal(0, 0.06, 4)
    return [corners((a, 0), (wide + b, 1)), corners((wide + c, 0), (d, 1))]


def _arrow(random: Generator) -> list[Points]:
    """Return an arrow to the left or right, straight or bent, up to 50 degrees steep."""
    length, head = random.uniform(1.2, 3), random.uniform(0.25, 0.45)
    bend = random.normal(0, 0.12) * length
    shaft = curve((0, 0), (length / 2, bend), (length, 0))
    tip = corners((length - head, -head * 0.8), (length, 0), (length - head, head * 0.8))
    strokes = [shaft, tip]
    if random.random() < 0.15:
        strokes.append(corners((head, -head * 0.8), (0, 0), (head, head * 0.8)))
    angle = math.radians(random.uniform(-50, 50)) + math.pi * random.integers(2)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return [stroke @ turn for stroke in strokes]


def _brackets(random: Generator) -> list[Points]:
    """Return a square bracket with long arms, or a curly brace; left or right."""
    if random.random() < 0.6:
        stroke = _curly()
    else:
        arm = random.uniform(0.3, 0.5)
        stroke = corners((arm, 0), (0, 0), (0, 1.2), (arm, 1.2))
    return [stroke * (1 if random.random() < 0.5 else -1, 1)]


def _ringed(random: Generator) -> list[Points]:
    """Return a stamp: a ring, or two, around letters, a star or a cross."""
    begin = random.uniform(0, 360)
    strokes = [arc(0, 0, random.uniform(0.85, 1.3), 1, begin, begin + random.uniform(350, 390))]
    if random.random() < 0.4:
        strokes.append(arc(0, 0, 0.72, 0.72, 0, 360))
    kind = random.integers(3)
    if kind == 0:
        inside = _star(random)
    elif kind == 1:
        inside = _cross(random)
    else:
        inside = outline(one_of("ACEFHKMNPRTVWXaekmnrwx", random), "futural")[0]
    points = np.concatenate(inside)
    middle, size = (points.min(axis=0) + points.max(axis=0)) / 2, np.ptp(points, axis=0).max()
    return strokes + [(stroke - middle) / size * random.uniform(0.7, 0.9) for stroke in inside]


def _scribble(random: Generator) -> list[Points]:
    """Return strokes from digitlab.glyphs.doodles."""
    return one_of(DOODLES, random)(random)


def _blot(random: Generator) -> list[Points]:
    """Return something crossed out: a dense zigzag, or loops, perhaps over a letter."""
    wide, count = random.uniform(0.8, 2.5), int(random.integers(6, 14))
    if random.random() < 0.5:
        x = np.linspace(0, wide, count)
        y = np.arange(count) % 2 + random.normal(0, 0.12, count)
        stroke = np.stack([x + random.normal(0, 0.05, count), y], axis=1)
    else:
        angles = np.linspace(0, 2 * np.pi * count / 2, 8 * count)
        x = np.linspace(0, wide, len(angles)) + 0.4 * np.cos(angles)
        stroke = np.stack([x, 0.5 + random.uniform(0.3, 0.5) * np.sin(angles)], axis=1)
    strokes = [stroke]
    if random.random() < 0.5:
        name = one_of("AEHKMRWaekmnrwx", random)
        strokes += [points * (0.8, 0.8) + (0.2, 0.1) for points in outline(name, "futural")[0]]
    return strokes


def _signature(random: Generator) -> list[Points]:
    """Return a capital in script, a wave that could be letters, and often a flourish."""
    capital, x = outline(chr(ord("A") + int(random.integers(26))), one_of(SCRIPT, random))
    strokes = [stroke * (random.uniform(0.9, 1.4), 1) for stroke in capital]
    count = int(random.integers(6, 16))
    steps = x + np.cumsum(random.uniform(0.06, 0.22, count))
    levels = np.where(np.arange(count) % 2, 0.98, 0.6) + random.normal(0, 0.12, count)
    if random.random() < 0.6:
        levels[int(random.integers(count))] += random.choice([-0.5, 0.5])
    strokes.append(curve(*zip(steps.tolist(), levels.tolist(), strict=True)))
    if random.random() < 0.6:
        end = float(steps[-1])
        strokes.append(curve((end, 0.9), (0.5 * end, 1.25), (0.1, 1.2), (1.1 * end, 1.1)))
    return strokes


def _star(random: Generator) -> list[Points]:
    """Return a star of five points in one stroke, or of three strokes (an asterisk)."""
    turn = random.uniform(-0.2, 0.2)
    if random.random() < 0.6:
        return [polygon(5, turn)[[0, 2, 4, 1, 3, 0]] + random.normal(0, 0.05, (6, 2))]
    ends = polygon(6, turn)
    return [ends[[i, i + 3]] + random.normal(0, 0.05, (2, 2)) for i in range(3)]


def _heart(random: Generator) -> list[Points]:
    """Return a heart in two halves."""
    wide = random.uniform(0.45, 0.65)
    half = curve((0, 0.25), (0.45 * wide, 0), (wide, 0.25), (0.6 * wide, 0.62), (0, 1))
    return [half, half * (-1, 1)]


def _smiley(random: Generator) -> list[Points]:
    """Return a face with eyes and a mouth."""
    eye, level, mouth = (
        random.uniform(0.25, 0.4),
        random.uniform(-0.4, -0.2),
        random.uniform(0.3, 0.6),
    )
    bow = (20, 160) if random.random() < 0.8 else (200, 340)
    return [
        arc(0, 0, random.uniform(0.9, 1.1), 1, 0, random.uniform(350, 375)),
        corners((-eye, level), (-eye, level + 0.12)),
        corners((eye, level), (eye, level + 0.12)),
        arc(0, 0.15 if bow[0] < 90 else 0.7, mouth, 0.4, *bow),
    ]


def _check_box(random: Generator) -> list[Points]:
    """Return a box, empty, or with a tick or a cross in it or beyond it."""
    wide = random.uniform(0.9, 1.5)
    box = corners((0, 0), (wide, 0), (wide, 1), (0, 1), (0, 0))
    kind = random.integers(3)
    inside = [] if kind == 0 else _tick(random) if kind == 1 else _cross(random)
    size, shift = random.uniform(0.6, 1.1), random.uniform(0, 0.25, 2)
    return [box, *(stroke * size + shift for stroke in inside)]


def _spiral(random: Generator) -> list[Points]:
    """Return a spiral of at least two and a half turns."""
    angles = np.linspace(0, 2 * np.pi * random.uniform(2.5, 4), 60)
    radii = np.linspace(0.05, 1, 60)
    points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    return [points * (1 if random.random() < 0.5 else -1, 1)]


def _waves(random: Generator) -> list[Points]:
    """Return a wavy line, or two, much wider than it is high."""
    count = int(random.integers(4, 8))
    points = [(0.9 * i, float(i % 2)) for i in range(count)]
    line = curve(*points)
    return [line] if random.random() < 0.6 else [line, np.add(line, (0.1, 1.2))]


_RULES: tuple[Callable[[Generator], list[Points]], ...] = (
    _tick, _tick, _cross, _arrow, _arrow, _brackets, _ringed, _scribble, _scribble, _blot, _blot,
    _signature, _signature, _star, _heart, _smiley, _check_box, _check_box, _spiral, _waves,
)  # fmt: skip
