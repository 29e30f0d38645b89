"""What people write down: numbers, dates, times, amounts of money, telephone numbers, sums."""

from collections.abc import Callable

from numpy.random import Generator

_MOST_DIGITS = 12
_DOUBLED = 0.1  # of digits: the same as the one before, besides those that chance makes so


def number(random: Generator, most: int = _MOST_DIGITS) -> str:
    """Return a number of 1 to `most` digits; short ones are more common."""
    return _digits(random, min(int(random.geometric(0.28)), most))


def signed_text(random: Generator) -> str:
    """Return a number with signs, such as a date, an amount of money, or a sum."""
    kinds: list[Callable[[Generator], str]] = [
        _date, _date, _time, _decimal, _decimal, _money, _money, _telephone, _telephone, _negative,
        _share, _sum, _numbered, _in_brackets, _range, _list,
    ]  # fmt: skip
    return kinds[int(random.integers(len(kinds)))](random)


def _digits(random: Generator, count: int) -> str:
    """Return digits, some of them doubled: 11 is easily read as one digit, or as signs."""
    values = random.integers(0, 10, count)
    for at in range(1, count):
        if random.random() < _DOUBLED:
            values[at] = values[at - 1]
    return "".join(map(str, values))


def _below(random: Generator, limit: int, *, padded: bool) -> str:
    value = int(random.integers(1, limit + 1))
    return f"{value:02}" if padded else str(value)


def _date(random: Generator) -> str:
    padded = bool(random.random() < 0.6)
    day, month = (_below(random, limit, padded=padded) for limit in (31, 12))
    year = f"{random.choice([19, 20])}{_digits(random, 2)}"
    mark = str(random.choice(["/", ".", "-"]))
    if random.random() < 0.2:
        return mark.join([year, month, day])
    return mark.join([day, month, year if random.random() < 0.6 else year[2:]])


def _time(random: Generator) -> str:
    mark = ":" if random.random() < 0.85 else "."
    parts = [_below(random, 23, padded=True), _below(random, 59, padded=True)]
    return mark.join(parts + [_below(random, 59, padded=True)] * (random.random() < 0.2))


def _decimal(random: Generator) -> str:
    mark = "." if random.random() < 0.5 else ","
    return number(random, 4) + mark + _digits(random, int(random.integers(1, 4)))


def _money(random: Generator) -> str:
    amount = number(random, 4)
    if random.random() < 0.3 and len(amount) < 3:
        amount += str(random.choice([".", ","])) + _digits(random, 3)
    kind = random.random()
    if kind < 0.25:
        amount += ",-" if random.random() < 0.5 else ".-"
    elif kind < 0.85:
        amount += str(random.choice([".", ","])) + _digits(random, 2)
    currency = str(random.choice(["$", "€", ""]))
    gap = " " * (random.random() < 0.4)
    return (
        currency + gap * bool(currency) + amount
        if random.random() < 0.5
        else amount + gap + currency
    )


def _telephone(random: Generator) -> str:
    start = ("+" + _digits(random, 2)) if random.random() < 0.4 else _digits(random, 3)
    if random.random() < 0.35:
        start = (
            start + " " if start[0] == "+" else ""
        ) + f"({_digits(random, int(random.integers(1, 4)))})"
    mark = str(random.choice(["-", "-", " ", "/", "."]))
    parts = [_digits(random, int(random.integers(2, 5))) for _ in range(int(random.integers(1, 4)))]
    return mark.join([start, *parts])


def _negative(random: Generator) -> str:
    text = number(random, 4) if random.random() < 0.6 else _decimal(random)
    return ("-" if random.random() < 0.75 else "+") + text


def _share(random: Generator) -> str:
    text = number(random, 2) if random.random() < 0.6 else _decimal(random)
    return text + " " * (random.random() < 0.25) + "%"


def _sum(random: Generator) -> str:
    gap = " " * (random.random() < 0.4)
    parts = [number(random, 3) for _ in range(int(random.integers(2, 4)))]
    sign = str(random.choice(["+", "+", "-", "/", ":"]))
    text = f"{gap}{sign}{gap}".join(parts)
    return text + f"{gap}={gap}{number(random, 4)}" * (random.random() < 0.7)


def _numbered(random: Generator) -> str:
    before = str(random.choice(["#", "#", ""]))
    return before + number(random, 4) + str(random.choice(["", ")", ".", ":"]))


def _in_brackets(random: Generator) -> str:
    return f"({number(random, 4)})"


def _range(random: Generator) -> str:
    return f"{number(random, 4)}-{number(random, 4)}"


def _list(random: Generator) -> str:
    mark = str(random.choice([", ", ",", " ", "/"]))
    return mark.join(number(random, 3) for _ in range(int(random.integers(2, 5))))
