"""Read parts with several processes of this machine, or on Ray."""

from collections.abc import Generator, Sequence
from typing import Literal

from digitlab.batch.parts import Part
from digitlab.batch.write import PartWriter, Written
from digitlab.files import remove_leftovers
from digitlab.processes import cores, in_processes

Engine = Literal["local", "ray"]

_AHEAD = 2  # parts that a process may be ahead of the slowest one


def write_parts(
    writer: PartWriter, parts: Sequence[Part], *, engine: Engine = "local", jobs: int | None = None
) -> Generator[Written]:
    """Read and write parts; yield the result of each when it is finished.

    Parameters
    ----------
    writer
        Reads and writes each part.
    parts
        Those that are not finished.
    engine
        `local`: processes of this machine; `ray`: Ray Data, on this machine or on a cluster.
    jobs
        How many processes; None: one per core, or per CPU of the cluster.

    Raises `OSError` if a part cannot be written, and `DigitlabError` if a process or Ray fails. If
    it is stopped, parts that are not finished have no file.
    """
    if not parts:
        return
    try:
        if engine == "ray":
            from digitlab.batch.on_ray import write_on_ray

            yield from write_on_ray(writer, parts, jobs)
            return
        processes = min(jobs or cores(), len(parts))
        yield from in_processes(writer, parts, processes if processes > 1 else 0, ahead=_AHEAD)
    finally:
        remove_leftovers(writer.folder)  # of the processes that were ended while they wrote
