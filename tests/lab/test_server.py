"""The lab's paths, asked over HTTP; trainings are real, and small."""

import base64
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
import torch
from PIL import Image

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.lab.images import LoadedOnce
from digitlab.lab.networks import Offered
from digitlab.lab.server import EXAMPLE, new_lab
from digitlab.reader import PRETRAINED
from digitlab.recipe import RANGES, Recipe, field_help
from digitlab.records.folder import RunFolder
from digitlab.train.checkpoint import read_checkpoint
from digitlab.workbench import Run
from tests.lab.conftest import Client
from tests.waiting import wait_until

SMALL = {"train_images": 600, "epochs": 1, "test_each_epoch": False}


def test_the_sprite_has_the_images_in_the_order_of_their_labels(lab: Client, mnist: Dataset):
    about = lab.get("/lab/images")
    picture = np.array(Image.open(io.BytesIO(lab.ask("GET", about["sprite"]).content)))
    side, columns = about["side"], about["columns"]
    for part, labels, images in (
        ("test", mnist.test_labels, mnist.test_images),
        ("training", mnist.train_labels, mnist.train_images),
    ):
        assert about[part]["labels"] == labels[:1000].tolist()
        for index in (0, 49, 50, 999):
            row, column = divmod(about[part]["start"] + index, columns)
            y, x = row * side, column * side
            assert (picture[y : y + side, x : x + side] == images[index]).all()


def test_without_mnist_the_page_is_told_why(lab: Client):
    def fails() -> Dataset:
        raise DigitlabError("no source has it")

    lab.lab.images = LoadedOnce(fails)
    answer = lab.ask("GET", "/lab/images")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("MNIST is not on this machine")
    assert lab.ask("GET", "/").status_code == 200


def test_the_settings_are_the_recipes(lab: Client):
    found = lab.get("/lab/settings")
    assert found["can_train"]
    assert found["recipes"]["tutorial"]["batch_size"] == 64
    for setting in found["fields"]:
        name, range_ = setting["name"], setting["range"]
        assert setting["default"] == getattr(Recipe(), name)
        assert setting["what"]["en"] == field_help()[name][0]
        assert set(setting["what"]) == set(setting["why"]) == {"en", "zh"}
        assert (range_ is None) == (setting["type"] in ("bool", "choice"))
        assert (setting["choices"] is None) == (setting["type"] != "choice")
        if range_ is not None and name not in ("plain_epochs", "validation"):
            least, most = RANGES[name].least, RANGES[name].most
            assert accepts(name, least) == range_["includes_least"]
            assert accepts(name, most) == range_["includes_most"]
            assert not accepts(name, least - 1)
            assert not accepts(name, most * 2)


def accepts(name: str, value: float) -> bool:
    try:
        Recipe(**{name: value})
    except DigitlabError:
        return False
    return True


def test_without_pytorch_the_page_learns_what_is_missing(
    lab: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "torch", None)
    found = lab.get("/lab/settings")
    assert not found["can_train"]
    assert found["why"]["en"].startswith("training needs torch: run `pip install")
    assert found["why"]["zh"].startswith("训练需要 torch：")
    assert lab.post("/lab/runs", {}, status=501)["error"] == found["why"]["en"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"settings": {"momentum": 1}}, "momentum is 1.0, but must be at least 0 and below 1"),
        ({"settings": {"momentum": "much"}}, "momentum: expected float, got str"),
        ({"settings": {"warp": 1}}, "there is no setting 'warp'"),
        ({"settings": {"network": "evil.py:Net"}}, "the page trains only tutorial, fast"),
        ({"recipe": "/etc/mine.toml"}, "there is no recipe '/etc/mine.toml'"),
        ({"seed": -1}, "seed is -1"),
        ({"name": "../outside"}, "a run cannot be named '../outside'"),
        ({"name": "-rf"}, "a run cannot be named '-rf'"),
        ({"name": "example"}, "a run cannot be named 'example'"),
        ({"surprise": 1}, "unknown field `surprise`"),
    ],
)
def test_impossible_trainings_are_refused_in_a_sentence(
    lab: Client, tmp_path: Path, body: dict, sentence: str
):
    assert sentence in lab.post("/lab/runs", body, status=422)["error"]
    assert not (tmp_path / "runs").exists()


