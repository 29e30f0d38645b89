"""The gradient of a batch that several processes share."""


def combined(gradients, sizes):
    """Return the gradient of the whole batch's mean loss: a list of tensors, one per weight."""
    total = []
    for parts in zip(*gradients, strict=True):  # the same weight's gradient, from each process
        weighted = [size * part for size, part in zip(sizes, parts, strict=True)]
        total.append(sum(weighted) / sum(sizes))
    return total
