"""Run a network in an ONNX file. This is the only module that imports onnxruntime."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.models.onnx_graph import with_outputs

# Unless this is set before the import, onnxruntime writes a device ID into the user's cache folder
# and sends usage data to Microsoft. A value that the user has set stays.
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ.get("ORT_DISABLE_TELEMETRY") or "1"

import onnxruntime

_PROVIDERS = ["CPUExecutionProvider"]
_LOOPS = (b'"\x04Loop', b'"\x04Scan')  # operators in a file: tag of `op_type`, length, name

Shape = list[int | str]
"""Of an input or output; a name stands for any number."""


class Session:
    """A network that can be run, and whose inputs and outputs are what they should be.

    Parameters
    ----------
    weights
        The bytes of the ONNX file.
    name
        What error messages call it.
    threads
        How many CPU threads the network uses, at least 1; None means one per core.
    spins
        Whether a thread that waits for its part of the work keeps its core busy: quicker if runs
        follow each other closely.

    Raises DigitlabError if this is not a network that runs here.
    """

    def __init__(
        self, weights: bytes, name: str, threads: int | None = None, *, spins: bool = True
    ) -> None:
        if threads is not None and threads < 1:
            raise DigitlabError(f"threads is {threads}, but must be at least 1")
        if any(loop in weights for loop in _LOOPS):  # it could run without end
            raise DigitlabError(f"{name} contains a loop; only networks without loops are run")
        self.name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0  # 0: one per core
        options.log_severity_level = 4  # errors are raised, so they need not be printed as well
        options.add_session_config_entry("session.load_model_format", "ONNX")
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
        try:
            self._session = onnxruntime.InferenceSession(weights, options, providers=_PROVIDERS)
        except Exception as error:  # onnxruntime's exceptions have no common base class
            raise DigitlabError(
                f"{name} is not a network that runs here ({first_line(error)})"
            ) from error

    def check(self, card: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> None:
        """Raise DigitlabError if inputs or outputs differ in name, type or shape from these.

        `card` is the name of the file that they are described in. Inputs must be uint8, outputs
        float32; further outputs are allowed.
        """
        found_inputs = self._session.get_inputs()
        if [entry.name for entry in found_inputs] != list(inputs):
            names = ", ".join(entry.name for entry in found_inputs)
            raise DigitlabError(
                f"{self.name} must have one input, {', '.join(inputs)}, but has: {names}"
            )
        entries = (*found_inputs, *self._session.get_outputs())
        found = {entry.name: (entry.type, entry.shape) for entry in entries}
        kinds = dict.fromkeys(inputs, "tensor(uint8)") | dict.fromkeys(outputs, "tensor(float)")
        for name, shape in {**inputs, **outputs}.items():
            if name not in found:
                raise DigitlabError(f"{self.name} does not match {card}: it has no output {name}")
            kind, found_shape = found[name]
            if kind != kinds[name] or not _fits(found_shape, shape):
                free = ", ".join(it for it in shape if isinstance(it, str))
                raise DigitlabError(
                    f"{self.name} does not match {card}: {name} is a {kind} of shape "
                    f"{found_shape}, but must be a {kinds[name]} of shape {shape}, for any {free}"
                )

    def run(
        self, shapes: Mapping[str, tuple[int, ...]], inputs: Mapping[str, NDArray[np.generic]]
    ) -> list[NDArray[np.float32]]:
        """Return the outputs with these names, whose shapes must be these.

        Raises DigitlabError if the network fails, or an output has another shape, or values that
        are NaN or infinite.
        """
        try:
            outputs: list[NDArray[np.float32]] = self._session.run(list(shapes), dict(inputs))
        except Exception as error:  # as above
            batch = len(next(iter(inputs.values())))
            raise DigitlabError(
                f"{self.name} failed on a batch of {batch} ({first_line(error)})"
            ) from error
        for (name, expected), output in zip(shapes.items(), outputs, strict=True):
            if output.shape != expected:
                raise DigitlabError(
                    f"{self.name} gave {name} of shape {output.shape} instead of {expected}"
                )
            if not np.isfinite(output).all():
                raise DigitlabError(
                    f"{self.name} gave {name} that are NaN or infinite; export the model again"
                )
        return outputs


def _fits(found: Sequence[object], shape: Shape) -> bool:
    """Return whether a shape has these numbers, and none where any number is allowed."""
    return len(found) == len(shape) and all(
        not isinstance(it, int) if isinstance(side, str) else it == side
        for it, side in zip(found, shape, strict=True)
    )


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).partition("\n")[0]


def inner_values(
    weights: bytes, name: str, names: list[str], inputs: Mapping[str, NDArray[np.generic]]
) -> dict[str, NDArray[np.generic]]:
    """Return by name what a network's operations put out, for networks that `Session` accepts.

    `names` are those of outputs of operations. Raises DigitlabError if the network fails.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        known = onnxruntime.InferenceSession(weights, options, providers=_PROVIDERS)
        present = {entry.name for entry in known.get_outputs()}
        session = onnxruntime.InferenceSession(
            with_outputs(weights, [it for it in names if it not in present]),
            options,
            providers=_PROVIDERS,
        )
        values = session.run(names, dict(inputs))
    except Exception as error:  # as above
        raise DigitlabError(
            f"{name} does not give the values of its inner operations ({first_line(error)})"
        ) from error
    return dict(zip(names, values, strict=True))
