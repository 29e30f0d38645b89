"""Choosing and setting up the device."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from digitlab.errors import DigitlabError
from digitlab.train.device import describe_machine, memory_explained, set_up_device


@pytest.fixture(autouse=True)
def settings_of_the_process() -> Iterator[None]:
    """Restore what `set_up_device` sets for the whole process."""
    before = torch.get_deterministic_debug_mode()
    with torch.backends.cudnn.flags(deterministic=False, allow_tf32=True):
        yield
    torch.set_deterministic_debug_mode(before)


@pytest.fixture
def fake_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)


def test_auto_chooses_the_fastest_available_device(monkeypatch: pytest.MonkeyPatch):
    for there, expected in (
        ((False, False), "cpu"),
        ((False, True), "mps"),
        ((True, True), "cuda"),
    ):
        monkeypatch.setattr("torch.cuda.is_available", lambda there=there: there[0])
        monkeypatch.setattr("torch.backends.mps.is_available", lambda there=there: there[1])
        assert set_up_device("auto").type == expected


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor : 0\nmodel name\t: AMD EPYC: 7B13 \nmodel name\t: second\n", "AMD EPYC: 7B13"),
        ("processor : 0\n", "arm"),  # ARM processors list no model name
        (None, "arm"),  # macOS has no such file
    ],
)
def test_the_processor_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str | None, name: str
):
    if cpuinfo is not None:
        (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr("digitlab.train.device.Path", lambda _: tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.processor", lambda: "arm")
    assert describe_machine(torch.device("cpu")) == name


@pytest.mark.usefixtures("fake_gpu")
def test_on_a_gpu_float32_means_32_bits_and_convolutions_repeat_their_bits():
    with torch.backends.cudnn.flags(deterministic=False, allow_tf32=True):
        set_up_device("cuda")
        assert torch.backends.cudnn.deterministic
        assert not torch.backends.cudnn.allow_tf32


@pytest.mark.usefixtures("fake_gpu")
@pytest.mark.parametrize("before", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("name", ["cpu", "cuda", "mps"])
def test_only_the_cpu_forbids_nondeterministic_algorithms_whatever_came_before(
    before: str, name: str
):
    set_up_device(before)
    set_up_device(name)
    assert torch.are_deterministic_algorithms_enabled() == (name == "cpu")
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


def test_the_number_of_threads_is_set_or_left_as_it_is():
    before = torch.get_num_threads()
    set_up_device("cpu", threads=before + 1)
    assert torch.get_num_threads() == before + 1
    set_up_device("cpu")
    assert torch.get_num_threads() == before + 1
    set_up_device("cpu", threads=before)
    assert torch.get_num_threads() == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_device_is_an_error():
    with pytest.raises(DigitlabError, match="no cuda; try --device cpu"):
        set_up_device("cuda")


@pytest.mark.parametrize(
    ("error", "amount"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU"), "2.00 GiB"),
        (RuntimeError("can't allocate memory: you tried to allocate 512 bytes. Err"), "512 bytes"),
        (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be"), "more"),
    ],
)
def test_full_memory_is_one_sentence(error: RuntimeError, amount: str):
    with pytest.raises(DigitlabError, match=f"not allocate {amount}; "), memory_explained():
        raise error
    with pytest.raises(RuntimeError, match="shapes cannot"), memory_explained():
        raise RuntimeError("shapes cannot be multiplied")


@pytest.mark.parametrize(("name", "threads"), [("tpu", None), ("cpu", 0)])
def test_impossible_settings_are_errors(name: str, threads: int | None):
    with pytest.raises(DigitlabError, match=r"tpu|threads is 0"):
        set_up_device(name, threads)
