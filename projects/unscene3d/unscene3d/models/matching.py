"""Which query answers for which pseudo-mask (Hungarian matching)."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import Tensor


@dataclass(frozen=True)
class CostWeights:
    """Weights of the terms, of the matching as of the loss (Mask3D's).

    Attributes:
        objectness (float): Cross-entropy of being an object.
        mask (float): Binary cross-entropy of the segments.
        dice (float): Dice of the masks.
    """

    objectness: float = 2.0
    mask: float = 5.0
    dice: float = 2.0


def matching_cost(
    objectness: Tensor,
    masks: Tensor,
    targets: Tensor,
    share: Tensor,
    weights: CostWeights,
) -> Tensor:
    """Cost of each pair of a query and a pseudo-mask.

    Args:
        objectness (Tensor): (..., Q) logits.
        masks (Tensor): (..., Q, s) logits.
        targets (Tensor): (N, s) in {0, 1}, float.
        share (Tensor): (s,) weights of the segments, of sum 1.
        weights (CostWeights): Of the terms.

    Returns:
        Tensor: (..., Q, N): weighted sum of minus the probability of being
        an object, mean binary cross-entropy, and dice loss.
    """
    inside = (targets * share).T
    outside = ((1 - targets) * share).T
    entropy = F.softplus(-masks) @ inside + F.softplus(masks) @ outside
    p = masks.sigmoid()
    dice = dice_loss(
        p @ inside, (p @ share)[..., None], inside.sum(0), 1 / len(share)
    )
    return (
        weights.mask * entropy
        + weights.dice * dice
        - weights.objectness * objectness.sigmoid()[..., None]
    )


def dice_loss(both: Tensor, one: Tensor, other: Tensor, eps: float) -> Tensor:
    """1 − (2 |A ∩ B| + ε) / (|A| + |B| + ε), of soft sizes."""
    return 1 - (2 * both + eps) / (one + other + eps)


def assign(costs: list[Tensor], names: list[str]) -> list[np.ndarray]:
    """Solve the matching of several scenes, each at several layers.

    All costs come to the CPU in one transfer. Where a scene has more
    pseudo-masks than queries, the best matched take part and the others
    wait.

    Args:
        costs (list[Tensor]): (L, Q, N) of each scene.
        names (list[str]): Of the scenes, for messages.

    Returns:
        list[np.ndarray]: (L, min(Q, N), 2) int64 of each scene: query and
        pseudo-mask of each pair, by query.

    Raises:
        ValueError: If a cost is no number, in which case training has
            diverged.
    """
    flat = torch.cat([cost.detach().flatten() for cost in costs])
    values = flat.double().cpu().numpy()
    found, at = [], 0
    for cost, name in zip(costs, names, strict=True):
        block = values[at : at + cost.numel()].reshape(cost.shape)
        at += cost.numel()
        if not np.isfinite(block).all():
            raise ValueError(
                f'{name}: expected finite costs of matching, but got NaN or '
                'infinite ones: training has diverged, lower its learning '
                'rate.'
            )
        pairs = [np.stack(linear_sum_assignment(layer), 1) for layer in block]
        found.append(np.array(pairs, np.int64).reshape(len(block), -1, 2))
    return found
