"""A network with everything that the package's own networks do not have."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Unusual(nn.Module):
    """Branches, a residual, groups, padding, dilation, a shared layer, and an unknown operation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
        )
        self.grouped = nn.Conv2d(8, 8, 3, padding="same", groups=4)
        self.wide = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.pool = nn.AvgPool2d(2)
        self.hidden = nn.Linear(16 * 7 * 7, 16)
        self.twice = nn.Linear(16, 16)
        self.scale = nn.Parameter(torch.full((1,), 2.0))
        self.out = nn.Linear(16, 10)
        self.never = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x + self.grouped(x)
        x = torch.cat([x, self.wide(x)], dim=1)
        x = torch.cumsum(self.pool(x), dim=2)
        x = torch.sigmoid(self.hidden(x.view(x.size(0), -1)))
        x = F.gelu(self.twice(self.twice(x))) * self.scale
        return self.out(F.dropout(x, 0.25, self.training))


@pytest.fixture(scope="session")
def unusual() -> nn.Module:
    torch.manual_seed(3)
    return Unusual().eval()
