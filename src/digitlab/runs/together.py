"""A run in several processes: rank 0 owns its folder, and sends the others what they need."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import torch
from torch import Tensor

from digitlab.data.extra import Extra
from digitlab.errors import DigitlabError
from digitlab.files import decode_json, write_whole
from digitlab.records.folder import RunFolder
from digitlab.records.run_record import RunRecord
from digitlab.runs.reports import help_report
from digitlab.runs.stopping import StopRequest
from digitlab.train.checkpoint import Checkpoint, Progress, tensors_with
from digitlab.train.device import memory_explained, set_up_device
from digitlab.train.examples import Examples, Synthetic
from digitlab.train.loop import DivergedError, Training
from digitlab.train.ranks import LostRankError, Ranks, joined
from digitlab.train.tensor_file import pack, unpack


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the other ranks need to know, except tensors."""

    record: RunRecord
    progress: Progress
    network: bytes | None
    """The code of the user's own network."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    """Everything that the other ranks get from rank 0."""

    facts: _Facts
    tensors: dict[str, Tensor]

    @property
    def checkpoint(self) -> Checkpoint:
        """The state in which the training starts on every rank."""
        tensors = tensors_with("checkpoint", self.tensors)
        return Checkpoint(tensors=tensors, progress=self.facts.progress)

    @property
    def synthetic(self) -> Synthetic | None:
        """The synthetic images; drawing them again would take minutes."""
        images = {name: it.numpy() for name, it in tensors_with("synthetic", self.tensors).items()}
        if not images:
            return None
        return Synthetic(degraded=images.get("degraded"), non_digits=images.get("non_digits"))

    @property
    def extra(self) -> Extra | None:
        """The pictures of one's own."""
        source = self.facts.record.extra
        if source is None:
            return None
        arrays = {name: it.numpy() for name, it in tensors_with("extra", self.tensors).items()}
        return Extra(folder=source.folder, **arrays)


def hand_out(training: Training, record: RunRecord, folder: RunFolder, extra: Extra | None) -> None:
    """Send the other ranks, if there are any, what they need to train along, from rank 0.

    They do not need the run's folder, which may be on another machine. They load the dataset
    themselves.
    """
    if training.ranks.count == 1:
        return
    checkpoint = training.checkpoint()
    tensors = {f"checkpoint.{name}": it for name, it in checkpoint.tensors.items()}
    if isinstance(training.examples, Examples):
        drawn = training.examples.synthetic
        images = {"degraded": drawn.degraded, "non_digits": drawn.non_digits}
        tensors |= {
            f"synthetic.{name}": torch.from_numpy(it)
            for name, it in images.items()
            if it is not None
        }
    if extra is not None:
        tensors["extra.images"] = torch.from_numpy(extra.images)
        tensors["extra.labels"] = torch.from_numpy(extra.labels)
    copy = folder.network_copy()
    network = None if copy is None else copy.read_bytes()
    facts = _Facts(record=record, progress=checkpoint.progress, network=network)
    training.ranks.broadcast(pack(tensors, facts))


def dismiss(ranks: Ranks) -> None:
    """Tell the other ranks, if there are any, that there is nothing to do."""
    if ranks.count > 1:
        ranks.broadcast(b"")


def help_training(*, device_name: str | None, data_dir: Path | None) -> None:
    """Train along with rank 0, in one of the other processes, and write nothing.

    Raises `DigitlabError` if this process cannot do its part; and `SystemExit`, without a message,
    where rank 0 or torchrun has one.
    """
    # The code of a network of the user's own may print, too.
    with (
        redirect_stdout(io.StringIO()),
        memory_explained(),
        joined(is_expected=True) as ranks,
    ):
        try:
            content = ranks.broadcast()
        except LostRankError:
            sys.exit(1)  # rank 0 has refused to start, and has said why
        if not content:
            return
        with StopRequest() as stop:
            try:
                _train_along(ranks, _unpacked(content), device_name, data_dir)
            except DivergedError:  # on every rank
                sys.exit(1)
            except LostRankError:
                if stop.signal_number:  # rank 0 got the signal, too; it has saved, and ended
                    sys.exit(128 + stop.signal_number)
                raise


def _unpacked(content: bytes) -> _Work:
    name = "what rank 0 sent"
    tensors, facts = unpack(content, name)
    return _Work(facts=decode_json(facts, _Facts, name), tensors=tensors)


def _train_along(ranks: Ranks, work: _Work, device_name: str | None, data_dir: Path | None) -> None:
    record = work.facts.record
    device = set_up_device(device_name or record.device, record.threads)
    ranks.take_device(device)
    dataset = record.load_dataset(data_dir)
    with _as_file(work.facts.network) as copy:
        training = Training(
            record.recipe, dataset, seed=record.seed, device=device, synthetic=work.synthetic,
            extra=work.extra, source=copy, ranks=ranks,
        )  # fmt: skip
    here = device.type, training.computed_in
    if here != (record.device, record.computed_in):
        raise DigitlabError(
            f"this process would compute on {' in '.join(here)}, and rank 0 computes on "
            f"{record.device} in {record.computed_in}; add --device cpu, or --precision "
            "float32, for all"
        )
    training.restore(work.checkpoint)
    for _ in training.run():
        pass
    help_report(training)


@contextmanager
def _as_file(network: bytes | None) -> Iterator[Path | None]:
    """Yield a file with the code of a network of the user's own, until the network is built."""
    if network is None:
        yield None
        return
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "network.py"
        write_whole(copy, network)
        yield copy
