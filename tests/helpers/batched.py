"""Images that are cut together, and by the method alone."""

import numpy as np

from mmcuts3d.cuts import MaskCut
from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.models.features import classical_features

#: Scenes in which no two patches tie for the seed: of such, which have the
#: very same edges, rounding chooses one.
SCENES = (
    (1, (96, 128)),
    (7, (96, 128)),
    (7, (128, 96)),
    (13, (96, 128)),
    (11, (96, 128)),
)


def noisy_scenes():
    """Images, features and depths: of two grids, one without structure."""
    images, features, depths = [], [], []
    for seed, size in SCENES:
        scene = make_scene(seed, size)
        clean = classical_features(scene.image)
        noise = np.random.default_rng(seed).normal(size=clean.shape)
        images.append(scene.image)
        features.append(clean + 0.6 * noise.astype(np.float32))
        low, high = scene.depth.min(), scene.depth.max()
        depths.append((scene.depth - low) / (high - low))
    features[3] = np.ones_like(features[3])
    return images, features, depths


def one_by_one(method, images, features, depths):
    if isinstance(method, MaskCut):
        return list(map(method, images, features))
    return list(map(method, images, features, depths))


def assert_equal(actual, expected):
    for got, want in zip(actual, expected, strict=True):
        assert len(got.steps) == len(want.steps)
        for mine, its in zip(got.steps, want.steps, strict=True):
            assert (mine.status, mine.seed) == (its.status, its.seed)
            assert mine.instance == its.instance
            for name in ('semantic_mask', 'local_cut', 'confidence', 'depth'):
                np.testing.assert_array_equal(
                    getattr(mine, name), getattr(its, name)
                )
            for name in ('eigenvector', 'eigenvalue', 'separation'):
                np.testing.assert_allclose(
                    getattr(mine, name),
                    getattr(its, name),
                    rtol=1e-6,
                    atol=1e-6,
                )
        for name in ('masks', 'patch_masks', 'scores', 'boxes'):
            np.testing.assert_array_equal(
                getattr(got, name), getattr(want, name)
            )
        np.testing.assert_array_equal(got.confidences, want.confidences)
