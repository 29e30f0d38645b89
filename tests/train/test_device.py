import pytest
import torch

from digitlab.core.errors import DigitlabError
from digitlab.train.device import describe_machine, set_up_device


def test_auto_takes_what_there_is():
    device = set_up_device("auto")
    assert device.type == ("cuda" if torch.cuda.is_available() else device.type)
    assert describe_machine(device)


def test_the_cpu_computes_the_same_each_time():
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
