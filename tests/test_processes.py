"""What other processes compute comes in order, and none of them is left over."""

import math
import operator
import os
from functools import partial

import pytest

from digitlab.errors import DigitlabError
from digitlab.processes import in_processes


@pytest.mark.parametrize("processes", [0, 1, 3])
def test_the_results_are_in_the_order_of_the_items(processes: int):
    items = range(3, 200)  # more than wait to be taken
    assert list(in_processes(math.sqrt, items, processes)) == [math.sqrt(it) for it in items]


@pytest.mark.parametrize("processes", [0, 2])
def test_an_error_is_raised_where_its_result_would_be(processes: int):
    results = in_processes(partial(operator.floordiv, 6), [3, 2, 0, 1], processes)
    assert [next(results), next(results)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_process_that_ends_too_early_is_reported():
    with pytest.raises(DigitlabError, match="ended with exit code 3"):
        next(in_processes(os._exit, [3], 1))
