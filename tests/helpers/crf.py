"""What the dense CRF and its lattice are compared with."""

import numpy as np
import pytest


def crf_scene():
    """An image (40, 56, 3), a mask of its object that is off, and the mask."""
    rng = np.random.default_rng(0)
    mask = np.zeros((40, 56), bool)
    mask[8:30, 12:40] = True
    image = np.where(mask[..., None], 180, 70) + rng.integers(
        0, 30, (40, 56, 3)
    )
    rough = np.roll(mask, (3, -2), (0, 1))
    return image.astype(np.uint8), rough, mask


def pydensecrf_recipe(image, mask):
    """Two labels, softmax of (1 - m, m), 10 rounds, the published terms."""
    densecrf = pytest.importorskip('pydensecrf.densecrf')
    utils = pytest.importorskip('pydensecrf.utils')
    logits = np.stack([1.0 - mask, mask])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=0)
    height, width = mask.shape
    unary = utils.unary_from_softmax(probabilities.reshape(2, -1))
    model = densecrf.DenseCRF2D(width, height, 2)
    model.setUnaryEnergy(np.ascontiguousarray(unary, np.float32))
    model.addPairwiseGaussian(sxy=3, compat=7)
    model.addPairwiseBilateral(
        sxy=50, srgb=5, rgbim=np.ascontiguousarray(image), compat=10
    )
    marginals = np.array(model.inference(10)).reshape(2, height, width)
    return np.argmax(marginals, axis=0).astype(bool)


def gaussian_filter(points, values):
    """Values (P, C) at points (P, d), filtered without a lattice."""
    far = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    kernel = np.exp(-far / 2)
    root = 1 / np.sqrt(kernel.sum(axis=1))
    return root[:, None] * (kernel @ (root[:, None] * values))
