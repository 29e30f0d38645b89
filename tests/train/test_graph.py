"""A recorded step is exactly the step; in bfloat16 it is almost the same."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.recipe import CLASSIFIERS, Recipe
from digitlab.train.augment import augmented
from digitlab.train.build import build_network
from digitlab.train.device import computes_bfloat16, set_up_device
from digitlab.train.examples import Examples
from digitlab.train.graph import LearningStep, Recording
from digitlab.train.loop import Training
from digitlab.train.optimizer import Muon
from digitlab.train.step import mean_loss, train_step


def fresh(network: str = "fast", dropout: float = 0.3) -> tuple[nn.Module, Muon]:
    torch.manual_seed(3)
    built = build_network(Recipe(network=network, dropout=dropout)).train()
    return built, Muon(built.named_parameters(), learning_rate=0.1, momentum=0.9, relative_rate=0.5)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(4)
    images = torch.randn(32, 1, 28, 28, generator=generator)
    return images, torch.randint(10, (32,), generator=generator)


def again(step: Callable[[], None]) -> Callable[[], None]:
    """Stand in for a CUDA graph: run the step once, as a recording does, and then as it is."""
    step()
    return step


def test_a_recorded_step_is_the_step_and_recording_leaves_no_trace(batch: tuple[Tensor, Tensor]):
    images, labels = batch
    network, optimizer = fresh()
    plain_network, plain_optimizer = fresh()
    torch.manual_seed(9)
    expected = [train_step(plain_network, plain_optimizer, images * i, labels) for i in (1, 2, 3)]
    torch.manual_seed(9)
    plain_step = partial(train_step, network, optimizer)
    state = [*network.state_dict().values(), *optimizer.state_dict().values()]
    step = Recording(plain_step, (images * 7, labels), state, record=again)
    for i, loss in enumerate(expected, start=1):
        assert torch.equal(step(images * i, labels), loss)
    for name, value in plain_network.state_dict().items():
        assert torch.equal(network.state_dict()[name], value), name
    for name, value in plain_optimizer.state_dict().items():
        assert torch.equal(optimizer.state_dict()[name], value), name


def fail(step: Callable[[], None]) -> Callable[[], None]:
    step()
    raise RuntimeError("not permitted when stream is capturing")


@pytest.mark.parametrize("record", [again, fail])
def test_a_training_with_recordings_is_the_same_also_if_they_fail(
    small_mnist: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    record: Callable[[Callable[[], None]], Callable[[], None]],
):  # fmt: skip
    monkeypatch.setattr("digitlab.train.graph.record_cuda_graph", record)
    recipe = Recipe(epochs=1, augment=1.0, test_each_epoch=False)
    plain, other = (
        Training(recipe, small_mnist, seed=2, device=set_up_device("cpu")) for _ in range(2)
    )
    assert isinstance(other.examples, Examples)
    recordables = other.examples._augmented, other._step.recordable
    for it in recordables:
        it.records = True  # as on a GPU
    for training in (plain, other):
        torch.manual_seed(5)
        list(training.run())
    for name, value in plain.network.state_dict().items():
        assert torch.equal(other.network.state_dict()[name], value), name
    warned = capsys.readouterr().err.count("not permitted when stream is capturing")
    assert ([it.records for it in recordables], warned) == (
        ([True, True], 0) if record is again else ([False, False], 2)
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_cuda_graph_does_what_the_step_does(batch: tuple[Tensor, Tensor], bfloat16: bool):
    images, labels = (tensor.cuda() for tensor in batch)
    networks = [fresh(dropout=0.0)[0].cuda() for _ in range(2)]
    optimizers = [
        Muon(it.named_parameters(), learning_rate=0.1, momentum=0.9, relative_rate=0.5)
        for it in networks
    ]
    steps = [
        partial(train_step, network, optimizer, bfloat16=bfloat16)
        for network, optimizer in zip(networks, optimizers, strict=True)
    ]
    state = [*networks[1].state_dict().values(), *optimizers[1].state_dict().values()]
    recorded = Recording(steps[1], (images * 7, labels), state)
    for rate in (0.1, 0.05, 0.2):  # the recording must not keep the first
        for optimizer in optimizers:
            optimizer.learning_rate = rate
        expected = steps[0](images, labels).item()
        assert recorded(images, labels).item() == pytest.approx(expected, rel=1e-2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_cuda_graph_draws_the_random_numbers_that_the_function_would_draw():
    images = torch.randint(256, (3, 32, 28, 28), dtype=torch.uint8).cuda()
    torch.manual_seed(9)
    expected = [augmented(batch, 1.0) for batch in images]
    recorded = Recording(partial(augmented, strength=1.0), (images[0],))
    torch.manual_seed(9)
    assert torch.equal(torch.stack([recorded(it) for it in images]), torch.stack(expected))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_a_step_that_cannot_be_recorded_is_taken_anyway(
    batch: tuple[Tensor, Tensor], capsys: pytest.CaptureFixture[str]
):
    def waiting_loss(answers: Tensor, labels: Tensor) -> Tensor:
        loss = mean_loss(answers, labels)
        loss.item()  # waits for the GPU, which a recording does not allow
        return loss

    images, labels = (tensor.cuda() for tensor in batch)
    losses = []
    for records in (False, True):
        network = fresh()[0].cuda()
        optimizer = Muon(
            network.named_parameters(), learning_rate=0.1, momentum=0.9, relative_rate=0.5
        )
        step = LearningStep(
            network, optimizer, loss_of=waiting_loss, bfloat16=False, records=records
        )
        torch.manual_seed(9)  # for dropout
        losses.append([step(images, labels, is_last=False).item() for _ in range(4)])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)  # other dropout masks differ by more
    assert "cannot be recorded as a CUDA graph" in capsys.readouterr().err


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_in_bfloat16_too_answers_and_loss_have_32_bits(name: str, batch: tuple[Tensor, Tensor]):
    network, optimizer = fresh(name)
    with torch.autocast("cpu", torch.bfloat16):
        assert network(batch[0]).dtype == torch.float32
    assert train_step(network, optimizer, *batch, bfloat16=True).dtype == torch.float32


def test_bfloat16_goes_nearly_the_same_way_and_keeps_weights_whole(batch: tuple[Tensor, Tensor]):
    losses = {}
    for bfloat16 in (False, True):
        network, optimizer = fresh()
        torch.manual_seed(9)
        losses[bfloat16] = [
            train_step(
                network, optimizer, *batch, partial(mean_loss, smoothing=0.05), bfloat16=bfloat16
            ).item()
            for _ in range(5)
        ]
        assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert losses[True] != losses[False]  # or nothing was rounded
    assert losses[True] == pytest.approx(losses[False], rel=0.1)
    assert losses[True][-1] < losses[True][0]


def test_a_processor_is_asked_for_bfloat16(monkeypatch: pytest.MonkeyPatch):
    for able in ({}, {"avx512_bf16": True}, {"amx_bf16": True}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able)
        assert computes_bfloat16(torch.device("cpu")) is bool(able)
    assert not computes_bfloat16(torch.device("mps"))
