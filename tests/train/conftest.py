"""What the tests of training share."""

from collections.abc import Iterator
from functools import partial

import pytest
import torch

from digitlab.synth.non_digits import non_digits


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Use one thread: these networks are small, and results depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def few_non_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generate 30 pictures of no digit instead of 30,000, which would take a minute."""
    monkeypatch.setattr("digitlab.train.examples.non_digits", partial(non_digits, count=30))
