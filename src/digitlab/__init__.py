"""Train a convolutional network on handwritten digits, and see everything that it does."""

__version__ = "0.1.0"
