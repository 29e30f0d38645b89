"""The examples in `deploy/` fit the service, the command line and the exported networks."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from digitlab.cli.app import app
from digitlab.models.session import Session
from digitlab.reader import PRETRAINED
from tests.serve.conftest import Live

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = "1.31"  # the version whose schemas the manifests are compared with


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def of_kind(kind: str, name: str) -> dict[str, Any]:
    return next(it for it in documents(name) if it["kind"] == kind)


def flags_of(container: dict[str, Any]) -> dict[str, str]:
    """Return the flags of `digitlab serve`, which must exist."""
    words = container["args"]
    app.parse_args(["serve", *words], exit_on_error=False, print_error=False)
    return dict(zip(words[::2], words[1::2], strict=True))


@pytest.mark.parametrize("name", ["kubernetes.yaml", "batch-job.yaml"])
def test_the_manifests_fit_the_schemas_of_kubernetes(name: str):
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    for document in documents(name):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_probes_ports_names_and_times_agree(live: Live):
    deployment, service = (of_kind(kind, "kubernetes.yaml") for kind in ("Deployment", "Service"))
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    flags = flags_of(container)
    (port,) = container["ports"]
    assert str(port["containerPort"]) == flags["--port"]
    annotations = template["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == flags["--port"]
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")]
    assert {probe["port"] for probe in probes} == {port["name"]}
    for path in (*(probe["path"] for probe in probes), annotations["prometheus.io/path"]):
        assert live.get(path).status_code == 200
    (exposed,) = service["spec"]["ports"]
    assert exposed["targetPort"] == port["name"]
    labels = template["metadata"]["labels"]
    budget = of_kind("PodDisruptionBudget", "kubernetes.yaml")
    selectors = [it["spec"]["selector"] for it in (deployment, service, budget)]
    assert all(it.get("matchLabels", it) == labels for it in selectors)
    target = of_kind("HorizontalPodAutoscaler", "kubernetes.yaml")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    readiness = container["readinessProbe"]
    drain = float(flags["--drain"])
    assert drain > readiness["periodSeconds"] * readiness["failureThreshold"]
    limit = type(live.app.state.settings).seconds + 5  # see `Server`
    assert template["spec"]["terminationGracePeriodSeconds"] > drain + limit


def test_the_job_reads_every_shard_once():
    job = of_kind("Job", "batch-job.yaml")["spec"]
    (container,) = job["template"]["spec"]["containers"]
    program, index = container["args"][0], "$((JOB_COMPLETION_INDEX + 1))"
    shards = []
    for number in range(1, job["completions"] + 1):
        words = shlex.split(program.replace(index, str(number)))
        assert words[:2] == ["exec", "digitlab"]
        _, bound, _ = app.parse_args(words[2:], exit_on_error=False, print_error=False)
        shards.append(bound.arguments["parts"].shard)
    assert [it.number for it in shards] == list(range(1, shards[0].of + 1))


def test_kserve_asks_for_what_there_is(live: Live):
    custom, _ = documents("kserve.yaml")
    (container,) = custom["spec"]["predictor"]["containers"]
    (port,) = container["ports"]
    flags = flags_of(container)
    assert str(port["containerPort"]) == flags["--port"]
    grace = custom["spec"]["predictor"]["terminationGracePeriodSeconds"]
    assert grace > float(flags["--drain"]) + type(live.app.state.settings).seconds + 5
    for name in ("readinessProbe", "livenessProbe"):
        probe = container[name]["httpGet"]
        assert probe["port"] == port["containerPort"]
        assert live.get(probe["path"]).status_code == 200


@pytest.mark.parametrize(("folder", "network"), [("digitlab", "model"), ("digitlab_page", "page")])
def test_triton_gets_the_names_types_and_shapes_of_the_network(folder: str, network: str):
    text_format = pytest.importorskip("google.protobuf.text_format")
    from tritonclient.grpc.model_config_pb2 import DataType, ModelConfig

    text = (DEPLOY / "triton" / folder / "config.pbtxt").read_text()
    config = text_format.Parse(text, ModelConfig())
    assert config.name == folder  # Triton demands it
    session = Session((PRETRAINED / f"{network}.onnx").read_bytes(), network)._session
    types = {"tensor(uint8)": "TYPE_UINT8", "tensor(float)": "TYPE_FP32"}
    inner = {it.name for it in session.get_outputs() if it.name.startswith("conv")}
    for configured, found in (
        (config.input, session.get_inputs()),
        (config.output, [it for it in session.get_outputs() if it.name not in inner]),
    ):
        assert [it.name for it in configured] == [it.name for it in found]
        for tensor, other in zip(configured, found, strict=True):
            assert DataType.Name(tensor.data_type) == types[other.type]
            shape = tensor.reshape.shape if tensor.HasField("reshape") else tensor.dims
            first = [-1] if config.max_batch_size else []  # the batch, which Triton leaves out
            dims = [-1 if isinstance(it, str) else it for it in other.shape]
            assert [*first, *shape] == dims
