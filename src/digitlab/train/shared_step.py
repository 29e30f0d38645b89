"""One step of a training that several processes share: the same step as one process would take."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from digitlab.train.optimizer import MomentumSGD
from digitlab.train.ranks import Ranks, sum_over_ranks
from digitlab.train.step import answers_of, mean_loss
from digitlab.train.task import Loss


def shared_step(
    network: nn.Module,
    optimizer: MomentumSGD,
    images: Tensor,
    labels: Tensor,
    loss_of: Loss = mean_loss,
    *,
    bfloat16: bool = False,
    ranks: Ranks,
) -> Tensor:
    """Train on one batch together with the other ranks; return the loss of the whole batch.

    Parameters
    ----------
    images
        This rank's share of the batch, `Ranks.part`.
    labels
        The labels of the whole batch.
    network, optimizer, loss_of, bfloat16
        As in `digitlab.train.step.train_step`.

    Raises `LostRankError` if another rank has ended.
    """
    optimizer.zero_grad()
    with _BatchNormOverRanks():
        answers = answers_of(network, images, bfloat16=bfloat16)
    if isinstance(answers, tuple):
        answers = tuple(ranks.all_gather(it, len(labels)) for it in answers)
    else:
        answers = ranks.all_gather(answers, len(labels))
    loss = loss_of(answers, labels)  # of the whole batch, on every rank
    loss.backward()  # the part of the gradient that goes through this rank's answers
    ranks.sum_gradients(optimizer.parameters.values())
    optimizer.step()
    return loss.detach()


class _BatchNormOverRanks(TorchFunctionMode):
    """Inside its `with` block, batch norm in training mode is that of the whole batch.

    It takes the place of `F.batch_norm`, which every batch norm layer of PyTorch calls. The layers
    themselves stay as they are, and so do the names of their tensors in a checkpoint.
    (`torch.nn.SyncBatchNorm` does not run on CPUs.)
    """

    def __torch_function__(
        self, function: Callable[..., Any], _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if function is F.batch_norm and kwargs.get("training"):
            return batch_norm_over_ranks(*args, **kwargs)
        return function(*args, **kwargs)


def batch_norm_over_ranks(
    values: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return what `F.batch_norm` returns in training, with the statistics of all ranks' values.

    `values` are this rank's, (N, C, ...). The mean is summed up first and the squared differences
    from it second, because the difference of two large sums would lose digits.
    """
    axes = [axis for axis in range(values.dim()) if axis != 1]
    shape = [-1 if axis == 1 else 1 for axis in range(values.dim())]  # (1, C, 1, ...)
    wide = values if values.dtype == torch.float64 else values.float()
    own_count = wide.new_full((1,), values.numel() // values.shape[1])
    sums = sum_over_ranks(torch.cat([wide.sum(axes), own_count]))
    count = sums[-1].detach()
    mean = sums[:-1] / count
    centered = wide - mean.view(shape)  # (N, C, ...)
    variance = sum_over_ranks(centered.square().sum(axes)) / count
    if running_mean is not None and running_var is not None:
        with torch.no_grad():
            running_mean.lerp_(mean.to(running_mean.dtype), momentum)
            unbiased = variance * (count / (count - 1).clamp(min=1))
            running_var.lerp_(unbiased.to(running_var.dtype), momentum)
    scale = torch.rsqrt(variance + eps)
    if weight is not None:
        scale = scale * weight
    normed = centered * scale.view(shape)
    if bias is not None:
        normed = normed + bias.view(shape)
    return normed.to(values.dtype)
