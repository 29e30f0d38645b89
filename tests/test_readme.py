"""The two READMEs say the same: the same commands, figures, pictures and links."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = ((ROOT / it).read_text("utf-8") for it in ("README.md", "README.zh-CN.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_both_have_the_same_code():
    assert BLOCK.findall(ENGLISH) == BLOCK.findall(CHINESE)


def test_both_have_the_same_numbers():
    """In the same order per section, so that no figure changes places with another."""
    sections = [
        re.split(r"^## ", BLOCK.sub("", it), flags=re.MULTILINE) for it in (ENGLISH, CHINESE)
    ]
    assert len(sections[0]) == len(sections[1])
    for english, chinese in zip(*sections, strict=True):
        assert numbers(english) == numbers(chinese), english.splitlines()[0]


def numbers(text: str) -> Counter[str]:
    """Return the numbers of a text, without those in the names of files."""
    return Counter(re.findall(r"\d+(?:[.,]\d+)*", re.sub(r"\]\([^)]*\)", "]", text)))


def test_both_have_the_same_pictures_and_links():
    def targets(text: str, own: str, other: str) -> Counter[str]:
        found = re.findall(r'\]\(([^)]+)\)|src(?:set)?="([^"]+)"', text)
        renamed = (
            "".join(it).replace(f"/{own}/", "/1/").replace(f"/{other}/", "/2/").replace("-zh", "")
            for it in found  # lab-zh.png is lab.png in Chinese
        )
        return Counter(it for it in renamed if not it.startswith("README"))

    assert targets(ENGLISH, "en", "zh") == targets(CHINESE, "zh", "en")


def test_both_name_the_same_commands_and_flags():
    def words(text: str) -> set[str]:
        return set(re.findall(r"`([^`\n]+)`", BLOCK.sub("", text)))

    assert words(ENGLISH) - words(CHINESE) == set()
    assert words(CHINESE) - words(ENGLISH) == {"digitlab train --help --lang zh"}
