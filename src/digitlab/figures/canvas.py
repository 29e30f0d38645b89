"""What all figures share: how they are created and how they are saved.

The first import of matplotlib writes its list of fonts to the user's cache folder (the one that
`matplotlib.get_cachedir()` returns), so that later imports are faster. It is the only file that
drawing a figure writes besides the figure.
"""

import io
from pathlib import Path

from matplotlib.figure import Figure

from digitlab.errors import DigitlabError
from digitlab.files import write_whole

DOTS_PER_INCH = 150
FORMATS = (".png", ".jpg", ".webp", ".svg", ".pdf")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches; no window is opened."""
    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH)


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure in the format of the path's suffix, completely or not at all.

    Returns the path. Missing folders are created. Raises `DigitlabError` if the suffix is not one
    of the formats, or the path cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise DigitlabError(
            f"the figure {path} cannot be written: its name must end in {', '.join(FORMATS[:-1])} "
            f"or {FORMATS[-1]}"
        )
    content = io.BytesIO()
    figure.savefig(content, format=suffix[1:])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content.getvalue())
    except OSError as error:
        raise DigitlabError(
            f"the figure {path} cannot be written ({error.strerror or error})"
        ) from error
    return path
