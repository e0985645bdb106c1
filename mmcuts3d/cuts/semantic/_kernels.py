"""Compiled loops of the patch graph (numba, on first call).

Plain single-threaded loops in a fixed order: a run repeats to the bit.
Import this module inside functions only: numba takes its time to import.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Bytes of a row that are looked up together: their tables of partial sums
#: fit into the first cache.
BLOCK = 16


@njit(cache=True)
def bit_product(
    bits: NDArray[np.uint8],
    values: NDArray[np.float64],
    product: NDArray[np.float64],
) -> None:
    """A matrix of bits times a vector, by tables of partial sums.

    For each eight columns the sums of all 256 subsets of their values are
    made once; a row then looks one up for each of its bytes.

    Args:
        bits: (blocks, n, 16) uint8, the rows in blocks of 16 bytes; the
            least bit is the first column.
        values: (blocks * 128,) float64.
        product: (n,) float64, written.
    """
    blocks, number, width = bits.shape
    sums = np.empty((width, 256))
    product[:] = 0
    for block in range(blocks):
        for byte in range(width):
            first = (block * width + byte) * 8
            sums[byte, 0] = 0.0
            size = 1
            for bit in range(8):
                value = values[first + bit]
                for subset in range(size):
                    sums[byte, size + subset] = sums[byte, subset] + value
                size *= 2
        for row in range(number):
            even = 0.0
            odd = 0.0
            for byte in range(0, width, 2):
                even += sums[byte, bits[block, row, byte]]
                odd += sums[byte + 1, bits[block, row, byte + 1]]
            product[row] += even + odd
