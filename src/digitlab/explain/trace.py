"""Record every operation of a PyTorch network's `forward`, of modules and functions alike.

PyTorch calls a `TorchFunctionMode` for each of its functions, whoever calls them: `nn.ReLU`,
`F.relu`, `x.relu()` and `a + b` all end there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.overrides import TorchFunctionMode, resolve_name

from digitlab.errors import DigitlabError
from digitlab.explain.call import IMAGE, Call, Values
from digitlab.explain.torch_functions import (
    bound_arguments,
    changes_nothing,
    kind_of,
    settings_of,
    weights_of,
    written_as,
)
from digitlab.train.own_network import explained


def trace(network: nn.Module, images: Tensor) -> list[Call]:
    """Return the operations of one `forward` in evaluation mode, in their order.

    Afterwards, each module is in the mode in which it was.

    `images` is one normalized image, float32 (1, 1, 28, 28), on the CPU. Constants that `forward`
    makes are not among the operations, only what is computed from the image or the weights.

    Raises `DigitlabError` if the network fails, or does nothing with the image.
    """
    recorder = _Recorder(network, images)
    name = type(network).__name__
    fails = f"{name}.forward fails on an image of shape {tuple(images.shape)}"
    training = {module: module.training for module in network.modules()}
    try:
        network.eval()
        with explained(fails), torch.no_grad(), _modules_noted(network, recorder.stack), recorder:
            network(images)
    finally:
        for module, was_training in training.items():
            module.training = was_training
    if not any(IMAGE in call.sources for call in recorder.calls):
        raise DigitlabError(f"{name}.forward does nothing with the image that can be followed")
    return recorder.calls


@contextmanager
def _modules_noted(network: nn.Module, stack: list[tuple[str, nn.Module]]) -> Iterator[None]:
    """Keep the modules that are being called in `stack`, the innermost last."""
    names = {module: name for name, module in network.named_modules()}

    def enter(module: nn.Module, _inputs: Any) -> None:
        stack.append((names.get(module, ""), module))

    def leave(_module: nn.Module, _inputs: Any, _output: Any) -> None:
        stack.pop()

    # Hooks of all modules come before those of the network itself, so what digitlab adds behind a
    # network of the user's own finds the stack empty.
    handles = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Recorder(TorchFunctionMode):
    """Records the functions that PyTorch calls, as long as it is entered."""

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.stack: list[tuple[str, nn.Module]] = []
        self._weights = {id(it): name for name, it in network.named_parameters()}
        self._trained = {name for name, it in network.named_parameters() if it.requires_grad}
        self._buffers = {id(it): name for name, it in network.named_buffers()}
        self._used: set[str] = set()
        self._from = {id(images): IMAGE}  # which operation each tensor is the output of
        self._kept: list[object] = [images]  # so that no other object gets the same id

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        tensors = list(_tensors_in((args, kwargs)))
        followed = [it for it in tensors if self._is_followed(it)]
        before = [_to_numpy(it) for it in followed]  # some operations change their input in place
        output = func(*args, **kwargs)
        results = list(_tensors_in(output))
        if followed and results:
            self._kept += [*tensors, *results]
            if changes_nothing(func, followed[0], results[0]):
                self._follow_copy(id(followed[0]), id(results[0]))
            else:
                self._note(func, bound_arguments(func, args, kwargs), followed, before, results)
        return output

    def _follow_copy(self, original: int, copy: int) -> None:
        if original in self._from:
            self._from[copy] = self._from[original]
        for names in (self._weights, self._buffers):
            if original in names:
                names[copy] = names[original]

    def _is_followed(self, tensor: Tensor) -> bool:
        return any(id(tensor) in it for it in (self._from, self._weights, self._buffers))

    def _note(
        self,
        func: Callable[..., Any],
        arguments: dict[str, Any],
        followed: list[Tensor],
        before: list[Values],
        results: list[Tensor],
    ) -> None:
        own = [it for it in followed if id(it) in self._weights]
        names = {self._weights[id(it)]: it for it in own}
        new = [it for name, it in names.items() if name not in self._used]
        pairs = [(it, values) for it, values in zip(followed, before, strict=True)]
        inputs = [(self._from[id(it)], values) for it, values in pairs if id(it) in self._from]
        kind = kind_of(func, results[0])
        name, operator = self._named(func, own)
        self.calls.append(
            Call(
                name=name,
                operator=operator,
                kind=kind,
                inputs=tuple(values for _, values in inputs),
                sources=tuple(source for source, _ in inputs),
                output=_to_numpy(results[0]),
                settings=settings_of(kind, arguments),
                weights=weights_of(arguments, _to_numpy),
                parameters=tuple(tuple(it.shape) for it in new),
                shares=len(new) < len(names),
                fixed=bool(own) and not self._trained & names.keys(),
                by_digitlab=not self.stack,
            )
        )
        self._used |= names.keys()
        self._from.update((id(it), len(self.calls)) for it in results)

    def _named(self, func: Callable[..., Any], own: list[Tensor]) -> tuple[str, str]:
        """Return the name of the layer that does it and its class, or how it is written twice."""
        written = written_as(func, resolve_name(func))
        owners = {self._weights[id(it)].rpartition(".")[0] for it in own}
        path, module = self.stack[-1] if self.stack else ("", None)
        is_layer = module is not None and bool(path) and not list(module.children())
        if is_layer and type(module).__module__.startswith("torch.nn"):
            return path, type(module).__name__
        if len(owners) == 1 and (owner := owners.pop()):
            return owner, written
        return (f"{path}: {written}" if path else written), written


def _tensors_in(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for it in value:
            yield from _tensors_in(it)


def _to_numpy(tensor: Tensor) -> Values:
    values = tensor.detach()
    values = values.float() if values.is_floating_point() else values
    copied: Values = np.array(values.cpu().numpy())
    return copied
