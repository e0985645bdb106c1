"""Scenes whose cuts are known, for the tests of cuts/."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers import shared_data


@pytest.fixture
def squares():
    """Two touching squares of one kind at two depths, on a far ground.

    The features know two kinds only (object, ground), so a semantic cut
    takes both squares at once, and depth alone tells them apart.
    """

    def make(near=0.3, far=0.5, grid=24, pixels=8):
        left = np.zeros((grid, grid), bool)
        right = np.zeros((grid, grid), bool)
        middle = grid // 2
        left[middle - 4 : middle + 4, middle - 7 : middle] = True
        right[middle - 5 : middle + 4, middle : middle + 6] = True
        both = left | right
        depth = np.select([left, right], [near, far], 0.9)
        features = np.stack([both, ~both]).astype(np.float32)
        cell = np.ones((pixels, pixels), np.uint8)
        image = np.stack(
            [np.kron(part, cell) * 180 + 30 for part in (left, right, both)],
            axis=-1,
        ).astype(np.uint8)
        return SimpleNamespace(
            image=image,
            features=features,
            depth=depth.astype(np.float32),
            left=left,
            right=right,
            both=both,
        )

    return make


@pytest.fixture
def real_features():
    """Dense features (64, 60, 60) of a real photograph, by folder and name."""

    def load(folder, name):
        path = shared_data(folder, 'features_mobilenetv2', f'{name}.npz')
        with np.load(path) as data:
            return data['features'].astype(np.float32) * data['scale']

    return load
