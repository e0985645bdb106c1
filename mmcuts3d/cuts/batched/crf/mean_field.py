"""Mean-field inference in torch: the twin of ``cuts/crf/mean_field.py``.

One image at a time: the shares of its pixels, a million and more, fill a
device by themselves, and an image's arithmetic then does not depend on the
rest of its batch, nor does memory grow with it.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from .lattice import Lattice


class ImageCRF:
    """The CRF of one image: made once, asked for any number of masks.

    Args:
        image: (H, W, 3) uint8 RGB, on the device of all that follows.
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
        image: Tensor,
        gaussian_weight: float,
        gaussian_sxy: float,
        bilateral_weight: float,
        bilateral_sxy: float,
        bilateral_srgb: float,
    ) -> None:
        height, width = image.shape[:2]
        self.terms: list[tuple[float, Lattice]] = []
        if gaussian_weight:
            smooth = _lattice_of_size(
                height, width, float(gaussian_sxy), image.device
            )
            self.terms.append((gaussian_weight, smooth))
        if bilateral_weight:
            places = _places(height, width, image.device) / bilateral_sxy
            colours = image.reshape(-1, 3).float() / bilateral_srgb
            points = torch.cat([places, colours], dim=1)
            self.terms.append((bilateral_weight, Lattice.of(points)))

    def __call__(self, log_odds: Tensor, iterations: int) -> Tensor:
        """Refine masks.

        Args:
            log_odds: (M, P) float32, of the foreground, by the unary.
            iterations: Steps of the inference.

        Returns:
            (M, P) bool, where the foreground is likelier.
        """
        unary = log_odds.T.contiguous()
        signs = _expected_sign(unary)
        for _ in range(iterations):
            messages = torch.zeros_like(unary)
            for weight, lattice in self.terms:
                messages += weight * lattice.filter(signs)
            before, signs = signs, _expected_sign(unary + messages)
            if torch.equal(before, signs):
                break  # a fixed point: later steps repeat it
        return (signs > 0).T.contiguous()


def _expected_sign(logits: Tensor) -> Tensor:
    """The marginal of the foreground less that of the background."""
    return 2 / (1 + torch.exp(-logits)) - 1


def _places(height: int, width: int, device: torch.device) -> Tensor:
    """(P, 2) float32, x and y of each pixel."""
    rows = torch.arange(height, dtype=torch.float32, device=device)
    columns = torch.arange(width, dtype=torch.float32, device=device)
    y, x = torch.meshgrid(rows, columns, indexing='ij')
    return torch.stack([x.flatten(), y.flatten()], dim=1)


@lru_cache(maxsize=4)
def _lattice_of_size(
    height: int, width: int, sxy: float, device: torch.device
) -> Lattice:
    """The lattice of the smoothness term: of the size alone."""
    return Lattice.of(_places(height, width, device) / sxy)
