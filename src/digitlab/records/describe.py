"""Which runs a path stands for, and a run in a few words: its name, recipe and settings."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from digitlab.errors import printable
from digitlab.language import Language, Words
from digitlab.named_recipes import RECIPES, differences
from digitlab.records.folder import RunFolder
from digitlab.records.run_record import RunRecord

_FEW_SETTINGS = 4

COMMA = Words(", ", "，")
_MANY_CHANGED = Words("{recipe} with {count} changed settings", "{recipe}（改了 {count} 项设置）")
_CHANGED = Words("{recipe} with {settings}", "{recipe}（{settings}）")
_EXTRA = Words("{count:,} extra pictures", "另加 {count:,} 张图片")
_SEED = Words("seed {seed}", "随机种子 {seed}")
_ALL = Words("all", "全部")
_ON, _OFF = Words("on", "开"), Words("off", "关")


def find_runs(paths: Sequence[Path]) -> list[RunFolder]:
    """Return the runs in these folders, in the order given, each once.

    A folder without a run of its own stands for the runs in its subfolders: `digitlab repeat` makes
    such folders. Raises `DigitlabError` if there is no run in one of them.
    """
    found: dict[Path, RunFolder] = {}
    for path in paths:
        folders = [RunFolder(path)]
        if path.is_dir() and not folders[0].holds_a_run():
            inner = [it for it in path.iterdir() if RunFolder(it).run_json.exists()]
            folders = [RunFolder(it) for it in sorted(inner, key=_natural)] or folders
        for folder in folders:
            folder.check_holds_a_run()
            found.setdefault(folder.path.resolve(), folder)
    return list(found.values())


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a key that sorts seed-2 before seed-10."""
    return [(int(it), "") if it.isdecimal() else (0, it) for it in re.split(r"(\d+)", path.name)]


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return the last name of each path, with as many folders before it as tell them apart.

    >>> distinct_names([Path("a/seed-1"), Path("b/seed-1"), Path("fast")])
    ['a/seed-1', 'b/seed-1', 'fast']
    """
    parts = [path.resolve().parts for path in paths]
    lengths = [1] * len(parts)
    while True:
        names = ["/".join(it[-length:]) for it, length in zip(parts, lengths, strict=True)]
        longer = [
            min(length + (names.count(name) > 1), len(it))
            for name, length, it in zip(names, lengths, parts, strict=True)
        ]
        if longer == lengths:
            return [printable(name) for name in names]
        lengths = longer


def changed_settings(record: RunRecord, epochs: int | None = None) -> dict[str, Any]:
    """Return the settings that differ from those of the recipe that was named.

    There are none to report for a recipe that is not one of digitlab's own. `epochs` is how far the
    run had come, if it is not to be described as a whole.
    """
    named = RECIPES.get(record.recipe_name)
    if named is None:
        return {}
    changed = differences(record.recipe, named)
    if epochs is None:
        return changed
    changed.pop("epochs", None)
    return changed if epochs == named.epochs else {"epochs": epochs} | changed


def describe_run(record: RunRecord, language: Language = "en", *, epochs: int | None = None) -> str:
    """Return a run's recipe, its changed settings if there are few, and its seed.

    See `changed_settings` for `epochs`.
    """
    changed = changed_settings(record, epochs)
    recipe = printable(record.recipe_name)
    if len(changed) > _FEW_SETTINGS:
        recipe = _MANY_CHANGED.text(language, recipe=recipe, count=len(changed))
    elif changed:
        settings = settings_in_words(changed, language)
        recipe = _CHANGED.text(language, recipe=recipe, settings=settings)
    facts = [recipe]
    if record.extra is not None:
        facts.append(_EXTRA.text(language, count=record.extra.pictures))
    facts.append(_SEED.text(language, seed=record.seed))
    return COMMA.text(language).join(facts)


def settings_in_words(settings: dict[str, Any], language: Language = "en") -> str:
    """Return settings with their values on one line.

    >>> settings_in_words({"epochs": 8, "test_each_epoch": False, "network": "nets/mine.py:Net"})
    'epochs 8, test_each_epoch off, network mine.py:Net'
    """
    words = [f"{it} {setting_in_words(value, it, language)}" for it, value in settings.items()]
    return COMMA.text(language).join(words)


def setting_in_words(value: Any, name: str = "", language: Language = "en") -> str:
    """Return the value of a setting as people write it; of a path, the last name."""
    if name == "train_images" and value == 0:
        return _ALL.text(language)
    if isinstance(value, bool):
        return (_ON if value else _OFF).text(language)
    if isinstance(value, float):
        return f"{value:g}"
    return printable(str(value).replace("\\", "/").rpartition("/")[2])
