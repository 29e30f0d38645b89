"""What digitlab's peers need to run: torchvision, and MNIST where torchvision looks for it."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import BenchmarkError, version_of

HERE = Path(__file__).resolve().parent
TORCHVISION_FOLDER = HERE / ".torchvision"
DATA_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def tell(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def ensure_torchvision() -> str:
    """Install the torchvision that goes with the installed torch, unless it is there.

    torch 2.N goes with torchvision 0.(N + 15). It is kept out of the environment, and its
    dependencies are not asked for: it would bring another torch.
    """
    minor = int(version_of("torch").split(".")[1])
    wanted = f"0.{minor + 15}.0"
    found = importlib.metadata.distributions(name="torchvision", path=[str(TORCHVISION_FOLDER)])
    if wanted in [distribution.version for distribution in found]:
        return wanted
    tell(f"installing torchvision {wanted} into {TORCHVISION_FOLDER.name}")
    shutil.rmtree(TORCHVISION_FOLDER, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    what = ["--no-deps", "--target", str(TORCHVISION_FOLDER), f"torchvision=={wanted}"]
    if subprocess.run(pip + what, stdout=sys.stderr, check=False).returncode != 0:
        raise BenchmarkError(f"pip could not install torchvision {wanted}; it says why above")
    return wanted


def lay_out_data(root: Path) -> None:
    """Fetch MNIST with digitlab and link its files where torchvision looks: `root`/MNIST/raw/."""
    command = [sys.executable, "-m", "digitlab", "data", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError("`digitlab data` could not get MNIST; it says why above")
    folder = Path(json.loads(done.stdout)["folder"]).resolve()
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in DATA_FILES:
        if not (folder / name).is_file():
            raise BenchmarkError(f"{folder} lacks {name}; remove the folder to fetch MNIST anew")
        (raw / name).symlink_to(folder / name)


def with_torchvision() -> dict[str, str]:
    """Return this process's environment, with what `ensure_torchvision` installed."""
    inherited = os.environ.get("PYTHONPATH")
    folders = [str(TORCHVISION_FOLDER), *([inherited] if inherited else [])]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(folders)}
