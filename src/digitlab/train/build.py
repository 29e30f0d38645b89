"""From a recipe to its network: one of the package's, or one of the user's own, tried out first."""

import copy
import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parameter import UninitializedParameter

from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train.networks import DeepNetwork, FastNetwork, TutorialNetwork
from digitlab.train.own_network import explained, find_own, is_own, reason_of
from digitlab.train.page_network import PageNetwork


def build_network(recipe: Recipe, classes: int = 10, *, source: Path | None = None) -> nn.Module:
    """Return the recipe's network with new random weights; it gives log-probabilities.

    The package's networks are in channels-last layout. It keeps the channels of one pixel side by
    side in memory, which makes convolutions on a CPU about a quarter faster. They add the same
    numbers in another order than with PyTorch's default layout, so results differ from it by
    rounding, about one part in ten million.

    The network is tried out on two images, which changes neither its weights nor the random state.

    Parameters
    ----------
    recipe
        Names the network; its `dropout` is given to it.
    classes
        How many answers there are.
    source
        The file to take the user's own network from, instead of the one that the recipe names.

    Raises `DigitlabError` if there is no such network, it cannot be created, or it does not turn
    images, float32 (N, 1, 28, 28), into N x classes numbers.
    """
    if recipe.reads_pages:
        pages = PageNetwork()
        pages.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return pages
    if is_own(recipe.network):
        network = _create(recipe, classes, source)
    else:
        deep = partial(DeepNetwork, detects=recipe.detects_digits)
        networks: dict[str, Callable[..., nn.Module]] = {
            "tutorial": TutorialNetwork,
            "fast": FastNetwork,
            "compact": partial(deep, channels=(16, 20, 20, 28, 36)),
            "best": partial(deep, channels=(16, 48, 48, 64, 128)),
        }
        network = networks[recipe.network](recipe.dropout, classes=classes)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    _try_out(network, classes)
    return network


def has_batch_norm(network: nn.Module) -> bool:
    """Return whether a layer is batch norm, which may need at least two images in a batch."""
    return any(isinstance(layer, _BatchNorm) for layer in network.modules())


def _create(recipe: Recipe, classes: int, source: Path | None) -> nn.Module:
    """Return a network of the user's own, with an output that has become log-probabilities."""
    create = find_own(recipe.network, source).create
    with explained(f"{recipe.network} cannot be created"):
        return _checked(_instantiate(create, recipe, classes), create, recipe, classes)


def _instantiate(create: Callable[..., nn.Module], recipe: Recipe, classes: int) -> nn.Module:
    """Return a new network; its lazy layers know their sizes."""
    offered = {"classes": classes, "num_classes": classes, "dropout": recipe.dropout}
    parameters = inspect.signature(create).parameters
    missing = [
        it.name
        for it in parameters.values()
        if it.default is it.empty
        and it.kind not in (it.VAR_POSITIONAL, it.VAR_KEYWORD)
        and it.name not in offered
    ]
    if missing:
        raise DigitlabError(
            f"{recipe.network} cannot be created, because its constructor needs "
            f"{', '.join(missing)}; digitlab gives it only classes and dropout, so add default "
            "values for the others"
        )
    network = create(**{name: it for name, it in offered.items() if name in parameters})
    if not isinstance(network, nn.Module):
        raise DigitlabError(
            f"{recipe.network} must be or return a torch.nn.Module, not {type(network).__name__}"
        )
    if any(isinstance(it, UninitializedParameter) for it in network.parameters()):
        _run(network.eval(), 2)  # lazy layers find out their sizes
        network.train()
    return network


def _checked(
    network: nn.Module, create: Callable[..., nn.Module], recipe: Recipe, classes: int
) -> nn.Module:
    """Return the network, which gives log-probabilities now.

    Raises `DigitlabError` for what only networks of the user's own do wrong.
    """
    name = type(network).__name__
    for key, value in network.state_dict().items():
        if not isinstance(value, Tensor):
            raise DigitlabError(
                f"{name} cannot be saved: {key} in its state_dict is no tensor (a network must not "
                "have get_extra_state)"
            )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        trained = _copy_of(network).train()
        _run(trained, 2)
        scores = _seeded_scores(trained)
        again = _instantiate(create, recipe, classes)
        if again.state_dict().keys() != trained.state_dict().keys():
            raise DigitlabError(f"{name} creates layers in forward; create them in __init__")
        again.load_state_dict(trained.state_dict())
        same = _seeded_scores(again)
    is_finite = isinstance(scores, Tensor) and bool(scores.isfinite().all())
    if is_finite and not torch.equal(scores, same):  # type: ignore[arg-type]
        raise DigitlabError(
            f"{name} keeps something that a checkpoint would not: its answers depend on more than "
            "its parameters and buffers; use register_buffer for other tensors (persistent)"
        )
    if isinstance(scores, Tensor) and scores.dim() == 2 and scores.is_floating_point():
        are_probabilities = bool((scores >= 0).all())
        if are_probabilities and torch.allclose(scores.sum(dim=1), torch.ones(2), atol=1e-4):
            raise DigitlabError(
                f"{name} returns probabilities; leave out the softmax at its end, because the loss "
                "needs scores (logits) or log-probabilities"
            )
    # Logarithms of probabilities stay the same; other scores become such logarithms.
    network.register_forward_hook(_to_log_probabilities)
    return network


