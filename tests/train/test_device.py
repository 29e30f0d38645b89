import pytest
import torch

from digitlab.errors import DigitlabError
from digitlab.train.device import describe_machine, set_up_device


def test_auto_takes_the_fastest_there_is(monkeypatch: pytest.MonkeyPatch):
    for there, expected in (
        ((False, False), "cpu"),
        ((False, True), "mps"),
        ((True, True), "cuda"),
    ):
        monkeypatch.setattr("torch.cuda.is_available", lambda there=there: there[0])
        monkeypatch.setattr("torch.backends.mps.is_available", lambda there=there: there[1])
        assert set_up_device("auto").type == expected


def test_the_processor_has_a_name():
    assert describe_machine(torch.device("cpu"))


def test_on_the_cpu_algorithms_that_may_differ_are_forbidden():
    set_up_device("cpu")
    assert torch.are_deterministic_algorithms_enabled()


def test_the_number_of_threads_is_taken():
    before = torch.get_num_threads()
    set_up_device("cpu", threads=1)
    assert torch.get_num_threads() == 1
    set_up_device("cpu", threads=before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_told():
    with pytest.raises(DigitlabError, match="no cuda; try --device cpu"):
        set_up_device("cuda")


@pytest.mark.parametrize(("name", "threads"), [("tpu", None), ("cpu", 0)])
def test_impossible_settings_are_told(name: str, threads: int | None):
    with pytest.raises(DigitlabError, match=r"tpu|threads is 0"):
        set_up_device(name, threads)
