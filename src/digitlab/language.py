"""The two languages that digitlab speaks, and which one a reader wants."""

import os
from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]


class Words(NamedTuple):
    """A text in both languages. Written as a pair, neither language can miss a sentence.

    >>> found = Words("{count} layers", "{count} 层")
    >>> found.text("en", count=4), found.text("zh", count=4)
    ('4 layers', '4 层')
    """

    en: str
    zh: str

    def text(self, language: Language, **values: object) -> str:
        """Return the text in a language; with values, each `{name}` is replaced by its value."""
        text = self.zh if language == "zh" else self.en
        return text.format(**values) if values else text


def language_of_locale(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the user's messages: Chinese if the locale is, otherwise English.

    It is the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set, as for other programs.

    >>> language_of_locale({"LC_ALL": "", "LANG": "zh_CN.UTF-8"})
    'zh'
    >>> language_of_locale({})
    'en'
    """
    locales = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((it for it in locales if it), "")
    return "zh" if locale.lower().startswith("zh") else "en"
