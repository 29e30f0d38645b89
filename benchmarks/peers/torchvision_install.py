"""What the tutorial's script needs: torchvision, and MNIST where torchvision looks for it."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import progress, version_of
from digitlab.data.catalog import MNIST
from digitlab.errors import DigitlabError

TORCHVISION_FOLDER = Path(__file__).parents[2] / ".torchvision"


def ensure() -> str:
    """Install the torchvision that fits the installed torch, if it is missing; return its version.

    torch 2.N needs torchvision 0.(N + 15). It is installed outside the environment and without its
    dependencies, which would install another torch.
    """
    minor = int(version_of("torch").split(".")[1])
    wanted = f"0.{minor + 15}.0"
    found = importlib.metadata.distributions(name="torchvision", path=[str(TORCHVISION_FOLDER)])
    if wanted in [distribution.version for distribution in found]:
        return wanted
    progress(f"installing torchvision {wanted} in {TORCHVISION_FOLDER}")
    shutil.rmtree(TORCHVISION_FOLDER, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    what = ["--no-deps", "--target", str(TORCHVISION_FOLDER), f"torchvision=={wanted}"]
    if subprocess.run(pip + what, stdout=sys.stderr, check=False).returncode != 0:
        raise DigitlabError(f"pip could not install torchvision {wanted}; see its messages above")
    return wanted


def lay_out_data(root: Path) -> None:
    """Fetch MNIST with digitlab and link its files in `root`/MNIST/raw, as torchvision wants it."""
    command = [sys.executable, "-m", "digitlab", "data", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise DigitlabError("`digitlab data` could not fetch MNIST; see its message above")
    folder = Path(json.loads(done.stdout)["folder"]).resolve()
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in (file.name for file in MNIST.files):
        if not (folder / name).is_file():
            raise DigitlabError(f"{folder} has no {name}; remove the folder to fetch MNIST again")
        (raw / name).symlink_to(folder / name)


def environment() -> dict[str, str]:
    """Return this process's environment variables, with torchvision on PYTHONPATH."""
    folders = str(TORCHVISION_FOLDER), os.environ.get("PYTHONPATH")
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
