"""A step recorded on a GPU and played back: the same arithmetic, started once instead of 300 times.

On a CPU nothing here does more than call `train_step`.
"""

import sys
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from digitlab.train.device import get_random_states, set_random_states
from digitlab.train.optimizer import MomentumSGD
from digitlab.train.step import train_step


class LearningStep:
    """`train_step` of one network; on a GPU recorded at its first batch and then played back.

    Parameters
    ----------
    network, optimizer, label_smoothing, bfloat16
        As `train_step` takes them.
    records
        Whether the device can record a step. If that fails it is told, and done without.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: MomentumSGD,
        *,
        label_smoothing: float,
        bfloat16: bool,
        records: bool,
    ) -> None:
        self.network, self.optimizer = network, optimizer
        self.records = records
        self._step = partial(
            train_step, network, optimizer, label_smoothing=label_smoothing, bfloat16=bfloat16
        )
        self._recorded: RecordedStep | None = None

    def __call__(self, images: Tensor, labels: Tensor, *, is_last: bool) -> Tensor:
        """Learn from one batch; return its loss. The last of an epoch may be of another size."""
        if not self.records or is_last:
            return self._step(images, labels)
        if self._recorded is None:
            try:
                self._recorded = RecordedStep(
                    self._step, self.network, self.optimizer, images, labels
                )
            except RuntimeError as error:
                print(f"no step can be recorded here ({error}); going on without", file=sys.stderr)
                self.records = False
                return self._step(images, labels)
        return self._recorded(images, labels)


class RecordedStep:
    """`train_step`, recorded once on a GPU and then played back.

    A step of a small network is some hundred short programs, and a GPU waits longer for Python to
    ask for each than it works on it. A recording asks for all of them at once. It always reads and
    writes the same memory, so a batch is copied to where the recording looks for it.

    Parameters
    ----------
    step
        `train_step` with all but the batch.
    network, optimizer
        What the step changes.
    images, labels
        A batch. Only batches of its size can be played back.
    record
        Takes a function that computes on the device; returns another that does the same again.

    Raises
    ------
    RuntimeError
        If the device cannot record it. Nothing has changed then.
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

        def learn() -> None:
            self._loss.copy_(step(self._images, self._labels))

        # Recording changes weights, velocities and random state: all are put back afterwards.
        state = [*network.state_dict().values(), *optimizer.state_dict().values()]
        before = [tensor.clone() for tensor in state]
        random_states = get_random_states(images.device)
        try:
            self._play = (record or record_cuda_graph)(learn)
        finally:
            with torch.no_grad():
                for tensor, value in zip(state, before, strict=True):
                    tensor.copy_(value)
            set_random_states(images.device, random_states)

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Learn from one batch of the recorded size; return its loss, good until the next call."""
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
    with torch.cuda.graph(graph):
        step()
    replay: Callable[[], None] = graph.replay
    return replay
