"""How a probability is written, everywhere: cut off, never rounded up, and below 1.

An answer of 0.99996 is not certain, so it must not become "100%"; and one just below a threshold
must not look as if it had reached it.
"""

import math


def cut_off(probability: float) -> float:
    """Return a probability with six decimals, at most 0.999999, for JSON and CSV.

    >>> cut_off(1.0), cut_off(0.1234567)
    (0.999999, 0.123456)
    """
    return _millionths(probability) / 1_000_000


def percent(probability: float) -> str:
    """Return a probability in percent with two decimals, at most 99.99%, for people.

    >>> percent(1.0), percent(0.1234567)
    ('99.99%', '12.34%')
    """
    return f"{_millionths(probability) // 100 / 100:.2f}%"


def _millionths(probability: float) -> int:
    return min(math.floor(probability * 1_000_000), 999_999)
