"""Backpropagation by hand."""


def gradients(w1, b1, w2, w3, x, y):
    """Return the loss of a small network, and its slope with respect to w1, b1, w2, w3 and x."""
    # Forward
    z = w1 * x + b1
    h = max(0.0, z)  # ReLU
    p = w2 * h + w3 * x  # the prediction
    loss = (p - y) ** 2

    # Back
    dp = 2 * (p - y)
    dw3 = dp * x
    dw2 = dp * h
    dh = dp * w2
    dz = dh if z > 0 else 0.0  # ReLU: a gate
    db1 = dz
    dw1 = dz * x
    dx = dz * w1 + dp * w3  # through the hidden unit, and past it
    return loss, {"w1": dw1, "b1": db1, "w2": dw2, "w3": dw3, "x": dx}