def test_a_run_from_start_to_mistakes(lab: Client, mnist: Dataset):
    started = lab.post("/lab/runs", {"settings": SMALL, "seed": 7, "name": "mine"}, status=201)
    assert (started["status"], started["record"]["seed"]) == ("running", 7)
    assert "another" not in lab.post("/lab/runs/mine/resume", status=409)["error"]
    busy = lab.post("/lab/runs", {"settings": SMALL}, status=409)["error"]
    assert busy.startswith("mine is being trained; pause it or wait")

    kinds = [(kind, data) for kind, _, data in lab.events("/lab/runs/mine/events")]
    run = lab.get("/lab/runs/mine")
    assert run["status"] == "finished"
    assert [data for kind, data in kinds if kind == "point"] == run["history"]
    assert [data["step"] for kind, data in kinds if kind == "snapshot"] == run["snapshots"]
    assert run["snapshots"][:4] == [0, 1, 2, 4]
    assert kinds[-1] == ("status", {"status": "finished", "error": None})
    assert [(it["name"], it["status"]) for it in lab.get("/lab/runs")] == [("mine", "finished")]

    last = run["snapshots"][-1]
    assert {"name": "mine", "title": "mine", "kind": "run"} in lab.get("/lab/networks")
    assert lab.get("/lab/networks/mine")["step"] == last
    assert lab.get("/lab/networks/mine?step=4")["step"] == 4
    for path, status in (("mine?step=3", 422), ("mine?step=x", 422), ("shipped?step=0", 422)):
        assert lab.ask("GET", f"/lab/networks/{path}").status_code == status
    assert lab.get("/lab/networks/shipped")["parameters"] == 131_451  # 129 of the second output

    found = lab.get("/lab/runs/mine/mistakes")
    assert found["total"] == run["report"]["total"] - run["report"]["correct"]
    first = found["mistakes"][0]
    assert first["truth"] == mnist.test_labels[first["index"]] != first["answer"]
    picture = Image.open(io.BytesIO(content_of(first["picture"])))
    assert (np.array(picture) == mnist.test_images[first["index"]]).all()

    # Whoever has seen a part gets the rest, by either way of saying so.
    last = list(lab.events("/lab/runs/mine/events", **{"Last-Event-ID": "3.2"}))
    assert last == list(lab.events("/lab/runs/mine/events?after=3.2"))
    assert [data for kind, _, data in last if kind == "point"] == run["history"][3:]
    assert [it["step"] for kind, _, it in last if kind == "snapshot"] == run["snapshots"][3:]
    assert [it[0] for it in lab.events(f"/lab/runs/mine/events?after={run['event']}")] == [
        "status",
        "status",
    ]


def content_of(address: str) -> bytes:
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    return base64.b64decode(content)


