"""The classes of the page network: ten digits, and the signs that stand between them."""

DIGITS = "0123456789"
SIGNS = "/-.,:()+=$€%#"
CLASSES = DIGITS + SIGNS
"""One character per class, in the order of the network's scores; a dash of any length is `-`."""
