"""Networks of the user's own: found, tried out, trained to the bit; and what is said if not."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train import networks
from digitlab.train.build import build_network
from digitlab.train.checkpoint import from_bytes, to_bytes
from digitlab.train.loop import Training
from digitlab.train.own_network import changes_in, find_own

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn

print("imported")

class Third(nn.Module):
    def __init__(self, classes=10, dropout=0.5):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 5)
        self.conv2 = nn.Conv2d(4, 8, 5)
        self.conv3 = nn.Conv2d(8, 8, 3)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(8, classes)
    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = F.relu(F.max_pool2d(self.conv3(x), 2))
        return self.fc(self.drop(self.norm(x.view(-1, 8))))

class Flat(nn.Module):
    outputs = 10
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, self.outputs)
    def forward(self, x):
        return self.fc(x.flatten(1))
"""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes a network's file and returns the network's name."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(name: str, more: str = "", file: str = "nets.py") -> str:
        (tmp_path / file).write_text(HEAD + more)
        return f"{tmp_path / file}:{name}"

    return write


def trained(training: Training, steps: int | None = None) -> dict[str, Tensor]:
    for _ in training.run():
        if training.steps_done == steps:
            break
    return {name: it.clone() for name, it in training.network.state_dict().items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


LAZY = """
class Lazy(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.LazyLinear(12), nn.ReLU())
        self.head = nn.LazyLinear(num_classes)
    def forward(self, x):
        return self.head(self.body(x))
"""
TIED = """
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(28, 28), nn.Linear(28, 28)
        self.two.weight = self.one.weight
        self.unused = nn.Linear(3, 3)
        self.layers = nn.Linear(784, 10)
    def forward(self, x):
        return F.log_softmax(self.layers(self.two(F.relu(self.one(x))).flatten(1)), dim=1)
"""


@pytest.mark.parametrize(("name", "more"), [("Third", ""), ("Lazy", LAZY), ("Tied", TIED)])
def test_it_stops_and_continues_to_the_bit(
    write: Write, small_mnist: Dataset, name: str, more: str
):
    recipe = Recipe(network=write(name, more), epochs=2, batch_size=100, average=0.9, muon=0.1)
    make = lambda: Training(recipe, small_mnist, seed=3, device=torch.device("cpu"))  # noqa: E731
    stopped = make()
    trained(stopped, steps=8)
    saved = to_bytes(stopped.checkpoint())
    whole = make()
    expected = trained(whole)
    continued = make()
    continued.restore(from_bytes(saved, "saved"))
    assert_same(expected, trained(continued))
    assert whole.average is not None
    assert continued.average is not None
    assert_same(whole.average.state_dict(), continued.average.state_dict())
    first, last = whole.history[1].loss, whole.history[-2].loss
    assert last < first


def test_weights_with_two_names_are_averaged_once(write: Write, small_mnist: Dataset):
    recipe = Recipe(network=write("Tied", TIED), epochs=1, batch_size=100, average=0.5)
    training = Training(recipe, small_mnist, seed=3, device=torch.device("cpu"))
    expected = training.network.one.weight.detach().clone()  # type: ignore[union-attr]
    for _ in training.run():
        if training.batches_done:
            decay = min(0.5, training.steps_done / (9 + training.steps_done))
            weight = training.network.one.weight.detach()  # type: ignore[union-attr]
            expected = decay * expected + (1 - decay) * weight
        if training.steps_done == 4:
            break
    assert training.average is not None
    averaged = training.average.network.one.weight  # type: ignore[union-attr]
    assert torch.allclose(averaged, expected, atol=1e-6)


def test_it_gives_log_probabilities_and_takes_what_the_recipe_says(write: Write):
    network = build_network(Recipe(network=write("Third"), dropout=0.25), 7)
    assert network.drop.p == 0.25
    answers = network.eval()(torch.randn(5, 1, 28, 28))
    assert answers.shape == (5, 7)
    assert torch.allclose(answers.exp().sum(dim=1), torch.ones(5), atol=1e-5)


def test_trying_it_out_changes_neither_weights_nor_random_numbers(write: Write):
    name = write("Third")
    torch.manual_seed(5)
    network = build_network(Recipe(network=name))
    after = torch.rand(1)
    torch.manual_seed(5)
    plain = find_own(name).create()
    assert torch.equal(after, torch.rand(1))
    assert_same(dict(network.state_dict()), dict(plain.state_dict()))


def test_batch_norm_needs_two_images_but_other_networks_do_not(write: Write, small_mnist: Dataset):
    recipe = Recipe(network=write("Third"), epochs=1, batch_size=599)
    with pytest.raises(DigitlabError, match="600 images in batches of 599 leave a last batch of 1"):
        Training(recipe, small_mnist, seed=1, device=torch.device("cpu"))
    flat = replace(recipe, network=write("Flat"))
    trained(Training(flat, small_mnist, seed=1, device=torch.device("cpu")))


def test_a_function_and_a_module_are_found_too(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = build_network(Recipe(network=write("make", "def make(classes): return Third(classes)")))
    assert type(made).__name__ == "Third"
    write("Flat", file="a_module_of_tests.py")
    monkeypatch.chdir(tmp_path)
    own = find_own("a_module_of_tests:Flat")
    assert own.create.__name__ == "Flat"
    assert [Path(path).name for path in own.files] == ["a_module_of_tests.py"]
    del sys.modules["a_module_of_tests"]


def test_a_file_is_run_once_and_again_when_it_has_changed(
    write: Write, capsys: pytest.CaptureFixture[str]
):
    name = write("Third")
    find_own(name)
    find_own(name)
    assert capsys.readouterr().out.count("imported") == 1
    write("Third", "print('changed')")
    find_own(name)
    assert "changed" in capsys.readouterr().out


def test_files_that_it_imports_are_watched(write: Write, tmp_path: Path):
    (tmp_path / "blocks_of_tests.py").write_text("import deeper_of_tests\n")
    (tmp_path / "deeper_of_tests.py").write_text("WIDTH = 3\n")
    name = write("Flat", "from blocks_of_tests import deeper_of_tests\n")
    own = find_own(name)
    names = {Path(path).name for path in own.files}
    assert names == {"nets.py", "blocks_of_tests.py", "deeper_of_tests.py"}
    assert changes_in(name, own.files, None) == []
    (tmp_path / "deeper_of_tests.py").write_text("WIDTH = 4\n")
    (tmp_path / "nets.py").unlink()
    since = "has changed since the run was started;"
    copy = tmp_path / "network.py"
    copy.write_text(HEAD)
    assert changes_in(name, own.files, copy) == [
        f"{tmp_path / 'nets.py'} {since} the run uses its own copy",
        f"{copy} {since} results may differ",
        f"{tmp_path / 'deeper_of_tests.py'} {since} results may differ",
    ]


def test_a_module_is_that_of_the_current_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write("Flat", file="moved_of_tests.py")
    name = "moved_of_tests:Flat"

    def seen_in(folder: Path, files: dict[str, str]) -> list[str]:
        with monkeypatch.context() as change:  # as in a new process
            change.setattr("sys.path", [it for it in sys.path if it != str(tmp_path)])
            change.delitem(sys.modules, "moved_of_tests", raising=False)
            change.chdir(folder)
            return changes_in(name, files, None)

    with monkeypatch.context() as change:
        change.chdir(tmp_path)
        files = find_own(name).files
    copied = tmp_path / "copied"
    copied.mkdir()
    shutil.copy(tmp_path / "moved_of_tests.py", copied)
    assert seen_in(copied, files) == []
    (copied / "moved_of_tests.py").write_text(HEAD.replace("flatten(1)", "flatten(1) / 2"))
    changed = tmp_path / "moved_of_tests.py"  # which is still there, but is not what is used
    since = "has changed since the run was started; results may differ"
    assert seen_in(copied, files) == [f"{changed} {since}"]


def test_the_copy_is_run_instead_of_the_file(write: Write, tmp_path: Path):
    name = write("Flat")
    copy = tmp_path / "run" / "network.py"
    copy.parent.mkdir()
    copy.write_text(HEAD.replace("outputs = 10", "outputs = 3"))
    assert build_network(Recipe(network=name), 3, source=copy).fc.out_features == 3


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("N", "class N(Flat):\n def forward(self, x): return super().forward(x).softmax(1)",
         "leave out the softmax at its end"),
        ("N", "class N(Flat):\n def forward(self, x): return super().forward(x).squeeze()",
         r"\(1, 1, 28, 28\) into scores of shape \(1, 10\), .* but returns \(10,\)"),
        ("N", "class N(Flat):\n def get_extra_state(self): return {}",
         "_extra_state in its state_dict is no tensor"),
        ("N", "class N(Flat):\n def __init__(self):\n  super().__init__()\n"
         "  self.k = torch.rand(())\n"
         " def forward(self, x): return self.k * super().forward(x)", "a checkpoint would not"),
        ("N", "class N(Flat):\n def __init__(self):\n  super().__init__()\n"
         "  self.register_buffer('k', torch.zeros(()), persistent=False)\n"
         " def forward(self, x):\n  if self.training: self.k = self.k + 1\n"
         "  return (1 + self.k) * super().forward(x)", "a checkpoint would not"),
        ("N", "class N(Flat):\n def forward(self, x):\n  if not hasattr(self, 'b'):"
         " self.b = nn.Linear(10, 10)\n  return self.b(super().forward(x))", "layers in forward"),
        ("N", "class N(Flat):\n def __init__(self): raise SystemExit(0)", "SystemExit: 0"),
        ("N", "class N(nn.Module):\n def __init__(self): self.x = 1", "cannot be created"),
        ("Flat", "Flat.outputs = 9", r"into scores of shape \(2, 10\), .* but returns \(2, 9\)"),
        ("N", "class N(Flat):\n def forward(self, x): return x, x", "returns tuple"),
        ("N", "class N(Flat):\n def forward(self, x): return self.fc(x)", "784 numbers .* gets 28"),
        (
            "N",
            "class N(Third):\n def forward(self, x): return self.conv2(x)",
            r"conv2 .* takes 4 channels, but gets 1; RuntimeError: .* \(nets\.py, line \d+\)",
        ),
        ("N", "class N(Flat):\n def forward(self, x): return 1 / 0", "ZeroDivisionError: division"),
        ("N", "class N(Flat):\n def forward(self, x): return self.fc(x.flatten(1)).detach()",
         "gradient cannot be computed"),
        ("N", "class N(Flat):\n def forward(self, x): return self.fc(x.flatten(1)) / 0",
         "NaN or infinite"),
        ("N", "class N(nn.Module):\n def forward(self, x): return x.flatten(1)[:, :10]",
         "no weights that could be trained"),
        ("N", "class N(Flat):\n def __init__(self, width, *, depth): pass", "needs width, depth"),
        ("N", "class N(Flat):\n def __init__(self): raise ValueError('no')", "ValueError: no "),
        ("N", "class N: pass", "must be or return a torch.nn.Module, not N"),
        ("N", "N = Flat()", "is a network, not a class"),
        ("Missing", "", "has no class Missing; it has Third, Flat"),
        ("N", "import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("N", "class N(:", "SyntaxError"),
        ("N", "raise KeyError", "cannot be imported: KeyError"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence(write: Write, name: str, more: str, message: str):
    with pytest.raises(DigitlabError, match=message) as raised:
        build_network(Recipe(network=write(name, more)))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/nowhere/net.py:Net", "cannot be read"),
        ("no.such.module:Net", "no.such.module cannot be imported: ModuleNotFoundError"),
        ("torch.nn:Linear", "needs in_features, out_features"),
        ("torch.nn:functional", "torch.nn has no class functional"),
    ],
)
def test_a_network_that_cannot_be_found_is_one_sentence(name: str, message: str):
    with pytest.raises(DigitlabError, match=message):
        build_network(Recipe(network=name))


def test_an_error_in_the_middle_of_training_is_one_sentence(write: Write, small_mnist: Dataset):
    late = "class N(Flat):\n def forward(self, x):\n  assert len(x) < 100, 'too many'\n"
    name = write("N", late + "  return super().forward(x)")
    recipe = Recipe(network=name, epochs=1, batch_size=100, test_each_epoch=False)
    with pytest.raises(DigitlabError, match=r"N failed after 0 steps: AssertionError: too many \("):
        trained(Training(recipe, small_mnist, seed=1, device=torch.device("cpu")))


def test_a_changed_network_of_the_package_says_what_was_expected_and_found(
    monkeypatch: pytest.MonkeyPatch,
):
    class Changed(networks.TutorialNetwork):
        def __init__(self, dropout: float, classes: int) -> None:
            super().__init__(dropout, classes)
            self.conv3 = torch.nn.Conv2d(20, 20, 3)
            networks._check_parameters(
                self, conv1=260, conv2=5_020, conv3=3_000, fc1=16_050, fc2=510
            )

    monkeypatch.setattr("digitlab.train.build.TutorialNetwork", Changed)
    found = r"Changed: conv3 has 3,620 parameters, but 3,000 are expected; .* correct the numbers"
    with pytest.raises(DigitlabError, match=found):
        build_network(Recipe())


def test_a_changed_forward_of_the_package_says_which_layer_does_not_fit(
    monkeypatch: pytest.MonkeyPatch,
):
    class Changed(networks.TutorialNetwork):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images[..., 4:, 4:])

    monkeypatch.setattr("digitlab.train.build.TutorialNetwork", Changed)
    with pytest.raises(
        DigitlabError, match=r"fc1 \(Linear\) takes 320 numbers per image, but gets 180"
    ):
        build_network(Recipe())
