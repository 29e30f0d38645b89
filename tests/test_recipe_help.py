"""The Chinese help of the settings says what the English help says."""

import re

import pytest

from digitlab.recipe import RANGES, field_help
from digitlab.recipe_help import help_in, range_in

NUMBER_OR_NAME = re.compile(r"`[^`]+`|\d+(?:[.,]\d+)*%?")


@pytest.mark.parametrize("name", field_help())
def test_both_languages_have_the_same_numbers_and_names(name: str):
    for english, chinese in zip(field_help()[name], help_in("zh")[name], strict=True):
        assert set(NUMBER_OR_NAME.findall(chinese)) == set(NUMBER_OR_NAME.findall(english))


@pytest.mark.parametrize("name", RANGES)
def test_both_languages_have_the_same_ranges(name: str):
    english, chinese = (range_in(language, RANGES[name]) for language in ("en", "zh"))
    assert NUMBER_OR_NAME.findall(chinese) == NUMBER_OR_NAME.findall(english)
    assert chinese != english


def test_both_languages_explain_the_same_fields_in_the_same_order():
    assert list(help_in("zh")) == list(help_in("en"))
