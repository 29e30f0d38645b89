"""The ways in which a picture becomes the 28x28 pixels that a network takes."""

from typing import Literal

Preparation = Literal["mnist", "as-is"]
"""`mnist`: cropped, scaled and centered as MNIST's images were (`digitlab.pictures.digit`).
`as-is`: in gray, and only resized if it has another size."""
