"""A benchmark's table: one row a figure, with its spread."""

import statistics


def spread(values: list[float], unit: str, digits: int = 2) -> str:
    """Return least, median and most, as the table shows them."""
    least, middle, most = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} {unit} ({least:,.{digits}f}-{most:,.{digits}f})"


def row(what: str, figure: str, asked: str) -> None:
    """Print one line of the table at once, so that a long benchmark shows that it lives."""
    print(f"| {what} | {figure} | {asked} |", flush=True)
