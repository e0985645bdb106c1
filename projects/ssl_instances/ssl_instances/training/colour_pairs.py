"""Pairs of neighbouring pixels of one colour, eight to a byte.

BoxInst asks of each pixel and its eight neighbours whether they have one
colour. The answer is the image's, the same for all of its masks: as a byte it
goes along with each mask's target at no more memory than the target's own.
"""

import torch
from torch import Tensor

NEIGHBOURS = 8


def pack_pairs(pairs: Tensor) -> Tensor:
    """Eight answers as one byte.

    Args:
        pairs (Tensor): (…, 8, h, w), 0 or 1.

    Returns:
        Tensor: (…, h, w) uint8, neighbour i in bit i.

    Raises:
        ValueError: If there are not eight neighbours.
    """
    if pairs.dim() < 3 or pairs.shape[-3] != NEIGHBOURS:
        raise ValueError(
            'Expected argument `pairs` to be (…, 8, h, w), of a neighbourhood '
            f'of 3, but got {tuple(pairs.shape)}.'
        )
    return (pairs.to(torch.uint8) << _bits(pairs)).sum(-3, dtype=torch.uint8)


def unpack_pairs(packed: Tensor) -> Tensor:
    """One byte as eight answers, (…, h, w) uint8 to (…, 8, h, w) bool."""
    return (packed.unsqueeze(-3) >> _bits(packed)) & 1 == 1


def _bits(like: Tensor) -> Tensor:
    bits = torch.arange(NEIGHBOURS, dtype=torch.uint8, device=like.device)
    return bits.view(-1, 1, 1)
