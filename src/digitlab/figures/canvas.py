"""What all figures share: how one is begun and how it is kept."""

from pathlib import Path

from matplotlib.figure import Figure

from digitlab.errors import DigitlabError

DOTS_PER_INCH = 150


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches; no window is ever opened."""
    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH)


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure as a picture of the kind that the path's ending names; return the path.

    Raises
    ------
    DigitlabError
        If the path cannot be written or its ending is none that matplotlib knows.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise DigitlabError(f"the figure {path} cannot be written ({error})") from error
    return path
