"""The version of the package: written here, and nowhere else in the code."""

__version__ = "0.1.0"
