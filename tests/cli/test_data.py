import json
from collections.abc import Callable
from pathlib import Path


def test_data_says_where_it_lies_and_what_it_holds(call: Callable, tmp_path: Path):
    figure = tmp_path / "samples.png"
    told = json.loads(call("data", "--json", "--figure", figure).out)
    assert Path(told["folder"], "train-images-idx3-ubyte").exists()
    assert told["train_per_class"][1] == 6742
    assert sum(told["test_per_class"]) == 10_000
    assert figure.exists()
    table = call("data").out
    assert "6,742" in table
    assert told["folder"] in table.replace("\n", "")
