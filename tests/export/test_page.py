"""A run on pages from the shell: its report, its figures, and its exported network."""

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from digitlab.cli.app import main
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.export import page
from digitlab.models.page_card import read_page_model
from digitlab.models.page_network import PageFinder, filled
from digitlab.records.folder import RunFolder
from digitlab.records.page_report import PageReport
from digitlab.sheets.crops import CropMaker
from digitlab.train.page_network import PageNetwork, page_outputs
from digitlab.train.trained import load_trained
from digitlab.workbench import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a run of a small network on a few small crops, exported into its own folder."""
    folder = tmp_path_factory.mktemp("pages") / "run"
    words = ("--epochs=1", "--crops=8", "--batch-size=4", "--train-images=900", "--validation=300")
    maker = partial(CropMaker, side=64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "digitlab.train.build.PageNetwork", partial(PageNetwork, channels=(4, 4, 4, 4))
        )
        patch.setattr("digitlab.train.page_examples.CropMaker", maker)
        patch.setattr("digitlab.train.page_score.CropMaker", maker)
        patch.setattr("digitlab.train.page_score._HELD_OUT_CROPS", 8)
        patch.setattr("digitlab.train.page_score._TEST_CROPS", 12)
        for command in (("train", "--recipe=page", *words, "--run", folder), ("export", folder)):
            with pytest.MonkeyPatch.context() as given:
                given.setattr(sys, "argv", ["digitlab", *map(str, command)])
                with contextlib.suppress(SystemExit):
                    main()
        yield folder


def test_a_run_leaves_its_report_and_its_figures(run: Path):
    assert {path.name for path in run.iterdir()} == {
        *("run.json", "history.jsonl", "train.log", "report.json", "pages.npz", ".lock"),
        *("last.safetensors", "previous.safetensors", "page.onnx", "page.json"),
        *("samples.png", "loss.png", "pages.png"),
    }
    report = RunFolder(run).read_report()
    assert isinstance(report, PageReport)
    assert (report.crops, report.epochs, report.dataset) == (12, 1, "mnist")
    assert report.held_out is not None
    assert report.missing == report.total > 0  # it has learned next to nothing
    samples = RunFolder(run).read_samples()
    assert len(samples) == 6
    assert sum(len(it.truths) for it in samples) <= report.held_out.total


def test_the_commands_for_runs_work_or_say_why_not(run: Path, call: Callable, mnist: Dataset):
    tested = json.loads(call("eval", run, "--json").out)
    report = json.loads((run / "report.json").read_text())
    assert {**tested, "held_out": report["held_out"]} == report
    assert "are missing" in call("eval", run).out
    compared = json.loads(call("compare", run, "--json").out)["runs"][0]
    assert compared["score"]["correct"] == report["correct"]
    assert call("resume", run, "--no-figures").code == 0
    for words, reason in (
        (("eval", run, run), "finds digits on pages; test each alone"),
        (("eval", run / "page.onnx"), "name the run that it was exported from"),
        (("explain", run), "one image of 28x28 pixels is explained"),
        (("explain", "page"), "one image of 28x28 pixels is explained"),
        (("export", run, "--format=tutorial"), "which the tutorial's script cannot load"),
    ):
        outcome = call(*words)
        assert (outcome.code, reason in outcome.err) == (1, True), outcome.err
    with pytest.raises(DigitlabError, match=r"writes page\.onnx"):
        Run(run).export()


def test_the_file_finds_what_pytorch_finds_on_pages_of_any_size(run: Path):
    network = load_trained(run).network.eval()
    finder = PageFinder(*read_page_model(run), threads=1)
    random = np.random.default_rng(1)
    for shape in ((64, 64), (1, 1), (75, 130)):
        gray = random.integers(0, 256, shape, dtype=np.uint8)
        maps = finder.maps(gray)
        rows, columns = (-(-side // 16) * 16 for side in shape)
        assert maps.centers.shape == (2, rows // 4, columns // 4)
        padded = filled(gray)
        assert (padded[: shape[0], : shape[1]] == gray).all()
        assert (padded[shape[0] :, : shape[1]] == gray[-1]).all()
        with torch.inference_mode():
            expected = page_outputs(network(torch.from_numpy(padded[None])))
        for ours, theirs in zip((maps.centers, maps.classes, maps.boxes), expected, strict=True):
            np.testing.assert_allclose(ours, theirs[0].numpy(), atol=1e-3)


def test_the_card_says_what_was_done(run: Path, mnist: Dataset):
    weights, card = read_page_model(run)
    assert card.sha256 == hashlib.sha256(weights).hexdigest()
    assert (card.seed, card.epochs, card.dataset) == (1, 1, "mnist")
    assert card.recipe["crops"] == 8
    assert card.commands[-1] == "digitlab export run"
    assert card.data_sha256 == mnist.digests
    report = json.loads((run / "report.json").read_text())
    assert card.test["correct"] == report["correct"]
    assert card.confidence.error_rate is None  # until it is calibrated on pages
    assert str(run.parent).encode() not in weights


def test_a_file_that_answers_otherwise_is_not_written(
    run: Path, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    exported = (run / "page.onnx").read_bytes()
    monkeypatch.setattr(page, "_to_onnx", lambda _: exported)  # which takes seconds
    trained = load_trained(run)
    with torch.no_grad():
        trained.network.answer.bias[7] += 0.1
    origin = {"commands": [], "machine": None, "versions": {}}
    with pytest.raises(DigitlabError, match="does not give PyTorch's answers: classes differ"):
        page.export_page(trained, mnist, tmp_path / "out", origin=origin)
    assert not (tmp_path / "out").exists()
