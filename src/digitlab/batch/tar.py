"""Pictures in tar files, such as WebDataset's shards, one after the other as the file is read."""

import posixpath
import tarfile
from collections.abc import Iterator

from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.pictures.content import MAX_BYTES, one_line


class _Member(tarfile.TarInfo):
    """A header. `tarfile` takes a damaged one for the end of the file, so that pictures get lost.

    Only the empty block at the end of every tar file is its end.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Member":
        """Return the next header, or raise `ReadError` if there is neither one nor the end."""
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except (tarfile.HeaderError, ValueError) as error:  # of a number that is none
            raise tarfile.ReadError(f"after {archive.offset:,} bytes: {error}") from error


def pictures_in_tar(
    file: str, suffixes: tuple[str, ...]
) -> Iterator[tuple[str, bytes | PictureError]]:
    """Yield each picture in a tar file, compressed or not: its name, `FILE/MEMBER`, and its bytes.

    A picture's name ends with one of `suffixes`; hidden and all other members are skipped. If the
    file is damaged, or has no picture, an error comes last, named `FILE`. Raises `DigitlabError`
    if the system cannot read the file.
    """
    count = 0
    try:
        with tarfile.open(file, "r|*", tarinfo=_Member) as archive:
            while member := archive.next():
                archive.members = []  # type: ignore[attr-defined] # it would keep all of them
                base = posixpath.basename(member.name)
                if member.isreg() and base.lower().endswith(suffixes) and base[0] != ".":
                    content = archive.extractfile(member)
                    assert content is not None
                    name = f"{file}/{member.name.removeprefix('./')}"
                    yield name, content.read(MAX_BYTES + 1)
                    count += 1
    except (tarfile.TarError, EOFError) as error:
        reason = f"is damaged after {count:,} pictures: {one_line(error)}"
        yield file, PictureError(f"{printable(file)} {reason}")
    except OSError as error:
        reason = error.strerror or str(error)
        raise DigitlabError(f"{printable(file)} cannot be read: {reason}") from error
    else:
        if not count:
            yield file, PictureError(f"{printable(file)} has no picture ({', '.join(suffixes)})")
