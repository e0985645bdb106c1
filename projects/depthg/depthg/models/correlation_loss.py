"""STEGO's correlation loss: codes are alike where the features are.

Hamilton et al., ICLR 2022, Eq. 4; with F the correlation of features, S that
of codes and b a shift, − mean (F − b) · max(S, 0).
"""

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

#: How the mean of a correlation is taken off, see :func:`centred`.
Centring = Literal['none', 'spatial', 'pointwise']
CENTRINGS: tuple[Centring, ...] = get_args(Centring)
#: Where a stabilised loss stops to draw codes together (STEGO's code).
MOST = 0.8


def cosines(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of each point with each other.

    Args:
        first (Tensor): (B, C, n).
        second (Tensor): (B, C, m).

    Returns:
        Tensor: (B, n, m) in [-1, 1]; 0 for a point of length 0.
    """
    return torch.bmm(
        functional.normalize(first, dim=1).transpose(1, 2),
        functional.normalize(second, dim=1),
    )


def centred(correlation: Tensor, centring: Centring) -> Tensor:
    """A correlation without the mean of each point.

    Args:
        correlation (Tensor): (B, n, m).
        centring (str): ``'none'``; ``'spatial'``, minus the mean over all m
            partners of a point (STEGO, Sec. 3.2); or ``'pointwise'``, the
            same, and the mean of the whole batch is put back, as STEGO's
            code does.

    Returns:
        Tensor: (B, n, m).

    Raises:
        ValueError: For an unknown centring.
    """
    check_centring(centring)
    if centring == 'none':
        return correlation
    without = correlation - correlation.mean(2, keepdim=True)
    if centring == 'spatial':
        return without
    return without - without.mean() + correlation.mean()


def correlation_loss(
    target: Tensor,
    codes: Tensor,
    shift: float,
    *,
    zero_clamp: bool = True,
    stabilised: bool = False,
) -> Tensor:
    """− mean (target − shift) · clamp(codes).

    Args:
        target (Tensor): (B, n, m) correlation of features or depth; has no
            gradient.
        codes (Tensor): (B, n, m) correlation of codes.
        shift (float): b: what is less alike than this is pushed apart.
        zero_clamp (bool): Whether codes are pushed apart only until they are
            orthogonal. Defaults to True.
        stabilised (bool): Whether codes are drawn together only up to a
            cosine of 0.8. Defaults to False.

    Returns:
        Tensor: A number.

    Raises:
        ValueError: If the shapes differ.
    """
    if target.shape != codes.shape:
        raise ValueError(
            'Expected arguments `target` and `codes` to have one shape, but '
            f'got {tuple(target.shape)} and {tuple(codes.shape)}'
        )
    low = 0.0 if zero_clamp else None
    high = MOST if stabilised else None
    if low is not None or high is not None:
        codes = codes.clamp(low, high)
    return -(codes * (target.detach() - shift)).mean()


def check_centring(centring: str) -> None:
    """Raises ValueError for a centring that is not known."""
    if centring not in CENTRINGS:
        raise ValueError(
            f'Expected argument `centring` to be one of {CENTRINGS}, but got '
            f'{centring!r}'
        )
