"""A run that cannot write its files, or has lost a rank: one sentence, with what to do."""

import errno
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from digitlab.errors import DigitlabError
from digitlab.records.folder import RunFolder
from digitlab.train.checkpoint import SaveError
from digitlab.train.device import memory_explained
from digitlab.train.ranks import LostRankError


def how_to_continue(folder: RunFolder) -> str:
    """Return the remedy for every stop."""
    return f"continue with `digitlab resume {folder}`"


@contextmanager
def explained(folder: RunFolder, remedy: str) -> Iterator[None]:
    """Turn what ends a run, a file or a rank, into one sentence that ends with the remedy."""
    try:
        with memory_explained():
            yield
    except BrokenPipeError:  # nobody reads what is printed any more
        raise
    except LostRankError as error:
        # torchrun is about to end this process as well. First, it should report why.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise DigitlabError(f"{error}; correct this, {remedy}") from error
    except (SaveError, OSError) as error:
        cause = error.__cause__ if isinstance(error, SaveError) else error
        is_full = getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        what = str(error)
        if isinstance(error, OSError):
            what = f"{error.filename or folder} cannot be written ({error.strerror or error})"
            what += "; earlier checkpoints are intact" if folder.has_checkpoint() else ""
        advice = "make room" if is_full else "correct this"
        raise DigitlabError(f"{what}; {advice}, {remedy}") from error
