"""Stochastic gradient descent with momentum."""

import torch


class MySGD:
    """Use it like torch.optim.SGD: MySGD(network.parameters(), lr=0.01, momentum=0.9)."""

    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)  # a generator can be gone through only once
        self.velocities = [torch.zeros_like(weight) for weight in self.parameters]
        self.lr = lr
        self.momentum = momentum

    def zero_grad(self):
        for weight in self.parameters:
            weight.grad = None

    @torch.no_grad()
    def step(self):
        for weight, velocity in zip(self.parameters, self.velocities, strict=True):
            if weight.grad is not None:  # the network did not use it
                velocity *= self.momentum
                velocity += weight.grad
                weight -= self.lr * velocity
