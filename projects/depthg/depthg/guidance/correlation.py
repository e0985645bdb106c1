"""How alike two points are by their depth: what guides the codes.

DepthG (Sick et al., CVPR 2024) puts the correlation of depths where STEGO
has that of features. What is correlated can be any map, see
:mod:`.maps`: depth has one channel, features of a network have many.
"""

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

#: Variants of the correlation, see :func:`depth_correlation`.
Variant = Literal['as_written', 'as_released', 'closeness']
VARIANTS: tuple[Variant, ...] = get_args(Variant)


def depth_correlation(
    samples: Tensor, variant: Variant = 'closeness'
) -> Tensor:
    """Correlation of each point of an image with each other.

    Args:
        samples (Tensor): (B, G, n), values of n points; for depth G = 1 and
            the values are in [0, 1], 0 = nearest.
        variant (str): One of ``VARIANTS``.

            - ``'as_written'``: the product, d · d' (the paper). Far points
              are alike and near ones are like nothing, themselves included.
            - ``'as_released'``: the product of the values after each point is
              scaled to length 1 over its channels, as the public code does.
              With the one channel of depth it is 1 for any two points (0 at
              depth 0): nothing about depth is left, all codes are drawn
              together.
            - ``'closeness'``, ours: 1 − |d − d'|; with G channels 1 − the
              Euclidean distance / √G. Defaults to this one, see the
              README.

    Returns:
        Tensor: (B, n, n).

    Raises:
        ValueError: For another shape or an unknown variant.
    """
    check_variant(variant)
    if samples.ndim != 3:
        raise ValueError(
            'Expected argument `samples` to have shape (B, G, n), but got '
            f'{tuple(samples.shape)}'
        )
    if variant == 'closeness':
        points = samples.transpose(1, 2)  # (B, n, G)
        # Exact where the fast way by products loses digits near 0.
        distance = torch.cdist(
            points, points, compute_mode='donot_use_mm_for_euclid_dist'
        )
        return 1 - distance / samples.shape[1] ** 0.5
    if variant == 'as_released':
        samples = functional.normalize(samples, dim=1)
    return torch.einsum('bgn,bgm->bnm', samples, samples)


def check_variant(variant: str) -> None:
    """Raises ValueError for a variant that is not known."""
    if variant not in VARIANTS:
        raise ValueError(
            f'Expected argument `variant` to be one of {VARIANTS}, but got '
            f'{variant!r}'
        )
