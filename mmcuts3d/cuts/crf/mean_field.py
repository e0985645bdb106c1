"""Mean-field inference of the dense CRF of an image, for all its masks.

Kraehenbuehl and Koltun, "Efficient Inference in Fully Connected CRFs with
Gaussian Edge Potentials", 2011. With two labels Q0 + Q1 = 1, so that one
channel a mask suffices: s = Q1 - Q0 is filtered.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .lattice import Lattice


class ImageCRF:
    """The CRF of one image: made once, asked for any number of masks.

    Args:
        image: (H, W, 3) uint8 RGB.
        gaussian_weight: See :func:`mmcuts3d.cuts.dense_crf`, as the others.
        gaussian_sxy: Width in pixels.
        bilateral_weight: Weight of the appearance term.
        bilateral_sxy: Width in pixels.
        bilateral_srgb: Width in grey levels.

    Raises:
        ValueError: If a width is so small that the lattice has no numbers.
    """

    def __init__(
        self,
        image: NDArray[np.uint8],
        gaussian_weight: float,
        gaussian_sxy: float,
        bilateral_weight: float,
        bilateral_sxy: float,
        bilateral_srgb: float,
    ) -> None:
        height, width = image.shape[:2]
        self.terms: list[tuple[float, Lattice]] = []
        if gaussian_weight:
            smooth = _lattice_of_size(height, width, float(gaussian_sxy))
            self.terms.append((gaussian_weight, smooth))
        if bilateral_weight:
            places = _places(height, width) / np.float32(bilateral_sxy)
            colours = image.reshape(-1, 3) / np.float32(bilateral_srgb)
            points = np.concatenate([places, colours], axis=1)
            self.terms.append((bilateral_weight, Lattice.of(points)))

    def __call__(
        self, log_odds: NDArray[np.float32], iterations: int
    ) -> NDArray[np.bool_]:
        """Refine masks.

        Args:
            log_odds: (M, P) float32, of the foreground, by the unary.
            iterations: Steps of the inference.

        Returns:
            (M, P) bool, where the foreground is likelier.
        """
        refined = np.zeros(log_odds.shape, bool)
        for lanes, signs in self._inferred(log_odds, iterations):
            refined[lanes] = signs > 0
        return refined

    def probabilities(
        self, log_odds: NDArray[np.float32], iterations: int
    ) -> NDArray[np.float32]:
        """(M, P) float32 in [0, 1], how likely the foreground is.

        Args:
            log_odds: (M, P) float32, of the foreground, by the unary.
            iterations: Steps of the inference.
        """
        likely = np.zeros(log_odds.shape, np.float32)
        for lanes, signs in self._inferred(log_odds, iterations):
            likely[lanes] = (signs + 1) / 2
        return likely

    def label_marginals(
        self, unary: NDArray[np.float32], iterations: int
    ) -> NDArray[np.float32]:
        """(C, P) float32, how likely each of C labels is; they sum to 1.

        Labels that differ pay the same, whichever they are (Potts).

        Args:
            unary: (C, P) float32, log-probabilities.
            iterations: Steps of the inference.
        """
        from ._kernels import LANES
        from ._label_kernels import update_labels

        labels, pixels = unary.shape
        pairs = -(-labels // LANES)
        # As the filter takes them: a few labels side by side.
        padded = np.zeros((pairs * LANES, pixels), np.float32)
        padded[:labels] = unary
        lanes = np.ascontiguousarray(
            padded.reshape(pairs, LANES, pixels).swapaxes(1, 2)
        )
        marginals = np.zeros_like(lanes)
        messages = np.zeros_like(lanes)
        update_labels(marginals, lanes, messages, labels)
        for _ in range(iterations):
            for weight, lattice in self.terms:
                for mine, message in zip(marginals, messages, strict=True):
                    lattice.add_filtered(mine, message, weight)
            if update_labels(marginals, lanes, messages, labels) == 0:
                break  # a fixed point: later steps repeat it
        return marginals.swapaxes(1, 2).reshape(-1, pixels)[:labels]

    def _inferred(
        self, log_odds: NDArray[np.float32], iterations: int
    ) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """As many masks at a time as the kernels take, and their signs."""
        from ._kernels import LANES

        for begin in range(0, len(log_odds), LANES):
            lanes = slice(begin, begin + LANES)
            yield lanes, self._infer(log_odds[lanes], iterations)

    def _infer(
        self, log_odds: NDArray[np.float32], iterations: int
    ) -> NDArray[np.float32]:
        from ._kernels import LANES, update

        unary = np.zeros((log_odds.shape[1], LANES), np.float32)
        unary[:, : len(log_odds)] = log_odds.T
        signs = np.zeros_like(unary)
        messages = np.zeros_like(unary)
        update(signs, unary, messages, len(log_odds))
        for _ in range(iterations):
            for weight, lattice in self.terms:
                lattice.add_filtered(signs, messages, weight)
            if update(signs, unary, messages, len(log_odds)) == 0:
                break  # a fixed point: later steps repeat it
        return signs.T[: len(log_odds)]


def _places(height: int, width: int) -> NDArray[np.float32]:
    """(P, 2) float32, x and y of each pixel."""
    rows, columns = np.indices((height, width), np.float32)
    return np.stack([columns.ravel(), rows.ravel()], axis=1)


@lru_cache(maxsize=4)
def _lattice_of_size(height: int, width: int, sxy: float) -> Lattice:
    """The lattice of the smoothness term: of the size alone."""
    return Lattice.of(_places(height, width) / np.float32(sxy))