@pytest.mark.slow  # a stop and its bits are tested from the shell, too
def test_a_run_that_was_paused_ends_with_the_same_bits(lab: Client, tmp_path: Path):
    settings = {"train_images": 4_000, "epochs": 2, "log_every": 1, "test_each_epoch": False}
    Run.start(tmp_path / "runs" / "straight", snapshots=True, **settings)
    lab.post("/lab/runs", {"settings": settings, "name": "paused"}, status=201)
    assert lab.post("/lab/runs/paused/pause")["status"] == "paused"
    assert lab.get("/lab/runs")[0]["status"] == "paused"
    error = lab.post("/lab/runs/paused/pause", status=409)["error"]
    assert error == "paused is not being trained by this page, so it cannot be paused"
    stopped = lab.get("/lab/runs/paused")
    assert stopped["examples"] < 8_000
    assert stopped["total"] in (None, 8_000)  # None if it was paused before its first step
    assert lab.post("/lab/runs/paused/resume")["status"] == "running"
    assert list(lab.events("/lab/runs/paused/events"))[-1][2]["status"] == "finished"
    straight, paused = (
        read_checkpoint(tmp_path / "runs" / name / "last.safetensors").tensors
        for name in ("straight", "paused")
    )
    assert straight.keys() == paused.keys()
    assert all(torch.equal(straight[name], paused[name]) for name in straight)
    one, two = (lab.get(f"/lab/runs/{name}") for name in ("straight", "paused"))
    assert [it["loss"] for it in one["history"]] == [it["loss"] for it in two["history"]]
    assert one["snapshots"] == two["snapshots"]


def test_a_training_that_fails_is_shown_with_its_last_sentence(lab: Client, tmp_path: Path):
    blocked = tmp_path / "runs"
    blocked.write_text("")  # no folder can be made in it
    error = lab.post("/lab/runs", {"settings": SMALL, "name": "mine"}, status=422)["error"]
    assert error.startswith(f"the run folder {blocked / 'mine'} cannot be written")
    (run,) = lab.get("/lab/runs")
    assert (run["name"], run["status"], run["error"]) == ("mine", "failed", error)
    kinds = [data for _, _, data in lab.events("/lab/runs/mine/events")]
    assert kinds == [{"status": "failed", "error": error}] * 2


def test_damaged_runs_are_listed_as_damaged(lab: Client, tmp_path: Path):
    runs = tmp_path / "runs"
    for name, content in {"text": b"{", "empty": b"", "binary": b"\xff\0", "list": b"[]"}.items():
        (runs / name).mkdir(parents=True)
        (runs / name / "run.json").write_bytes(content)
    (runs / "a folder" / "run.json").mkdir(parents=True)
    (runs / "repeat" / "seed-1").mkdir(parents=True)
    (runs / "repeat" / "seed-1" / "run.json").write_text("nothing")
    (runs / "no run").mkdir()
    for hidden in (b"not UTF-8 \xff", b"two\nlines", b"example", b"shipped"):
        path = Path(os.fsdecode(os.fsencode(runs) + b"/" + hidden))
        path.mkdir()
        (path / "run.json").write_text("{}")
    (runs / "text" / "last.safetensors").touch()
    os.mkfifo(runs / "text" / "history.jsonl")
    found = {run["name"]: run for run in lab.get("/lab/runs")}
    assert sorted(found) == ["a folder", "binary", "empty", "list", "repeat/seed-1", "text"]
    for name, run in found.items():
        assert run["status"] == "damaged"
        assert "\n" not in run["error"]
        assert lab.get(f"/lab/runs/{name}")["status"] == "damaged"
        assert list(lab.events(f"/lab/runs/{name}/events"))[-1][2]["status"] == "damaged"
        assert lab.ask("GET", f"/lab/runs/{name}/mistakes").status_code == 422
        assert lab.ask("POST", f"/lab/runs/{name}/resume").status_code == 422
        assert lab.ask("POST", f"/lab/runs/{name}/pause").status_code == 409
        assert lab.ask("GET", f"/lab/networks/{name}").status_code in (404, 422)
    assert lab.get("/lab/networks/example")["title"] == "the tutorial's network"
    assert lab.get("/lab/runs/example")["status"] == "finished"


def test_a_run_in_another_terminal_is_shown_as_running(
    lab: Client, tmp_path: Path, spawn: Callable
):
    folder = RunFolder(tmp_path / "runs" / "other")
    process = spawn("train", "--run", folder.path, "--epochs", 50, "--no-figures")
    wait_until(lambda: folder.train_log.exists(), "a line of its log", process)
    assert lab.get("/lab/runs/other")["status"] == "running"
    events = lab.events("/lab/runs/other/events")
    assert next(events)[2]["status"] == "running"
    assert "stop it there with Ctrl-C" in lab.post("/lab/runs/other/pause", status=409)["error"]
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert list(events)[-1][2]["status"] == "paused"


