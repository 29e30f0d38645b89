"""Answers that look right but are not get a hint, and none of them ends in a traceback."""

from pathlib import Path

import pytest
import torch

from digitlab.cli.check import check
from digitlab.errors import DigitlabError
from digitlab.exercises.catalog import find_exercise
from tests.exercises.test_chapters_9_to_12 import hint, solution

LOADER = "import sys, torch\n\ndef batches(images, labels, size, seed):\n"
NEIGHBORS = """\
    random = torch.Generator().manual_seed(seed)
    parts = torch.arange(len(images)).split(size)
    for i in [*torch.randperm(3, generator=random), 3]:
        yield images[parts[i]], labels[parts[i]]
"""
INSIDE_A_BATCH = """\
    random = torch.Generator().manual_seed(seed)
    for part in torch.arange(len(images)).split(size):
        chosen = part[torch.randperm(len(part), generator=random)]
        yield images[chosen], labels[chosen]
"""
GLOBAL_STATE = """\
    torch.manual_seed(seed)
    for chosen in torch.randperm(len(images)).split(size):
        yield images[chosen], labels[chosen]
"""


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (NEIGHBORS, "only the order of the batches"),
        (INSIDE_A_BATCH, "with two seeds"),
        (GLOBAL_STATE, "global random state"),
        ("    return [1, 2, 3]", "one is int"),
        ("    return [(images.numpy(), labels.numpy())]", "(ndarray, ndarray)"),
        ("    while True:\n        yield images, labels", "more than 100 batches"),
        ("    return None", "'NoneType' object is not iterable"),
        ("    sys.exit()", "line 4, ends the program"),
        ("    pass\n\nsys.exit()", "line 6, ends the program"),
        ("    raise BaseException('x')", "line 4, stopped with BaseException: x"),
        ("\0", "exercise_01.py is not valid Python"),
        ("  ) ", "exercise_01.py, line 4, is not valid Python"),
    ],
)
def test_batches_that_are_not_shuffled_or_not_batches(body: str, what: str, tmp_path: Path):
    assert what in hint(1, LOADER + body, tmp_path)


def test_a_folder_is_no_answer(tmp_path: Path):
    with pytest.raises(DigitlabError, match="is not a file"):
        list(find_exercise(1).check(tmp_path))


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ("F.relu(F.max_pool2d(self.conv1(x), 2))", "F.max_pool2d(self.conv1(x), 2)", "volution 1:"),
        ("F.relu(self.conv3(x))", "self.conv3(x)", "no ReLU follows convolution 3:"),
        ("p=0.5", "p=0.0", "dropout is gone"),
        ("training=self.training", "training=True", "dropped in tests"),
        ("return F", "F", "NoneType"),
    ],
)
def test_networks_without_one_of_their_parts(right: str, wrong: str, what: str, tmp_path: Path):
    answer = solution(2).replace("Dropout2d()", "Dropout2d(p=0.5)")
    answer = answer.replace("F.dropout(x,", "F.dropout(x, p=0.5,")
    assert what in hint(2, answer.replace(right, wrong), tmp_path)


@pytest.mark.parametrize(
    ("chapter", "right", "wrong", "what"),
    [
        (3, "return loss,", "return", "KeyError|unpack"),
        (4, "self.lr = lr", "self.lr = str(lr)", "exercise_04.py, line"),
    ],
)
def test_results_of_another_type(chapter: int, right: str, wrong: str, what: str, tmp_path: Path):
    found = hint(chapter, solution(chapter).replace(right, wrong), tmp_path)
    assert any(it in found for it in what.split("|"))


def test_gradients_that_stay_off_are_found_and_switched_on_again(tmp_path: Path):
    answer = solution(5).replace(
        "with torch.no_grad():", "torch.set_grad_enabled(False)\n    if 1:"
    )
    assert "still off after evaluate" in hint(5, answer, tmp_path)
    assert torch.is_grad_enabled()


def test_a_mean_of_the_batches_accuracies_is_named(tmp_path: Path):
    answer = solution(5).replace(".sum().item()\n", ".double().mean().item()\n")
    found = hint(5, answer.replace("correct / len(images)", "correct / 4"), tmp_path)
    assert "0.6797, expected 0.8700" in found
    assert "mean of the batches' accuracies" in found


def test_the_command_exits_with_1_and_prints_what_the_terminal_has(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    answer = tmp_path / "exercise_02.py"
    answer.write_text(solution(2).replace("F.relu(self.conv3(x))", "self.conv3(x)"))
    monkeypatch.setattr("digitlab.presentation.wrapped._has", lambda _encoding, it: it.isalnum())
    with pytest.raises(SystemExit) as stopped:
        check(2, answer, lang="zh")
    assert stopped.value.code == 1
    shown = capsys.readouterr().out
    assert shown.startswith("ok: ")
    assert "\nno: 第 3 个卷积层之后没有 ReLU：把它的输出都换成 -1 和 -2，" in shown
