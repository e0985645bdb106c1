"""BoxInst's pairwise loss (Tian et al., CVPR 2021, Sec. 3.2), each pair once.

Two pixels with logits a and b are on one side with the probability
p = s(a) s(b) + s(-a) s(-b), where s is the logistic function. With
f(x) = log(1 + exp(-x)) that is -log p = f(a) + f(b) - f(a + b): one
exponential a pair beside those of the pixels, and nothing overflows. mmdet's
``BoxInstMaskHead.get_pairwise_affinity`` computes the same for all eight
neighbours of each pixel, so that each pair comes twice; the tests compare.
"""

import torch
from torch import Tensor
from torch.nn.functional import softplus

#: Rows and columns to four of the eight neighbours, by the bit of the pair;
#: the others are these from the other side, with bit 7 - i.
_FORWARD = {4: (0, 1), 5: (1, -1), 6: (1, 0), 7: (1, 1)}


def pairwise_loss(
    logits: Tensor, packed: Tensor, region: Tensor, dilation: int = 2
) -> Tensor:
    """Mean of -log of the probability that a pair is on one side.

    Args:
        logits (Tensor): (P, h, w).
        packed (Tensor): (P, h, w) uint8, which of the neighbours of a pixel
            have its colour, see :func:`.pack_pairs`.
        region (Tensor): (P, h, w) bool; a pair counts for each of its pixels
            in there, once or twice.
        dilation (int): Pixels to a neighbour. Defaults to 2.

    Returns:
        Tensor: (P,); 0 where there is no pair.
    """
    alone = softplus(-logits)
    total = logits.new_zeros(len(logits))
    number = torch.zeros_like(total)
    for bit, (down, right) in _FORWARD.items():
        here, there = _shifted(
            logits.shape[-2:], down * dilation, right * dilation
        )
        weight = (_has(packed, bit) & region)[here].to(logits.dtype)
        weight += (_has(packed, 7 - bit) & region)[there]
        apart = alone[here] + alone[there]
        apart = apart - softplus(-(logits[here] + logits[there]))
        total = total + (apart * weight).sum((1, 2))
        number = number + weight.sum((1, 2))
    return total / number.clamp(min=1)


def _has(packed: Tensor, bit: int) -> Tensor:
    return (packed >> bit) & 1 == 1


def _shifted(
    shape: torch.Size, down: int, right: int
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where both pixels of a pair are in the image: the one, the other."""
    height, width = shape
    rows = slice(0, max(height - down, 0)), slice(down, height)
    columns = (
        slice(max(-right, 0), width - max(right, 0)),
        slice(max(right, 0), width + min(right, 0)),
    )
    every = slice(None)
    return (every, rows[0], columns[0]), (every, rows[1], columns[1])
