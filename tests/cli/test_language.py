"""Help, figures and results in Chinese where that is asked for; nothing else changes."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digitlab.cli.help_zh import _line_starts
from digitlab.data.dataset import Dataset
from digitlab.recipe_help import help_in
from digitlab.records.folder import RunFolder
from digitlab.records.history import ScorePoint

EVERY_HELP = """
import json, sys
sys.argv = ["digitlab", "--lang", "zh"]
from digitlab.cli.app import app
texts = {}
for name in app:
    texts[name] = [app[name].help]
    if not name.startswith("-"):
        app[name].help = None  # as when its help is printed
        texts[name] += [app[name].default_command.__doc__]
        for argument in app[name].assemble_argument_collection():
            if argument.parameter.show is not False:
                texts[f"{name} {argument.name}"] = [argument.parameter.help]
print(json.dumps(texts))
"""


def test_every_command_and_every_flag_has_help_in_chinese():
    done = subprocess.run(
        [sys.executable, "-c", EVERY_HELP], capture_output=True, text=True, check=True
    )
    texts = json.loads(done.stdout)
    english = {name for name, them in texts.items() for it in them if not has_chinese(it or "")}
    assert english - {"repeat *", "train *"} == set()
    assert len(texts) > 80


def has_chinese(text: str) -> bool:
    return re.search("[\u4e00-\u9fff]", text) is not None


@pytest.mark.parametrize(
    ("words", "locale"),
    [("train --help --lang zh", "C.UTF-8"), ("train --help", "zh_CN.UTF-8")],
)
def test_help_is_in_the_language_asked_for_or_that_of_the_locale(
    spawn: Callable, words: str, locale: str
):
    out, err = spawn(*words.split(), LC_ALL=locale, COLUMNS="400").communicate()
    assert err == ""
    assert out.startswith("用法：digitlab train [OPTIONS]\n")
    assert "─ 选项 ─" in out
    assert "─ 配方 ─" in out
    for what, _ in help_in("zh").values():
        assert what.replace("`", "") in out
    assert "在哪里计算；auto 选最快的。 [可选：auto、cpu、cuda、mps] [默认：auto]" in out


def test_lines_break_between_chinese_characters_but_not_before_punctuation():
    text = "每轮（epoch）之后，测试 digitlab lab。"
    starts = _line_starts(text, 10)
    lines = [text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True)]
    assert lines == ["每轮", "（epoch）", "之后，测试 ", "digitlab ", "lab。"]


def test_a_training_in_chinese_has_the_tutorials_lines_for_programs(
    call: Callable, small_data: Dataset, tmp_path: Path
):
    done = call("train", "--lang", "zh", "--epochs", 1, "--run", tmp_path, "--no-figures")
    assert done.code == 0
    history = RunFolder(tmp_path).read_history()
    *lines, predictions, accuracy = done.out.splitlines()
    assert lines == [it.line() for it in history if isinstance(it, ScorePoint)]
    assert (tmp_path / "train.log").read_text().splitlines() == [it.line() for it in history]
    assert predictions.startswith("对前 6 张测试图的预测：")
    assert re.fullmatch(
        r"训练 1 轮后的准确率：\d+\.\d\d%（95% 置信区间：[\d.]+% 到 [\d.]+%）", accuracy
    )
