"""On a GPU, a step is recorded once and played back; on a CPU this file changes nothing."""

import sys
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from digitlab.train.device import RandomStates
from digitlab.train.optimizer import MomentumSGD
from digitlab.train.ranks import ALONE, Ranks
from digitlab.train.shared_step import shared_step
from digitlab.train.step import train_step
from digitlab.train.task import Loss


class LearningStep:
    """`train_step` for one network; on a GPU it is recorded at the first batch of each size.

    Parameters
    ----------
    network, optimizer, loss_of, bfloat16
        See `train_step`.
    records
        Whether the device can record a step. If recording fails, a warning is printed and training
        continues without it.
    ranks
        The processes that take the step together: see `shared_step`.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: MomentumSGD,
        *,
        loss_of: Loss,
        bfloat16: bool,
        records: bool,
        ranks: Ranks = ALONE,
    ) -> None:
        self.network, self.optimizer = network, optimizer
        self.records = records
        step: Callable[..., Tensor]
        step = train_step if ranks.count == 1 else partial(shared_step, ranks=ranks)
        self._step = partial(step, network, optimizer, loss_of=loss_of, bfloat16=bfloat16)
        self._recorded: dict[int, RecordedStep] = {}  # by the size of its batches

    def __call__(self, images: Tensor, labels: Tensor, *, is_last: bool) -> Tensor:
        """Train on one batch; return its loss. An epoch's last batch may have another size."""
        if not self.records or is_last:
            return self._step(images, labels)
        size = len(images)
        if size not in self._recorded:
            try:
                self._recorded[size] = RecordedStep(
                    self._step, self.network, self.optimizer, images, labels
                )
            except torch.OutOfMemoryError:
                raise  # the step itself would need as much
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                print(
                    f"the step cannot be recorded as a CUDA graph ({reason}); training continues "
                    "without it",
                    file=sys.stderr,
                )
                self.records = False
                return self._step(images, labels)
        return self._recorded[size](images, labels)


class RecordedStep:
    """`train_step`, recorded once on a GPU and then played back.

    A step of a small network is hundreds of short GPU programs, and the GPU waits longer for
    Python to launch each than it works on it. A recording launches all of them at once. It always
    reads and writes the same memory, so each batch is copied to where the recording expects it.

    Parameters
    ----------
    step
        `train_step` with everything except the batch.
    network, optimizer
        What the step changes.
    images, labels
        A batch. Only batches of this size can be played back.
    record
        Takes a function that computes on the device; returns one that repeats the same work.

    Raises `RuntimeError` if the device cannot record it; nothing has changed then.
    """

    def __init__(
        self,
        step: Callable[[Tensor, Tensor], Tensor],
        network: nn.Module,
        optimizer: MomentumSGD,
        images: Tensor,
        labels: Tensor,
        *,
        record: Callable[[Callable[[], None]], Callable[[], None]] | None = None,
    ) -> None:
        self._images, self._labels = images.clone(), labels.clone()
        self._loss = torch.zeros((), device=images.device)

        def train() -> None:
            self._loss.copy_(step(self._images, self._labels))

        # Recording changes weights, velocities and random states: all are restored afterwards.
        state = [*network.state_dict().values(), *optimizer.state_dict().values()]
        before = [tensor.clone() for tensor in state]
        random = RandomStates(images.device)
        random_before = random.state_dict()
        try:
            self._play = (record or record_cuda_graph)(train)
        finally:
            with torch.no_grad():
                for tensor, value in zip(state, before, strict=True):
                    tensor.copy_(value)
            random.load_state_dict(random_before)

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch of the recorded size; return its loss, valid until the next call."""
        self._images.copy_(images)
        self._labels.copy_(labels)
        self._play()
        return self._loss


def record_cuda_graph(step: Callable[[], None]) -> Callable[[], None]:
    """Run `step` a few times, record it as a CUDA graph, and return what plays the graph back.

    Source: PyTorch's notes on CUDA semantics, "CUDA graphs".
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # the first calls set up what must not be part of a recording
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            step()
    except RuntimeError:
        # The random number generator would wait for the end of the recording, and refuse to draw.
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        generator.graphsafe_set_state(generator.clone_state())
        raise
    replay: Callable[[], None] = graph.replay
    return replay
