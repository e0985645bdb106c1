"""The strong edges of the patch graph: which pairs of patches are alike.

The binarised graph of MaskCut has two weights only, so that a bit a pair says
all of it: 1.6 MB for 3600 patches, where the affinities take 52 MB.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_affinity, check_literal, check_range
from .affinity import unit_vectors
from .spatial_importance import PairRule, pair_powers

MAX_ODD = 1e-4  # share of pairs that rounding at the threshold may put at odds
TILE = 512


class StrongEdges:
    """A symmetric relation of n patches, a bit a pair; it is not changed.

    Args:
        strong: (n, n) bool, symmetric; loops count as they stand.
    """

    def __init__(self, strong: NDArray[np.bool_]) -> None:
        from ._kernels import BLOCK

        self.number = len(strong)
        rows = np.packbits(strong, axis=1, bitorder='little')
        rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % BLOCK)))
        blocks = rows.reshape(self.number, -1, BLOCK).transpose(1, 0, 2)
        self._bits: NDArray[np.uint8] = np.ascontiguousarray(blocks)

    @classmethod
    def of_affinity(cls, affinity: ArrayLike, tau: float) -> StrongEdges:
        """The pairs of an affinity matrix above a threshold.

        Args:
            affinity: (n, n) float, symmetric. Of a pair that rounding puts
                on both sides of `tau`, the weaker direction counts.
            tau: Threshold in [0, 1].

        Raises:
            ValueError: If `affinity` is not square, symmetric and finite.
        """
        matrix = check_affinity(affinity)
        return cls(_symmetric(matrix > check_range('tau', tau, 0, 1)))

    @classmethod
    def of_features(
        cls,
        features: ArrayLike,
        tau: float,
        importance: NDArray[np.float32] | None = None,
        pair_rule: PairRule = 'mean',
    ) -> StrongEdges:
        """The pairs of patches whose (sharpened) similarity is above `tau`.

        What :func:`affinity` and :func:`sharpen` give, compared with the
        threshold, tile by tile and without their matrices: W^e > tau where
        e log W > log tau.

        Args:
            features: (C, h, w) float.
            tau: Threshold in [0, 1].
            importance: (h, w) float in [0, 1]. Defaults to None: the
                affinities are not sharpened.
            pair_rule: See :func:`sharpen`. Defaults to 'mean'.

        Raises:
            ValueError: If the two do not belong to the same grid, or a
                setting is out of range.
        """
        unit = unit_vectors(features)
        return cls.of_units(unit, tau, importance, pair_rule)

    @classmethod
    def of_units(
        cls,
        unit: NDArray[np.float32],
        tau: float,
        importance: NDArray[np.float32] | None = None,
        pair_rule: PairRule = 'mean',
    ) -> StrongEdges:
        """The same of (C, h*w) features of length 1."""
        check_range('tau', tau, 0, 1)
        check_literal('pair_rule', pair_rule, PairRule)
        number = unit.shape[1]
        exponent = None
        if importance is not None:
            exponent = (1 - importance.ravel()).astype(np.float32)
            if exponent.size != number:
                raise ValueError(
                    'Expected argument `importance` to have one value per '
                    f'patch ({number}), but got {exponent.size}.'
                )
        rows = np.ascontiguousarray(unit.T)
        strong = np.empty((number, number), bool)
        starts = range(0, number, TILE)
        for i in starts:
            down = slice(i, i + TILE)
            for j in starts[i // TILE :]:
                right = slice(j, j + TILE)
                cosines: NDArray[np.float32] = rows[down] @ unit[:, right]
                if exponent is None:
                    tile = cosines > tau
                else:
                    tile = _exceeds(
                        cosines,
                        tau,
                        exponent[down],
                        exponent[right],
                        pair_rule,
                    )
                if i == j:  # by rounding the two directions can differ
                    tile &= tile.T
                strong[down, right] = tile
                strong[right, down] = tile.T
        return cls(strong)

    def __len__(self) -> int:
        return self.number

    @cached_property
    def degrees(self) -> NDArray[np.int64]:
        """(n,) int64, strong edges of each patch, loops included."""
        counted = self.product(np.ones(self.number))
        return np.asarray(counted, np.int64)

    @cached_property
    def num_between(self) -> int:
        """Strong edges between different patches, each in both directions."""
        index = np.arange(self.number)
        block, byte = np.divmod(index >> 3, self._bits.shape[2])
        loops = self._bits[block, index, byte] >> (index & 7).astype(np.uint8)
        return int(self.degrees.sum() - (loops & 1).sum())

    def product(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) float64, for each patch the sum over its strong edges.

        Args:
            values: (n,) float64.
        """
        from ._kernels import bit_product

        blocks, _, width = self._bits.shape
        padded = np.zeros(blocks * width * 8)
        padded[: self.number] = values
        product = np.empty(self.number)
        bit_product(self._bits, padded, product)
        return product

    def without(self, gone: NDArray[np.bool_]) -> StrongEdges:
        """The same patches, some of which have no strong edge any more.

        Args:
            gone: (n,) or (h, w) bool.

        Raises:
            ValueError: If `gone` is of another grid.
        """
        if gone.size != self.number:
            raise ValueError(
                f'Expected a mask of {self.number} patches, but got '
                f'{gone.size}.'
            )
        if not gone.any():
            return self
        kept = ~gone.ravel()
        result = object.__new__(StrongEdges)
        result.number = self.number
        blocks, _, width = self._bits.shape
        columns = np.zeros(blocks * width * 8, bool)
        columns[: self.number] = kept
        mask = np.packbits(columns, bitorder='little').reshape(
            blocks, 1, width
        )
        result._bits = self._bits & mask
        result._bits[:, ~kept] = 0
        return result

    def to_array(self) -> NDArray[np.bool_]:
        """(n, n) bool."""
        rows = self._bits.transpose(1, 0, 2).reshape(self.number, -1)
        bits = np.unpackbits(
            rows, axis=1, count=self.number, bitorder='little'
        )
        return np.asarray(bits, bool)


def _exceeds(
    cosines: NDArray[np.float32],
    tau: float,
    down: NDArray[np.float32],
    right: NDArray[np.float32],
    pair_rule: PairRule,
) -> NDArray[np.bool_]:
    """Whether sharpened cosines exceed a threshold; `cosines` is changed.

    Cosines of 0 or less have no logarithm and exceed nothing.
    """
    with np.errstate(divide='ignore', invalid='ignore'):
        logarithms = np.log(cosines, out=cosines)
        powers = pair_powers(down, right, pair_rule)
        if pair_rule == 'row':
            sharpened = np.exp(logarithms * powers)
            sharpened += np.exp(logarithms * right)
            return np.asarray(0.5 * sharpened > tau)
        logarithms *= powers
        return np.asarray(logarithms > np.float32(np.log(tau)))


def _symmetric(strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Check symmetry; settle the few pairs that rounding put at odds."""
    number = len(strong)
    starts = range(0, number, TILE)
    # Tile by tile: the transpose of the whole would miss every cache line.
    tiles = [(i, j) for i in starts for j in starts if j <= i]
    odd = sum(
        np.count_nonzero(
            strong[i : i + TILE, j : j + TILE]
            != strong[j : j + TILE, i : i + TILE].T
        )
        // (2 if i == j else 1)  # a tile on the diagonal shows pairs twice
        for i, j in tiles
    )
    if odd > MAX_ODD * number**2:
        raise ValueError(
            'Expected argument `affinity` to be symmetric, '
            f'but got {odd} pairs that are strong in one direction only.'
        )
    return strong & strong.T if odd else strong
