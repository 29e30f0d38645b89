"""The exported file gives PyTorch's answers, or is not written; its card matches the run."""

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from digitlab.cli.app import main
from digitlab.data.dataset import Dataset
from digitlab.data.published import load_published
from digitlab.errors import DigitlabError
from digitlab.export import onnx
from digitlab.models.card import read_model
from digitlab.models.classifier import Classifier
from digitlab.train.networks import normalize
from digitlab.train.trained import load_trained

HELD_OUT, TESTED = 5_000, 2_000


@pytest.fixture(scope="module", autouse=True)
def mnist(mnist: Dataset) -> Iterator[Dataset]:
    """Yield MNIST with fewer test images, and let it be the one that commands load."""
    images, labels = mnist.test_images[:TESTED], mnist.test_labels[:TESTED]
    fewer = replace(mnist, test_images=images, test_labels=labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitlab.data.published.load_published", lambda *_: fewer)
        yield fewer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Path:
    """Return a run of one short epoch, exported into its own folder."""
    folder = tmp_path_factory.mktemp("export") / "run"
    settings = ("--epochs=1", "--train-images=12000", "--validation", HELD_OUT, "--no-figures")
    with pytest.MonkeyPatch.context() as patch:
        for words in (("train", *settings, "--run", folder), ("export", folder)):
            patch.setattr(sys, "argv", ["digitlab", *map(str, words)])
            with contextlib.suppress(SystemExit):
                main()
    return folder


def of_pytorch(run: Path, dataset: Dataset, count: int) -> np.ndarray:
    network = load_trained(run).network.eval()
    images = torch.from_numpy(dataset.test_images[:count])
    with torch.inference_mode():
        return network(normalize(images, dataset.mean, dataset.std)).numpy()


@pytest.mark.parametrize("count", [1, 2, 17, TESTED])
def test_the_file_answers_as_pytorch_does(run: Path, mnist: Dataset, count: int):
    ours = of_pytorch(run, mnist, count)
    images = mnist.test_images[:count]
    theirs = Classifier(*read_model(run)).log_probabilities(images, at_once=count)
    np.testing.assert_allclose(theirs, ours, atol=1e-4)
    assert (theirs.argmax(axis=1) == ours.argmax(axis=1)).all()


def test_the_layers_say_what_pytorchs_say(run: Path, mnist: Dataset):
    network = load_trained(run).network.eval()
    images = mnist.test_images[:5]
    with torch.inference_mode():
        x = normalize(torch.from_numpy(images), mnist.mean, mnist.std)
        conv1 = network.conv1(x).numpy()
    layers = Classifier(*read_model(run)).layers(images)
    np.testing.assert_allclose(layers["conv1"], conv1, atol=1e-4)
    assert layers["conv2"].shape == (5, 20, 8, 8)
    assert layers["fc1"].shape == (5, 50)


def test_the_card_tells_what_was_done(run: Path, call: Callable, mnist: Dataset):
    weights, card = read_model(run)
    assert card.sha256 == hashlib.sha256(weights).hexdigest()
    assert (card.parameters, card.seed, card.epochs) == (21_840, 1, 1)
    assert card.recipe["train_images"] == 12_000
    assert card.commands[0].startswith("digitlab train --epochs=1")
    assert card.commands[-1] == "digitlab export run"
    assert card.data_sha256 == mnist.digests
    assert card.preparation == "mnist"
    report = json.loads(call("eval", run, "--json").out)
    assert card.test["correct"] == report["correct"]
    assert card.calibration.error_rate == 0.001
    assert "5,000 training images" in card.calibration.fitted_on
    # Nothing of the machine's folders is in the file that people share.
    assert str(run.parent).encode() not in weights
    assert str(Path.cwd()).encode() not in weights
    assert str(run.parent) not in (run / "model.json").read_text()


def test_eval_says_the_same_of_the_checkpoint_and_of_the_file(run: Path, call: Callable):
    of_run, of_file = (
        json.loads(call("eval", path, "--json").out) for path in (run, run / "model.onnx")
    )
    for key in ("correct", "total", "confusion", "interval", "epochs", "dataset", "classes"):
        assert of_file[key] == of_run[key]
    assert of_file["loss"] == pytest.approx(of_run["loss"], abs=1e-5)
    ours, theirs = of_run["calibration"], of_file["calibration"]
    assert theirs["temperature"] == pytest.approx(ours["temperature"], abs=1e-3)
    assert theirs["error_after"] == pytest.approx(ours["error_after"], abs=1e-3)
    assert theirs["unsure"] == pytest.approx(ours["unsure"], abs=20)
    printed = call("eval", run / "model.onnx").out
    assert "Calibration error: " in printed
    assert "Unsure (below " in printed


def test_a_tutorial_readers_file_is_exported_too(run: Path, call: Callable, tmp_path: Path):
    assert call("export", run, "--format", "tutorial", "--out", tmp_path).code == 0
    outcome = call("export", tmp_path / "model.pth")
    assert outcome.code == 0, outcome.err
    weights, card = read_model(tmp_path)
    assert weights == (run / "model.onnx").read_bytes()
    assert (card.seed, card.epochs, card.machine) == (None, None, None)
    printed = call("eval", tmp_path).out
    assert "not calibrated" in printed


def test_the_card_of_a_folder_of_pictures_has_no_path_of_this_machine(
    run: Path, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    exported = (run / "model.onnx").read_bytes()
    monkeypatch.setattr(onnx, "to_onnx", lambda _: exported)  # which takes seconds
    trained = load_trained(run)
    folder = "/home/somebody/my pictures"
    own = replace(mnist, name=folder, preparation="as-is")
    origin = {"commands": [], "machine": None, "versions": {}}
    onnx.export_onnx(replace(trained, dataset_name=folder), own, tmp_path, origin=origin)
    _, card = read_model(tmp_path)
    assert (card.dataset, card.preparation) == ("my pictures", "as-is")
    assert "somebody" not in (tmp_path / "model.json").read_text()


def test_a_file_that_answers_otherwise_is_not_written(
    run: Path, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    original = onnx.to_onnx

    def altered(module: torch.nn.Module) -> bytes:
        with torch.no_grad():
            module.network.fc2.bias[3] += 2e-4
        try:
            return original(module)
        finally:
            with torch.no_grad():
                module.network.fc2.bias[3] -= 2e-4

    monkeypatch.setattr(onnx, "to_onnx", altered)
    origin = {"commands": [], "machine": None, "versions": {}}
    with pytest.raises(
        DigitlabError, match=r"does not give PyTorch's answers: 0 of 1 answers differ"
    ):
        onnx.export_onnx(load_trained(run), mnist, tmp_path / "out", origin=origin)
    assert not (tmp_path / "out").exists()


def test_several_models_are_tested_by_their_mean_probability(
    run: Path, call: Callable, mnist: Dataset
):
    alone, twice = (
        json.loads(call("eval", *paths, "--json").out) for paths in ((run,), (run, run))
    )
    assert twice["confusion"] == alone["confusion"]
    outcome = call("eval", run, run / "model.onnx")
    assert outcome.code == 0
    assert outcome.out.startswith("The mean of the probabilities of 2 networks:\nTest set:")


def test_on_another_dataset_neither_reports_a_calibration(
    run: Path, call: Callable, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
):
    other = replace(mnist, name="other", digests={})
    monkeypatch.setattr("digitlab.records.run_record.load_dataset", lambda *_, **__: other)
    for path in (run, run / "model.onnx"):
        report = json.loads(call("eval", path, "--dataset", "other", "--json").out)
        assert report["dataset"] == "other"
        assert report["calibration"]["error_before"] > 0
        assert report["calibration"]["threshold"] is None


def test_the_same_run_gives_the_same_bytes_and_the_test_set_is_answered_once(
    run: Path, call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answered = []
    original = onnx._answers

    def counted(module: torch.nn.Module, images: np.ndarray) -> np.ndarray:
        answered.append(len(images))
        return original(module, images)

    monkeypatch.setattr(onnx, "_answers", counted)
    assert call("export", run, "--out", tmp_path).code == 0
    assert sorted(answered) == [1, 2, 17, TESTED]
    assert (tmp_path / "model.onnx").read_bytes() == (run / "model.onnx").read_bytes()


def test_the_data_is_found_where_the_run_found_it(
    call: Callable, tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
):
    run = tmp_path / "run"
    settings = ("--epochs", 1, "--train-images", 640, "--no-figures", "--run", run)
    monkeypatch.chdir(mnist.folder.parent.parent)
    monkeypatch.setattr("digitlab.data.published.load_published", load_published)
    relative = Path(mnist.folder.parent.name)
    assert call("train", *settings, "--data-dir", relative).code == 0
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "nothing here"))
    last = run / "last.safetensors"
    for words in (("eval", run), ("plot", run), ("export", last)):
        outcome = call(*words)
        assert outcome.code == 0, outcome.err
    assert not (tmp_path / "nothing here").exists()
