"""Two processes train as one does: the same losses, with batches that they cannot share equally."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.torchrun import Place, find_place
from digitlab.train.checkpoint import read_checkpoint, to_bytes
from digitlab.train.loop import Training
from digitlab.train.ranks import Ranks, joined
from tests.train.in_ranks import HALF, PLAIN, RECIPES, losses_of, small, start
from tests.train.two_processes import run_in_two


@pytest.fixture(scope="module")
def dataset(one_thread: None) -> Iterator[Dataset]:
    with small() as dataset:
        yield dataset


@pytest.fixture(scope="module")
def folder(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what two processes have left behind."""
    folder = tmp_path_factory.mktemp("ranks")
    half = start(PLAIN, dataset)
    list(islice(half.run(), 6))  # a test, an epoch of 4 steps and a test
    (folder / HALF).write_bytes(to_bytes(half.checkpoint()))
    run_in_two(Path(__file__).with_name("in_ranks.py"), folder)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "losses.json").read_text())


@pytest.mark.parametrize("name", RECIPES)
def test_two_processes_follow_the_same_losses(name: str, dataset: Dataset, found: dict[str, Any]):
    expected = losses_of(start(RECIPES[name], dataset))
    assert len(expected) > 8
    # Batch norm and Muon amplify rounding: see tests/train/test_golden.py.
    tolerance = 1e-4 if name == "everything" else 1e-5
    assert found[name] == pytest.approx(expected, abs=tolerance)


def test_a_checkpoint_continues_with_another_number_of_processes(
    dataset: Dataset, folder: Path, found: dict[str, Any]
):
    expected = losses_of(start(PLAIN, dataset))
    assert found["continued"] == pytest.approx(expected[6:], abs=1e-5)
    last = read_checkpoint(folder / "last.safetensors")
    alone = start(PLAIN, dataset)
    alone.restore(last)
    assert alone.answer_test_set().shape == (201, 10)
    assert last.progress.history[-1].total == 201  # each image counted once


def test_batch_norm_is_that_of_the_whole_batch(found: dict[str, Any]):
    assert found["batch norm"] < 1e-11


def test_a_stop_changes_no_bit_on_any_rank_but_ranks_drop_other_values(found: dict[str, Any]):
    first, second = found["digests"]
    assert first[0] == first[1] == second[0] == second[1]
    assert found["drawn"][0] != found["drawn"][1]


def test_shares_are_fair_and_complete():
    for size in (0, 1, 5, 64):
        shares = [range(size)[Ranks(rank=rank, count=4).part(size)] for rank in range(4)]
        assert [it for share in shares for it in share] == list(range(size))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_batch_that_is_too_small_to_share_is_refused(dataset: Dataset):
    with pytest.raises(DigitlabError, match="600 examples in batches of 299 leave a batch of 2, w"):
        Training(
            Recipe(batch_size=299), dataset, seed=1, device=torch.device("cpu"),
            ranks=Ranks(count=3),
        )  # fmt: skip


def test_devices_that_cannot_be_shared_are_refused(monkeypatch: pytest.MonkeyPatch):
    two = Ranks(count=2, local_count=2)
    with pytest.raises(DigitlabError, match="cannot train on mps; add --device cpu"):
        two.take_device(torch.device("mps"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DigitlabError, match="2 processes on this machine need a GPU each, and it"):
        two.take_device(torch.device("cuda"))


VARIABLES = {"RANK": "1", "WORLD_SIZE": "3", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}


def test_a_process_finds_its_place(monkeypatch: pytest.MonkeyPatch):
    assert find_place() == Place()
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    assert find_place() == Place(rank=1, count=3)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "4")
    assert find_place() == Place(rank=1, count=3, local_rank=1, local_count=2, restarts=4)
    for name, value, limit in (("RANK", "3", "from 0 to 2"), ("WORLD_SIZE", "no", "at least 1")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(DigitlabError, match=f"{name} is '{value}', but must be {limit}"):
                find_place()


def test_who_did_not_expect_others_is_told(monkeypatch: pytest.MonkeyPatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(DigitlabError, match="torchrun has started 3 processes, but only"),
        joined(is_expected=False),
    ):
        pass
