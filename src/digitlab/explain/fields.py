"""Receptive fields: how much of the image one value depends on.

Each value of a feature map is computed from a rectangle of the image. The field of a map is
described by that rectangle for its first value, and by how far it moves from one value to the next.
"""

from dataclasses import dataclass, replace

from digitlab.explain.call import IMAGE, Call, of_one_image

_SAME = {
    *("relu", "activation", "batch_norm", "dropout", "channel_dropout"),
    *("log_softmax", "softmax"),
}
"""These compute each value from the one at the same place (softmax: also from those next to it,
which, as the scores of a linear layer, depend on the same pixels)."""
_POINTWISE = {"add", "subtract", "multiply", "divide", "concatenate"}


@dataclass(frozen=True)
class _Side:
    """The field along one side of the image, in pixels."""

    start: int
    """Where the first value's field begins; negative in the padding."""
    size: int
    step: int
    """How far it moves from one value to the next."""
    values: int
    """How many values there are along this side."""

    def through_window(self, kernel: int, stride: int, before: int, dilation: int) -> "_Side":
        """Return the field behind a window that slides over these values."""
        return replace(
            self,
            start=self.start - before * self.step,
            size=self.size + dilation * (kernel - 1) * self.step,
            step=self.step * stride,
        )

    def together(self) -> "_Side":
        """Return the field of a value that depends on all of these."""
        return _Side(self.start, self.size + (self.values - 1) * self.step, 0, 1)

    def joined(self, other: "_Side") -> "_Side | None":
        """Return the field of values that are computed from one value of each."""
        if (self.step, self.values) != (other.step, other.values):
            return None
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return replace(self, start=start, size=end - start)

    def within(self, image: int) -> int:
        """Return how many pixels of an image the largest of the fields covers."""
        starts = [self.start + place * self.step for place in range(self.values)]
        return max(max(0, min(it + self.size, image) - max(it, 0)) for it in starts)


_Field = tuple[_Side, ...]


def receptive_fields(calls: list[Call], image: tuple[int, ...]) -> list[tuple[int, ...] | None]:
    """Return for each operation how high and wide its values' fields are, at most, in pixels.

    `image` is the image's height and width. None where it cannot be derived from the operations.
    """
    found: list[_Field | None] = [tuple(_Side(0, 1, 1, side) for side in image)]
    for call in calls:
        found.append(_field_of(call, [found[source] for source in call.sources]))
    return [
        None if it is None else tuple(a.within(b) for a, b in zip(it, image, strict=True))
        for it in found[IMAGE + 1 :]
    ]


def _field_of(call: Call, before: list[_Field | None]) -> _Field | None:
    fields = [it for it in before if it is not None]
    if not fields or len(fields) < len(before):
        return None
    field, shape = fields[0], of_one_image(call.output).shape
    if call.kind in ("convolution", "max_pool", "average_pool"):
        if len(call.settings["kernel"]) != len(field):
            return None
        moved = _through_window(call, field)
        sides = zip(moved, shape[-len(field) :], strict=True)
        return tuple(replace(side, values=values) for side, values in sides)
    if call.kind in _SAME:
        mixes = call.kind.endswith("softmax") and any(side.values > 1 for side in field)
        return None if mixes else field
    if call.kind == "flatten" or (call.kind == "reshape" and shape == _shape_before(call)):
        return field
    if call.kind == "linear":
        before_shape = _shape_before(call)
        return tuple(side.together() for side in field) if len(before_shape) == 1 else None
    if call.kind in ("adaptive_average_pool", "mean"):
        keeps_channels = shape == () or shape[0] == _shape_before(call)[0]
        whole = keeps_channels and all(side == 1 for side in shape[1:])
        return tuple(side.together() for side in field) if whole else None
    if call.kind in _POINTWISE:
        return _joined(fields)
    return None


def _shape_before(call: Call) -> tuple[int, ...]:
    return of_one_image(call.inputs[0]).shape


def _through_window(call: Call, field: _Field) -> _Field:
    settings = zip(
        field,
        *(call.settings[name] for name in ("kernel", "stride", "padding", "dilation")),
        strict=True,
    )
    return tuple(
        side.through_window(kernel, stride, padding[0], dilation)
        for side, kernel, stride, padding, dilation in settings
    )


def _joined(fields: list[_Field]) -> _Field | None:
    field = fields[0]
    for other in fields[1:]:
        sides = [a.joined(b) for a, b in zip(field, other, strict=True)]
        if any(side is None for side in sides):
            return None
        field = tuple(side for side in sides if side is not None)
    return field
