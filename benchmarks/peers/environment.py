"""The peers' own environments: each is installed the first time, into the user's cache."""

import subprocess
import venv
from pathlib import Path

import platformdirs

from benchmarks.measure import progress


def python_with(name: str, *requirements: str | Path) -> Path:
    """Return the Python of an environment, which pip fills with `requirements` the first time."""
    folder = Path(platformdirs.user_cache_dir("digitlab")) / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        progress(f"installing {name} into {folder}")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *map(str, requirements)], check=True
        )
        (folder / "ready").touch()
    return python
