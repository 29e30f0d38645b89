"""The networks. The comment after each line of a `forward` is the shape that it leaves."""

from typing import TypeGuard

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.errors import DigitlabError


class TutorialNetwork(nn.Module):
    """Two convolutions that find shapes, then two linear layers that weigh the evidence.

    In: images, float32 (N, 1, 28, 28), normalized to mean 0 and standard deviation 1.
    Out: log-probabilities, float32 (N, classes): the natural logarithm of each digit's
    probability; `exp` of a row sums to 1.

    Parameters
    ----------
    dropout
        The share of values that is dropped in training, from 0 to below 1.
    classes
        How many answers there are; for digits 10.
    """

    def __init__(self, dropout: float = 0.5, classes: int = 10) -> None:
        super().__init__()
        # A convolution slides a small window over the image. Each of its kernels responds, at
        # each position, to how much the window looks like the kernel. All positions share the
        # weights, so a stroke learned in one corner is recognized in every other.
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)  # 10 kernels x (1 x 5 x 5 weights + 1 bias)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)  # 20 kernels x (10 x 5 x 5 weights + 1 bias)
        # Drops whole channels: neighbors in a channel are so alike that dropping single values
        # would hide nothing.
        self.conv2_drop = nn.Dropout2d(dropout)
        # A linear layer computes y = W x + b: every output is a weighted sum of all inputs.
        self.fc1 = nn.Linear(320, 50)  # 50 x (320 weights + 1 bias)
        self.fc2 = nn.Linear(50, classes)  # 10 digits x (50 weights + 1 bias)
        self.fc1_drop = nn.Dropout(dropout)

        _check_parameters(self, conv1=260, conv2=5_020, fc1=16_050, fc2=51 * classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the log-probability of each digit for each image."""
        x = images  # (N, 1, 28, 28)
        x = self.conv1(x)  # (N, 10, 24, 24): a 5x5 window fits into 28 pixels at 24 positions
        x = F.max_pool2d(x, 2)  # (N, 10, 12, 12): the largest of each 2x2; small shifts vanish
        x = F.relu(x)  # (N, 10, 12, 12): negatives become 0; without it, two layers act as one
        x = self.conv2(x)  # (N, 20, 8, 8): a window now covers 14 pixels of the image
        x = self.conv2_drop(x)  # (N, 20, 8, 8): in training, about half of the 20 become 0
        x = F.max_pool2d(x, 2)  # (N, 20, 4, 4)
        x = F.relu(x)  # (N, 20, 4, 4)
        x = x.flatten(1)  # (N, 320): 20 channels x 4 x 4, one row per image
        x = self.fc1(x)  # (N, 50)
        x = F.relu(x)  # (N, 50)
        x = self.fc1_drop(x)  # (N, 50): in training, about half of the 50 become 0
        x = self.fc2(x)  # (N, 10): one score per digit
        return F.log_softmax(x, dim=1, dtype=torch.float32)  # (N, 10): log-probabilities


class FastNetwork(nn.Module):
    """Four convolutions: the first is computed, not trained; the others have batch norm.

    In and out as `TutorialNetwork`.

    The first convolution whitens. Neighboring pixels are almost equal, and a layer with such
    inputs trains slowly. `whiten` takes the 8 principal components (the eigenvectors with the
    largest eigenvalues) of 5x5 patches of the training images, each scaled so that its output has
    standard deviation 1; these outputs are uncorrelated. Each component is there twice, once with
    its sign flipped, so that ReLU loses nothing. Fixed weights need no gradient, which makes a
    step a fifth shorter.

    Batch norm brings each channel to mean 0 and standard deviation 1 and then applies a trained
    scale and offset. In training it uses the mean and standard deviation of the batch; afterwards,
    their running averages. Layers with such inputs train several times faster.

    Sources: A. Coates, A. Ng, H. Lee, "An analysis of single-layer networks in unsupervised feature
    learning" (AISTATS 2011) for whitened patches; K. Jordan, "94% on CIFAR-10 in 3.29 seconds on
    a single GPU" (2024) for a fixed first layer of them with both signs; S. Ioffe and C. Szegedy,
    "Batch normalization: accelerating deep network training by reducing internal covariate shift"
    (ICML 2015).

    Parameters
    ----------
    dropout
        The share of values before the linear layer that is dropped in training, from 0 to below 1.
    classes
        As in `TutorialNetwork`.
    """

    def __init__(self, dropout: float = 0.5, classes: int = 10) -> None:
        super().__init__()
        # No biases: batch norm subtracts the mean again and adds an offset of its own.
        # The first window moves in steps of 2: all later layers have a quarter of the work.
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5, stride=2, bias=False)  # 16 x (1 x 5 x 5)
        self.conv1.weight.requires_grad_(False)
        self.conv2 = nn.Conv2d(16, 16, kernel_size=3, bias=False)  # 16 x (16 x 3 x 3)
        self.norm2 = nn.BatchNorm2d(16)  # a scale and an offset for each of 16 channels
        self.conv3 = nn.Conv2d(16, 48, kernel_size=3, bias=False)  # 48 x (16 x 3 x 3)
        self.norm3 = nn.BatchNorm2d(48)
        self.conv4 = nn.Conv2d(48, 64, kernel_size=3, bias=False)  # 64 x (48 x 3 x 3)
        self.norm4 = nn.BatchNorm2d(64)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(64, classes)  # 10 digits x (64 weights + 1 bias)

        _check_parameters(
            self,
            conv1=400, conv2=2_304, conv3=6_912, conv4=27_648,
            norm2=32, norm3=96, norm4=128,
            fc=65 * classes,
        )  # fmt: skip

    @torch.no_grad()
    def whiten(self, images: Tensor) -> None:
        """Compute the first convolution from normalized images, float32 (N, 1, 28, 28)."""
        patches = images.squeeze(1).unfold(1, 5, 2).unfold(2, 5, 2).reshape(-1, 25)  # (144 N, 25)
        covariance = patches.T @ patches / len(patches)  # (25, 25)
        eigenvalues, eigenvectors = torch.linalg.eigh(covariance)  # ascending
        kernels = (eigenvectors / (eigenvalues + 0.01).sqrt())[:, -8:].T  # (8, 25): the largest
        # An eigenvector's sign is arbitrary: make its largest component positive.
        largest = kernels.gather(1, kernels.abs().argmax(dim=1, keepdim=True))  # (8, 1)
        kernels = kernels * largest.sign()
        self.conv1.weight.copy_(torch.cat([kernels, -kernels]).view(16, 1, 5, 5))

    def forward(self, images: Tensor) -> Tensor:
        """Return the log-probability of each digit for each image."""
        x = images  # (N, 1, 28, 28)
        x = F.relu(self.conv1(x))  # (N, 16, 12, 12): 12 positions, 2 pixels apart
        x = self.conv2(x)  # (N, 16, 10, 10): a window now covers 9 pixels
        x = F.max_pool2d(x, 2)  # (N, 16, 5, 5): before batch norm, which then has less to do
        x = F.relu(self.norm2(x))  # (N, 16, 5, 5)
        x = F.relu(self.norm3(self.conv3(x)))  # (N, 48, 3, 3): 19 pixels
        x = F.relu(self.norm4(self.conv4(x)))  # (N, 64, 1, 1): 27 pixels, almost the whole image
        x = x.flatten(1)  # (N, 64)
        x = self.drop(x)  # (N, 64): in training, some of the 64 become 0
        x = self.fc(x)  # (N, 10): one score per digit
        return F.log_softmax(x, dim=1, dtype=torch.float32)  # (N, 10): log-probabilities


class DeepNetwork(nn.Module):
    """Five convolutions with batch norm; the first looks at every position of the image.

    In and out as `TutorialNetwork`. Almost all weights are in windows that are shared by many
    positions. The tutorial's network has three quarters of its weights in a linear layer, which
    has to learn every position separately.

    Parameters
    ----------
    dropout
        The share of values before the linear layer that is dropped in training, from 0 to below 1.
    channels
        How many channels each convolution puts out: a to e below.
    classes
        As in `TutorialNetwork`.
    detects
        Whether there is a second output: see `classify_and_detect`.
    """

    def __init__(
        self,
        dropout: float,
        channels: tuple[int, int, int, int, int],
        classes: int = 10,
        *,
        detects: bool = False,
    ) -> None:
        super().__init__()
        a, b, c, d, e = channels
        self.conv1 = nn.Conv2d(1, a, kernel_size=5, bias=False)  # a x (1 x 5 x 5)
        self.norm1 = nn.BatchNorm2d(a)
        self.conv2 = nn.Conv2d(a, b, kernel_size=3, bias=False)  # b x (a x 3 x 3)
        self.norm2 = nn.BatchNorm2d(b)
        self.conv3 = nn.Conv2d(b, c, kernel_size=3, bias=False)  # c x (b x 3 x 3)
        self.norm3 = nn.BatchNorm2d(c)
        self.conv4 = nn.Conv2d(c, d, kernel_size=3, bias=False)  # d x (c x 3 x 3)
        self.norm4 = nn.BatchNorm2d(d)
        self.conv5 = nn.Conv2d(d, e, kernel_size=3, bias=False)  # e x (d x 3 x 3)
        self.norm5 = nn.BatchNorm2d(e)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(e, classes)  # 10 digits x (e weights + 1 bias)
        self.is_digit = nn.Linear(e, 1) if detects else None  # e weights + 1 bias

        _check_parameters(
            self,
            conv1=25 * a, conv2=9 * a * b, conv3=9 * b * c, conv4=9 * c * d, conv5=9 * d * e,
            norm1=2 * a, norm2=2 * b, norm3=2 * c, norm4=2 * d, norm5=2 * e,
            fc=classes * (e + 1), is_digit=(e + 1) * detects,
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        """Return the log-probability of each digit for each image."""
        x = self.features(images)  # (N, e)
        x = self.drop(x)  # (N, e): in training, some of the e become 0
        x = self.fc(x)  # (N, 10): one score per digit
        return F.log_softmax(x, dim=1, dtype=torch.float32)  # (N, 10): log-probabilities

    def classify_and_detect(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `forward` does, and the log-odds that each image shows a digit at all.

        The second, float32 (N,), is a weighted sum of the same features as the scores. Its sigmoid
        is the probability. Only for networks with `detects`.
        """
        assert self.is_digit is not None
        x = self.drop(self.features(images))  # (N, e)
        log_odds: Tensor = self.is_digit(x).squeeze(1)  # (N,)
        log_probabilities = F.log_softmax(self.fc(x), dim=1, dtype=torch.float32)  # (N, 10)
        return log_probabilities, log_odds.to(torch.float32)

    def features(self, images: Tensor) -> Tensor:
        """Return what the convolutions find in each image: (N, e)."""
        x = images  # (N, 1, 28, 28)
        x = F.max_pool2d(self.conv1(x), 2)  # (N, a, 12, 12): the largest of each 2x2 square
        x = F.relu(self.norm1(x))  # (N, a, 12, 12): after pooling, only a quarter to normalize
        x = F.relu(self.norm2(self.conv2(x)))  # (N, b, 10, 10): a window now covers 10 pixels
        x = F.relu(self.norm3(self.conv3(x)))  # (N, c, 8, 8): 14 pixels
        x = F.max_pool2d(self.conv4(x), 2)  # (N, d, 3, 3): 20 pixels
        x = F.relu(self.norm4(x))  # (N, d, 3, 3)
        x = F.relu(self.norm5(self.conv5(x)))  # (N, e, 1, 1): the whole image
        return x.flatten(1)  # (N, e)


def detects_digits(network: nn.Module) -> TypeGuard[DeepNetwork]:
    """Return whether a network has a second output: see `DeepNetwork.classify_and_detect`."""
    return isinstance(network, DeepNetwork) and network.is_digit is not None


def count_parameters(module: nn.Module) -> int:
    """Return how many weights a module has, trained or computed from the training images."""
    return sum(parameter.numel() for parameter in module.parameters())


def _check_parameters(network: nn.Module, **expected: int) -> None:
    """Raise `DigitlabError` unless these are the network's layers and their parameter counts.

    If you changed a network on purpose, compute the new numbers and update its call.
    """
    found = {
        name: count for name, it in network.named_children() if (count := count_parameters(it))
    }
    for name in {**expected, **found}:
        if found.get(name, 0) != expected.get(name, 0):
            raise DigitlabError(
                f"{type(network).__name__}: {name} has {found.get(name, 0):,} parameters, but "
                f"{expected.get(name, 0):,} are expected; if you changed the network on purpose, "
                f"correct the numbers at the end of its __init__ in {__name__}"
            )


def normalize(images: Tensor, mean: float, std: float) -> Tensor:
    """Turn uint8 images (N, 28, 28), 0 to 255, into float32 (N, 1, 28, 28) around 0.

    First 0 to 255 becomes 0 to 1; then `mean` is subtracted and the rest divided by `std`. Over
    the whole training set, the pixels then have mean 0 and standard deviation 1, the range in
    which freshly initialized weights work best.

    >>> normalize(torch.full((1, 28, 28), 255, dtype=torch.uint8), 0.5, 0.25).unique().item()
    2.0
    """
    return images.unsqueeze(1).to(torch.float32).div_(255).sub_(mean).div_(std)


@torch.inference_mode()
def answer(
    network: nn.Module, images: Tensor, *, mean: float, std: float, batch_size: int
) -> Tensor:
    """Return the log-probabilities, float32 (N, classes), of uint8 images (N, 28, 28).

    N is at least 1. The network is put into evaluation mode: nothing is dropped, no gradient is
    computed.
    """
    network.eval()
    batches = images.split(batch_size)
    return torch.cat([network(normalize(batch, mean, std)) for batch in batches])
