"""The page's arithmetic, in Node, is PyTorch's: values, gradients, steps."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.lab.bundle import bundle_of_model
from digitlab.lab.lines import Line
from digitlab.models.card import read_model
from digitlab.models.classifier import Classifier
from digitlab.train.networks import normalize
from tests.lab.arithmetic.conftest import bundle_of, network_of

NETWORKS = ("tutorial", "fast", "compact", "best")
SHIPPED = Path(digitlab.__file__).parent / "pretrained"
MEAN, STD = 0.1307, 0.3081


def by_lines(
    lines: list[Line],
    weights: dict[str, Tensor],
    x: Tensor,
    *,
    off: Collection[str] = (),
    masks: dict[str, list[float]] | None = None,
) -> list[Tensor]:
    """Return the input and what each line leaves, (N, ...), computed by PyTorch."""
    values = [x]
    for number, line in enumerate(lines):
        own = {part: weights.get(f"{line.get('layer')}.{part}") for part in ("weight", "bias")}
        match line["op"]:
            case "conv":
                x = F.conv2d(x, own["weight"], own["bias"], stride=line["stride"])
            case "linear":
                x = F.linear(x, own["weight"], own["bias"])
            case "norm":
                statistics = [weights[f"{line['layer']}.running_{it}"] for it in ("mean", "var")]
                x = F.batch_norm(x, *statistics, **own, eps=line["epsilon"])
            case "max_pool" if "pooling" in off:
                x = x[..., ::2, ::2][..., : x.shape[-2] // 2, : x.shape[-1] // 2]
            case "max_pool":
                x = F.max_pool2d(x, line["size"])
            case "relu":
                x = x if "relu" in off else F.relu(x)
            case "flatten":
                x = x.flatten(1)
            case "dropout" | "dropout2d":
                mask = (masks or {}).get(str(number))
                x = x if mask is None else x * torch.tensor(mask).view(x.shape)
            case "log_softmax":
                x = F.log_softmax(x, dim=1)
        values.append(x)
    return values


def in_a_row(values: list[Tensor]) -> NDArray[np.float32]:
    """Return all values of each image one after another, image by image."""
    return torch.cat([it.flatten(1) for it in values], dim=1).numpy()


@pytest.fixture(
    params=[pytest.param(60, id="60"), pytest.param(1000, id="1000", marks=pytest.mark.slow)]
)
def images(request: pytest.FixtureRequest, mnist: Dataset) -> NDArray[np.uint8]:
    return mnist.test_images[: request.param]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_line_leaves_what_pytorch_leaves(
    name: str, images: NDArray[np.uint8], node: Callable[..., Any]
):
    network = network_of(name)
    bundle = bundle_of(network, name)
    x = normalize(torch.from_numpy(images), MEAN, STD)
    with torch.no_grad():
        values = by_lines(bundle["lines"], network.state_dict(), x)
        assert torch.equal(values[-1], network(x))  # the lines are those of the network
    found = node("differences", bundle=bundle, images=images, expected=in_a_row(values))
    assert found["compared"] == found["given"]
    assert max(found["largest"]) < 1e-4


def test_the_shipped_model_answers_as_onnxruntime_does_and_so_do_its_layers(
    images: NDArray[np.uint8], node: Callable[..., Any]
):
    bundle = bundle_of_model(SHIPPED)
    classifier = Classifier(*read_model(SHIPPED), threads=1)
    layers = classifier.layers(images) | {"log_probabilities": classifier.log_probabilities(images)}
    found = node("everything", bundle=bundle, pixels=images[0].ravel().tolist(), label=7)
    named = [line.get("layer") if line["op"] == "conv" else None for line in bundle["lines"]]
    for name, output in layers.items():
        at = -1 if name == "log_probabilities" else named.index(name) + 1
        np.testing.assert_allclose(found["values"][at], output[0].ravel(), atol=1e-4)
    calibrated = np.exp(classifier.classify(images[:1]))[0]
    np.testing.assert_allclose(found["probabilities"], calibrated, atol=1e-6)

    graph = {k: torch.from_numpy(decoded(v)) for k, v in bundle["weights"].items()}
    x = normalize(torch.from_numpy(images), MEAN, STD)
    values = by_lines(bundle["lines"], graph, x)
    expected = np.split(in_a_row(values), [-10], axis=1)
    np.testing.assert_allclose(expected[1], layers["log_probabilities"], atol=1e-4)
    both = np.ascontiguousarray(np.hstack([expected[0], layers["log_probabilities"]]))
    assert max(node("differences", bundle=bundle, images=images, expected=both)["largest"]) < 1e-4


def decoded(weight: dict[str, Any]) -> NDArray[np.float32]:
    import base64

    values = np.frombuffer(base64.b64decode(weight["data"]), "<f4")
    return values.reshape(weight["shape"]).copy()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("off", "seed"),
    [((), None), ((), 5), (("relu",), None), (("pooling",), 6), (("normalization",), None)],
    ids=["as it is", "dropout", "no ReLU", "no pooling, dropout", "no normalization"],
)
def test_gradients_are_those_of_autograd_whatever_is_switched_off(
    name: str, off: tuple[str, ...], seed: int | None, mnist: Dataset, node: Callable[..., Any]
):
    network, label = network_of(name), 3
    bundle = bundle_of(network, name, temperature=0.5)
    pixels = mnist.test_images[1]
    found = node("everything", bundle=bundle, pixels=pixels.ravel().tolist(), label=label,
                 off=off, seed=seed)  # fmt: skip
    assert bool(found["masks"]) == (seed is not None)
    for mask in found["masks"].values():
        assert set(mask) == {0, 2}  # half are dropped, the others doubled

    mean_std = (0.0, 1.0) if "normalization" in off else (MEAN, STD)
    x = normalize(torch.from_numpy(pixels[None]), *mean_std).requires_grad_()
    weights = {k: v.clone() for k, v in network.state_dict().items() if v.is_floating_point()}
    learned = {k for k, _ in network.named_parameters()}
    learned -= {"conv1.weight"} if name == "fast" else set()
    for key in learned:
        weights[key].requires_grad_()
    values = by_lines(bundle["lines"], weights, x, off=off, masks=found["masks"])
    for value in values:
        value.retain_grad()
    loss = -values[-1][0, label]
    loss.backward(retain_graph=True)
    assert [list(it.shape[1:]) for it in values] == found["shapes"]
    for value, numbers in zip(values, found["values"], strict=True):
        np.testing.assert_allclose(numbers, value.detach().ravel(), atol=1e-4)
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-5)
    assert set(found["gradients"]["weights"]) == learned
    for key in learned:
        gradient = weights[key].grad.ravel()
        np.testing.assert_allclose(found["gradients"]["weights"][key], gradient, atol=1e-5)
    for value, numbers in zip(values, found["gradients"]["values"], strict=True):
        np.testing.assert_allclose(numbers, value.grad.ravel(), atol=1e-5)
    traced = torch.autograd.grad(values[-2][0, label], x)[0]
    np.testing.assert_allclose(found["traced"], traced.ravel(), atol=1e-5)
    softened = torch.softmax(values[-1][0].detach() / 0.5, dim=0)
    np.testing.assert_allclose(found["probabilities"], softened, atol=1e-6)


@pytest.mark.parametrize("name", ["tutorial", "compact"])
def test_steps_with_momentum_are_those_of_pytorch(
    name: str, mnist: Dataset, node: Callable[..., Any]
):
    network = network_of(name)
    bundle, images = bundle_of(network, name), mnist.test_images[:4]
    labels = [7, 2, 1, 5]
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for image, label in zip(images, labels, strict=True):
        optimizer.zero_grad()
        x = normalize(torch.from_numpy(image[None]), MEAN, STD)
        F.nll_loss(network(x), torch.tensor([label])).backward()
        optimizer.step()
    found = node("steps", bundle=bundle, images=images.reshape(4, -1).tolist(), labels=labels,
                 learningRate=0.05, momentum=0.9)  # fmt: skip
    assert found["isUnchanged"]  # steps can be shown before they are taken, and undone
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            np.testing.assert_allclose(found["weights"][key], value.ravel(), atol=1e-5)


def test_float16_weights_are_decoded(node: Callable[..., Any], mnist: Dataset):
    halves = torch.tensor([0.0, -0.0, 1.5, -2.25, 65504.0, 6e-8, -3e-5, 1 / 3])
    network = network_of("tutorial")
    with torch.no_grad():
        network.conv1.weight.view(-1)[:8] = halves
    bundle = bundle_of(network, "tutorial")
    from digitlab.lab.bundle import encoded

    weights = {k: v.numpy() for k, v in network.state_dict().items()}
    bundle["weights"] = {k: encoded(v, "float16") for k, v in weights.items()}
    found = node("steps", bundle=bundle, images=[], labels=[], learningRate=1, momentum=0)
    for key, values in weights.items():
        np.testing.assert_array_equal(
            np.float32(found["weights"][key]), values.astype(np.float16).ravel()
        )