def _seeded_scores(network: nn.Module) -> object:
    torch.manual_seed(0)  # some networks are random in tests, too
    return _run(network.eval(), 2)


def _to_log_probabilities(_network: nn.Module, _inputs: object, output: object) -> object:
    if isinstance(output, Tensor) and output.dim() == 2 and output.is_floating_point():
        return F.log_softmax(output, dim=1, dtype=torch.float32)
    return output


def _try_out(network: nn.Module, classes: int) -> None:
    """Raise `DigitlabError` unless the network can be trained on images and answers them."""
    name = type(network).__name__
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise DigitlabError(f"{name} has no weights that could be trained")
    trial = _copy_of(network)
    # A training's last batch may be of one image, unless batch norm forbids it; so may a test's.
    sizes = [(True, 2), (False, 2), (False, 1)] + [(True, 1)] * (not has_batch_norm(network))
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        for trains, images in sizes:
            answers = _run(trial.train(trains), images)
            found = tuple(answers.shape) if isinstance(answers, Tensor) else type(answers).__name__
            if found != (images, classes):
                raise DigitlabError(
                    f"{name} must turn images of shape {(images, 1, 28, 28)} into scores of shape "
                    f"({images}, {classes}), one per class, but returns {found}"
                )
            assert isinstance(answers, Tensor)
            if not answers.isfinite().all():
                raise DigitlabError(f"{name} returns numbers that are NaN or infinite")
            if trains:
                labels = torch.zeros(images, dtype=torch.int64)
                try:
                    F.nll_loss(answers, labels).backward()
                except RuntimeError as error:
                    raise DigitlabError(
                        f"{name} cannot be trained: its gradient cannot be computed "
                        f"({reason_of(error)})"
                    ) from error


def _copy_of(network: nn.Module) -> nn.Module:
    with explained(f"{type(network).__name__} cannot be copied"):
        return copy.deepcopy(network)


def _run(network: nn.Module, images: int) -> object:
    """Return the network's answer to one or two images; explain what it raises."""
    shape = (images, 1, 28, 28)
    entered: list[tuple[str, nn.Module, tuple[int, ...]]] = []

    def note(name: str, layer: nn.Module, inputs: tuple[object, ...]) -> None:
        if inputs and isinstance(inputs[0], Tensor):
            entered.append((name, layer, tuple(inputs[0].shape)))

    handles = [
        layer.register_forward_pre_hook(partial(note, name))
        for name, layer in network.named_modules()
        if name and not list(layer.children())
    ]
    try:
        return network(torch.linspace(-1, 1, images * 28 * 28).view(shape))
    except DigitlabError:
        raise
    except Exception as error:  # it can be any
        raise DigitlabError(
            f"{type(network).__name__}.forward fails on images of shape {shape}: "
            f"{_which_layer(entered)}{reason_of(error)}"
        ) from error
    finally:
        for handle in handles:
            handle.remove()


def _which_layer(entered: list[tuple[str, nn.Module, tuple[int, ...]]]) -> str:
    """Return in which layer a forward pass failed, and what that layer expected."""
    if not entered:
        return ""
    name, layer, shape = entered[-1]
    name = f"{name} ({type(layer).__name__})"
    if isinstance(layer, nn.Linear) and shape[-1] != layer.in_features:
        return f"{name} takes {layer.in_features} numbers per image, but gets {shape[-1]}; "
    if isinstance(layer, nn.Conv2d) and len(shape) == 4 and shape[1] != layer.in_channels:
        return f"{name} takes {layer.in_channels} channels, but gets {shape[1]}; "
    return f"the last layer that it called is {name}, with an input of shape {shape}; "


def load_weights(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copy weights into a network, or raise `DigitlabError` if they are not of this network."""
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != expected:
        name = min(name for name in {*found, *expected} if found.get(name) != expected.get(name))
        raise DigitlabError(
            f"these are the weights of another network: {name} has shape "
            f"{found.get(name, '(missing)')}, expected {expected.get(name, '(no such tensor)')}"
        )
    network.load_state_dict(weights)