@pytest.mark.parametrize(
    "path",
    [
        "/lab/runs/..%2F..%2Fetc",
        "/lab/runs/%2e%2e/secret",
        "/lab/runs/%2Fetc",
        "/lab/runs/.hidden",
        "/lab/runs/nul%00",
        "/lab/networks/..%2Fsecret",
        "/lab/networks/nothing",
        "/..%2Ffiles.py",
        "/%2e%2e/server.py",
        "/..%5Cserver.py",
        "/%2Fetc/passwd",
        "/.git/config",
        "/server.py",
        "/__init__.py",
        "/index.html%00.css",
        "/" + "a" * 5000 + ".css",
    ],
)
def test_no_name_leads_out_of_its_folder(lab: Client, tmp_path: Path, path: str):
    for name in ("secret", "runs/.hidden"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").write_text("{}")
    prepared = requests.Request("GET", lab.address).prepare()
    prepared.url = lab.address + path  # as it is: `requests` would resolve the dots
    answer = requests.Session().send(prepared)
    assert answer.status_code == 404
    assert "secret" not in answer.text or "there is no" in answer.text


def test_the_page_comes_with_its_types_and_a_strict_policy(lab: Client):
    for path, kind in {
        "/": "text/html; charset=utf-8",
        "/arithmetic/net.js": "text/javascript; charset=utf-8",
        "/shell/tokens.css": "text/css; charset=utf-8",
        "/icon.svg": "image/svg+xml",
    }.items():
        answer = lab.ask("GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-cache"
        same = lab.ask("GET", path, headers={"If-None-Match": answer.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        refused = lab.ask("POST", path)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_pages_requests_change_nothing(lab: Client, tmp_path: Path, origin: str):
    for method, path in (
        ("POST", "/lab/runs"),
        ("POST", "/lab/runs/x/pause"),
        ("POST", "/lab/runs/x/resume"),
        ("POST", "/lab/corrections"),
        ("DELETE", "/lab/corrections"),
    ):
        answer = lab.ask(method, path, headers={"Origin": origin}, json={"settings": SMALL})
        assert answer.status_code == 403, path
        assert "--allow-origin" not in answer.text  # `digitlab lab` has no such flag
    assert list(tmp_path.iterdir()) == []


def test_an_open_stream_ends_when_the_server_closes(lab: Client, tmp_path: Path):
    settings = {"epochs": 50, "log_every": 1}
    lab.post("/lab/runs", {"settings": settings, "name": "mine"}, status=201)
    events = lab.events("/lab/runs/mine/events")
    assert next(events)[0] == "status"
    lab.close()
    assert "finished" not in {data.get("status") for _, _, data in events}
    assert RunFolder(tmp_path / "runs" / "mine").has_checkpoint()
    assert not lab.lab.runs.trainings.is_alive("mine")


def test_a_model_or_run_that_is_named_comes_first(lab: Client, tmp_path: Path):
    shutil.copytree(PRETRAINED, tmp_path / "kept")
    named = new_lab(model=tmp_path / "kept", runs=tmp_path, corrections=tmp_path)
    assert named.networks.offered()[0].name == "model"
    assert named.networks.bundle("model")["parameters"] == 131_451
    shutil.copytree(EXAMPLE, tmp_path / "example")  # a run with the name of another network
    named = new_lab(model=tmp_path / "example", runs=tmp_path, corrections=tmp_path)
    assert named.networks.offered()[0] == Offered(name="model", title="example", kind="run")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.onnx").write_bytes(b"")
    for folder in ("broken", "nowhere"):
        with pytest.raises(DigitlabError):
            new_lab(model=tmp_path / folder, runs=tmp_path, corrections=tmp_path)
