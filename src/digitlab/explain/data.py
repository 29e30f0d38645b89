"""The results of `digitlab explain` as JSON: the same data in both languages."""

from typing import Any

from digitlab.explain.explained import Explained
from digitlab.explain.picture import PreparedPicture
from digitlab.explain.settings import ExplainedSetting
from digitlab.recipe import Range


def as_data(explained: Explained, settings: list[ExplainedSetting]) -> dict[str, Any]:
    """Return a record that msgspec can encode; without a picture, `picture` is null."""
    subject, picture = explained.subject, explained.picture
    return {
        "kind": subject.kind,
        "source": subject.source,
        "is_trained": subject.is_trained,
        "recipe": subject.recipe_name or None,
        "classes": subject.classes,
        "normalization": {"mean": subject.mean, "std": subject.std},
        "network": explained.network,
        "settings": [
            {
                "name": it.name,
                "value": it.value,
                "range": None if it.range is None else _limits(it.range),
                "choices": it.choices,
                "effects": it.effects,
            }
            for it in settings
        ],
        "picture": None if picture is None else _picture(picture),
        "followed": explained.followed,
        "answer": explained.answer,
    }


def _limits(allowed: Range) -> dict[str, Any]:
    return {
        "least": allowed.least,
        "most": allowed.most,
        "includes_least": allowed.includes_least,
        "includes_most": allowed.includes_most,
    }


def _picture(picture: PreparedPicture) -> dict[str, Any]:
    return {
        "preparation": picture.preparation,
        "size": picture.size,
        "is_unchanged": picture.is_unchanged,
        "ink_is_light": picture.ink_is_light,
        "ink_box": picture.ink_box,
        "pixels": picture.digit.tolist(),
        "digit_box": picture.digit_box,
        "center": picture.center,
        "several": picture.several,
    }
