"""The run that the page opens with: complete, small, and as good as its report says."""

import base64
from pathlib import Path

import numpy as np
import torch

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.lab.bundle import bundle_of_model, bundle_of_snapshot
from digitlab.models.card import read_model
from digitlab.models.classifier import Classifier
from digitlab.records.folder import RunFolder, read_results
from digitlab.records.snapshots import list_snapshots
from digitlab.train.networks import TutorialNetwork, answer
from torture.fault import ABSOLUTE_FOLDERS

EXAMPLE = Path(digitlab.__file__).parent / "lab" / "example"


def test_the_example_is_a_whole_run_without_anything_of_the_machine_that_made_it():
    files = [path for path in EXAMPLE.rglob("*") if path.is_file()]
    names = {path.name for path in files if path.suffix != ".npz"}
    assert names == {"run.json", "history.jsonl", "report.json", "model.onnx", "model.json"}
    assert sum(path.stat().st_size for path in files) < 1_600_000
    record = read_results(RunFolder(EXAMPLE)).record
    assert record.recipe_name == "tutorial"
    assert record.data_dir is None
    for name in names - {"model.onnx"}:
        text = (EXAMPLE / name).read_text()
        assert ABSOLUTE_FOLDERS.findall(text) == [], name
    steps = list_snapshots(EXAMPLE / "snapshots")
    epochs = [938 * epoch for epoch in range(1, 9)]
    assert steps == sorted({0, *(2**power for power in range(13)), *epochs})


def test_the_example_is_as_accurate_as_its_report_says(mnist: Dataset):
    report = read_results(RunFolder(EXAMPLE)).report
    assert report is not None
    classifier = Classifier(*read_model(EXAMPLE), threads=1)
    answers = classifier.log_probabilities(mnist.test_images)
    assert np.count_nonzero(answers.argmax(axis=1) == mnist.test_labels) == report.correct
    assert bundle_of_model(EXAMPLE)["accuracy"] == report.accuracy

    bundle = bundle_of_snapshot(EXAMPLE, list_snapshots(EXAMPLE / "snapshots")[-1])
    assert bundle["accuracy"] == report.accuracy
    assert (bundle["step"], bundle["examples"]) == (7504, 480_000)
    network = TutorialNetwork()
    network.load_state_dict(
        {
            name: torch.from_numpy(
                np.frombuffer(base64.b64decode(it["data"]), "<f2").astype(np.float32)
            ).view(it["shape"])
            for name, it in bundle["weights"].items()
        }
    )
    images = torch.from_numpy(mnist.test_images)
    last = answer(network, images, mean=bundle["mean"], std=bundle["std"], batch_size=1000).numpy()
    assert np.count_nonzero(last.argmax(axis=1) != answers.argmax(axis=1)) <= 5  # float16
    np.testing.assert_allclose(np.exp(last), np.exp(answers), atol=0.02)
