"""Arithmetic that gives the same on every device, batch and thread count."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

#: Bits of an integer that float32, TF32 and float16 hold exactly.
SLICE_BITS = 11
#: Bits of the significand of float32, in which products are added.
SUM_BITS = 24
#: Bits of a vector's largest element that products see: as many as float64.
VECTOR_BITS = 53


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Products of float32 matrices in float32, whatever is allowed outside.

    TensorFloat-32 and half precision keep three digits: not enough to compare
    with a threshold.

    Args:
        device: Where the products are made.
    """
    switches = _switches()
    before = [getattr(owner, name) for owner, name, _ in switches]
    for owner, name, value in switches:
        setattr(owner, name, value)
    try:
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        for (owner, name, _), value in zip(switches, before, strict=True):
            setattr(owner, name, value)


def _switches() -> list[tuple[Any, str, Any]]:
    """What decides on precision in this version of torch."""
    backends: Any = torch.backends
    if hasattr(backends.cuda.matmul, 'fp32_precision'):  # from 2.9 on
        return [
            (backends.cuda.matmul, 'fp32_precision', 'ieee'),
            (backends.mkldnn.matmul, 'fp32_precision', 'ieee'),
        ]
    return [(backends.cuda.matmul, 'allow_tf32', False)]


def binary_product(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Products of matrices of 0 and 1 with vectors, as exact as float64.

    A vector is split into integers of a few bits, so that float32 adds up
    each of them without rounding: the result is that of float64 at half of
    its memory traffic, and no order of summation changes a bit of it.

    Args:
        matrices: (B, n, n) float32, symmetric, elements 0 or 1.
        vectors: (B, n) float64.

    Returns:
        (B, n) float64.
    """
    number = matrices.shape[-1]
    # A sum of n integers of `bits` bits (one of them the sign) is exact.
    bits = min(SLICE_BITS, SUM_BITS - math.ceil(math.log2(max(number, 2))) + 1)
    largest = vectors.abs().amax(dim=1, keepdim=True)
    # A power of two, so that scaling by it rounds nothing.
    scale = largest / torch.frexp(largest).mantissa
    scale = torch.where(largest > 0, scale, 1)
    rest = vectors / scale * 2.0 ** (bits - 1)
    slices = []
    for _ in range(math.ceil(VECTOR_BITS / bits)):
        part = torch.round(rest)
        slices.append(part)
        rest = (rest - part) * 2.0**bits
    parts = torch.stack(slices, dim=1).float()
    with full_precision(
        vectors.device
    ):  # rows from the left: matrices are read in order
        sums = torch.bmm(parts, matrices).double()
    total = torch.zeros_like(vectors)
    for place in reversed(range(len(slices))):
        total = total * 2.0**-bits + sums[:, place]
    return total * 2.0 ** (1 - bits) * scale
