"""On a GPU, work on batches is recorded once and played back; on a CPU this file changes nothing.

A step of a small network is hundreds of short GPU programs, and the GPU waits longer for Python to
launch each than it works on it. A recording launches all of them at once.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from digitlab.train.device import RandomStates
from digitlab.train.optimizer import MomentumSGD
from digitlab.train.ranks import ALONE, Ranks
from digitlab.train.shared_step import shared_step
from digitlab.train.step import train_step
from digitlab.train.task import Loss


class Recordable:
    """A function of batches, which is recorded at the first batch of each size.

    Parameters
    ----------
    name
        What it does, for messages.
    function
        Takes tensors with an axis of examples first, and returns a tensor.
    records
        Whether the device can record it. If recording fails, a warning is printed, and the function
        is called as it is from then on.
    state
        Returns the tensors that the function changes.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Tensor],
        *,
        records: bool,
        state: Callable[[], Sequence[Tensor]] = lambda: (),
    ) -> None:
        self.name, self.function = name, function
        self.records = records
        self._state = state
        self._recordings: dict[int, Recording] = {}  # by the size of the batch

    def __call__(self, *batch: Tensor) -> Tensor:
        """Return what the function returns."""
        if not self.records:
            return self.function(*batch)
        size = len(batch[0])
        if size not in self._recordings:
            try:
                self._recordings[size] = Recording(self.function, batch, self._state())
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                print(
                    f"{self.name} cannot be recorded as a CUDA graph ({reason}); training "
                    "continues without it",
                    file=sys.stderr,
                )
                self.records = False
                return self.function(*batch)
        return self._recordings[size](*batch)


class LearningStep:
    """`train_step` for one network, recorded where the device can.

    Parameters
    ----------
    network, optimizer, loss_of, bfloat16
        See `train_step`.
    records
        See `Recordable`.
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
        step: Callable[..., Tensor]
        step = train_step if ranks.count == 1 else partial(shared_step, ranks=ranks)
        self.recordable = Recordable(
            "a step",
            partial(step, network, optimizer, loss_of=loss_of, bfloat16=bfloat16),
            records=records,
            state=lambda: [*network.state_dict().values(), *optimizer.state_dict().values()],
        )

    def __call__(self, images: Tensor, labels: Tensor, *, is_last: bool) -> Tensor:
        """Train on one batch; return its loss. An epoch's last batch may have another size."""
        step = self.recordable.function if is_last else self.recordable
        return step(images, labels)


class Recording:
    """A function of batches of one size, recorded once on a GPU and then played back.

    It always reads and writes the same memory, so each batch is copied to where it expects it, and
    its result from where it leaves it.

    Parameters
    ----------
    function
        What is recorded.
    batch
        What it takes. Only batches of this size can be played back.
    state
        What it changes.
    record
        Takes a function that computes on the device; returns one that repeats the same work.

    Raises `RuntimeError` if the device cannot record it; nothing has changed then.
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        batch: Sequence[Tensor],
        state: Sequence[Tensor] = (),
        *,
        record: Callable[[Callable[[], None]], Callable[[], None]] | None = None,
    ) -> None:
        self._batch = [tensor.clone() for tensor in batch]
        self._result: Tensor

        def work() -> None:
            self._result = function(*self._batch)

        # Recording changes weights, velocities and random states: all are restored afterwards.
        before = [tensor.clone() for tensor in state]
        random = RandomStates(batch[0].device)
        random_before = random.state_dict()
        try:
            self._play = (record or record_cuda_graph)(work)
        finally:
            with torch.no_grad():
                for tensor, value in zip(state, before, strict=True):
                    tensor.copy_(value)
            random.load_state_dict(random_before)

    def __call__(self, *batch: Tensor) -> Tensor:
        """Return what the function returns for a batch of the recorded size."""
        for place, tensor in zip(self._batch, batch, strict=True):
            place.copy_(tensor)
        self._play()
        return self._result.clone()


def record_cuda_graph(work: Callable[[], None]) -> Callable[[], None]:
    """Do the work a few times, record it as a CUDA graph, and return what plays the graph back.

    Source: PyTorch's notes on CUDA semantics, "CUDA graphs".
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # the first calls set up what must not be part of a recording
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            work()
    except RuntimeError:
        # The random number generator would wait for the end of the recording, and refuse to draw.
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        generator.graphsafe_set_state(generator.clone_state())
        raise
    replay: Callable[[], None] = graph.replay
    return replay
