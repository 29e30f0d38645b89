"""Read a training's history."""


def best_epoch(history):
    """Return the epoch after which the held-out loss was lowest; the first one, if several are."""
    held_out = [point for point in history if point["kind"] == "held out"]
    return min(held_out, key=lambda point: point["loss"])["epoch"]  # min returns the first


def smoothed(losses, width):
    """Return for each loss the mean of the last `width` losses up to it."""
    means = []
    for i in range(len(losses)):
        last = losses[max(0, i + 1 - width) : i + 1]
        means.append(sum(last) / len(last))
    return means
