"""Class-level features of an image, and how they are made worse.

The signal of a patch is the direction of its class, see ``classes.py``; all
instances of a category are the same to the features. Directions are unit
vectors in 64 dimensions with a cosine of 0.02 between any two. Everything is
seeded by the image, and an image has the same directions and the same noise,
at another scale, in every row: rows differ by what they name, by nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

DIMENSIONS = 64
COSINE = 0.02


@dataclass(frozen=True)
class Mixture:
    """What the features of a patch are made of, as shares of their energy.

    Two patches far apart have a cosine of about `offset` if they are of
    different classes and of `offset` + `signal` if they are of one;
    neighbours have up to `drift` more.

    Attributes:
        signal: Share of the direction of the class.
        noise: Share of noise that is independent from patch to patch.
        offset: Share of one direction that all patches have in common.
        drift: Share of a direction that changes smoothly over the image, as
            position and parts of things do.
        artefacts: Share of the *patches* that are of one direction of their
            own, whatever they show.
    """

    signal: float
    noise: float
    offset: float = 0.0
    drift: float = 0.0
    artefacts: float = 0.0

    def __post_init__(self) -> None:
        parts = (self.signal, self.noise, self.offset, self.drift)
        if min(parts) < 0 or abs(sum(parts) - 1) > 1e-9:
            raise ValueError(
                'Expected the shares of signal, noise, offset and drift to '
                f'add up to 1, but got {parts}.'
            )
        if not 0 <= self.artefacts < 1:
            raise ValueError(
                'Expected argument `artefacts` to be in [0, 1), but got '
                f'{self.artefacts}.'
            )


#: The statistics of three backbones, one of them with registers and without,
#: made up. No self-supervised weights can be had where this is measured, so
#: nothing here was measured on them. What the numbers rest on is published:
#: MaskCut and TokenCut part DINO's keys at 0.15 and 0.2, so that unlike
#: patches lie below and like ones above; recipes for the output tokens of
#: DINOv2 and DINOv3 have thresholds up to 0.8, so that all cosines lie higher
#: and closer together; without registers about 2 % of DINOv2's tokens have a
#: high norm and do not say what they show (Darcet et al., Vision Transformers
#: Need Registers, ICLR 2024). The classes part near 0.25, 0.4 and 0.6.
BACKBONES = {
    'dino-keys': Mixture(signal=0.40, noise=0.40, offset=0.05, drift=0.15),
    'dinov2-tokens': Mixture(signal=0.40, noise=0.25, offset=0.20, drift=0.15),
    'dinov2-artefacts': Mixture(
        signal=0.40, noise=0.25, offset=0.20, drift=0.15, artefacts=0.02
    ),
    'dinov3-tokens': Mixture(signal=0.30, noise=0.15, offset=0.45, drift=0.10),
}
#: Width of what changes smoothly, in patches; dimensions that it has.
DRIFT_SIGMA, DRIFT_DIMENSIONS = 8.0, 8


def noisy(noise: float, offset: float = 0.0) -> Mixture:
    """Features with noise and a cosine offset.

    Args:
        noise: Length of the noise of a patch over that of its signal: two
            patches of a class have a cosine of 1 / (1 + noise²).
        offset: A cosine c becomes offset + (1 - offset) c, by a direction
            that all patches have in common.

    Raises:
        ValueError: If the noise is negative, or the offset not in [0, 1).
    """
    if noise < 0 or not 0 <= offset < 1:
        raise ValueError(
            'Expected a noise of at least 0 and an offset in [0, 1), but got '
            f'{noise} and {offset}.'
        )
    signal = (1 - offset) / (1 + noise**2)
    return Mixture(signal, 1 - offset - signal, offset)


def class_features(
    image_id: int, classes: np.ndarray, mixture: Mixture
) -> np.ndarray:
    """(64, h, w) float32, the features of an image.

    Args:
        image_id: Seeds what is random.
        classes: (h, w) int, the class of each patch, from 0.
        mixture: What the features are made of.

    Raises:
        ValueError: If there are more than 62 classes.
    """
    number = int(classes.max()) + 1
    if number + 2 > DIMENSIONS:
        raise ValueError(
            f'Expected at most {DIMENSIONS - 2} classes in an image, but '
            f'got {number}.'
        )
    rng = np.random.default_rng([image_id, 9])
    basis = np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))[0].T
    signal = class_directions(basis[:number])[classes]
    noise = rng.normal(size=(*classes.shape, DIMENSIONS)) / np.sqrt(DIMENSIONS)
    features = (
        np.sqrt(mixture.signal) * signal
        + np.sqrt(mixture.noise) * noise
        + np.sqrt(mixture.offset) * basis[number]
        + np.sqrt(mixture.drift) * smooth_directions(rng, basis, classes.shape)
    )
    artefact = rng.random(classes.shape) < mixture.artefacts
    features[artefact] = basis[number + 1] + 0.3 * noise[artefact]
    return features.transpose(2, 0, 1).astype(np.float32)


def class_directions(basis: np.ndarray) -> np.ndarray:
    """(K, C) unit vectors with a cosine of 0.02 between any two.

    Args:
        basis: (K, C), orthogonal unit vectors.
    """
    number = len(basis)
    cosines = (1 - COSINE) * np.eye(number) + COSINE
    return np.linalg.cholesky(cosines) @ basis


def smooth_directions(
    rng: np.random.Generator, basis: np.ndarray, grid: tuple[int, int]
) -> np.ndarray:
    """(h, w, C) unit vectors that change smoothly over the grid."""
    field = rng.normal(size=(DRIFT_DIMENSIONS, *grid))
    field = gaussian_filter(field, (0, DRIFT_SIGMA, DRIFT_SIGMA))
    field /= np.linalg.norm(field, axis=0)
    # The last directions of the basis: few images have so many classes.
    return np.einsum('dij,dc->ijc', field, basis[-DRIFT_DIMENSIONS:])
