"""LAPACK's signs of a batch of eigenvectors; see ``eigenvector_sign.py``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..semantic.eigenvector_sign import sign_steps


def lapack_signs(
    multiply: Callable[[Tensor], Tensor], nodes: Tensor, vectors: Tensor
) -> NDArray[np.float64]:
    """The sign that LAPACK gives each of a batch of eigenvectors.

    The few steps of each run on the CPU; the products, together, on the
    device.

    Args:
        multiply: Product of (B, n) float64 with the matrices M, whose
            second largest eigenvectors are given; LAPACK sees 1 - M.
        nodes: (B, n) bool, the nodes of each graph.
        vectors: (B, n) float64, the eigenvectors.

    Returns:
        (B,) of 1 and -1; 1 where LAPACK's is not clear.
    """
    masks = nodes.cpu().numpy()
    known = vectors.cpu().numpy()
    runs = [
        sign_steps(np.ascontiguousarray(vector[mask]))
        for vector, mask in zip(known, masks, strict=True)
    ]
    signs = np.ones(len(runs))
    columns = np.zeros(masks.shape)
    going = []
    for place, run in enumerate(runs):
        columns[place, masks[place]] = next(run)
        going.append(place)
    while going:
        asked = torch.from_numpy(columns).to(vectors)
        products = (asked - multiply(asked)).cpu().numpy()
        left = []
        for place in going:
            mask = masks[place]
            try:
                column = runs[place].send(products[place, mask])
            except StopIteration as end:
                signs[place] = end.value or 1
            else:
                columns[place, mask] = column
                left.append(place)
        going = left
    return signs
