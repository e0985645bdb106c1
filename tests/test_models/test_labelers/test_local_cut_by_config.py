"""LocalCut by its name in a config: it splits masks of any origin."""

import numpy as np
import pytest
from mmengine.registry import TASK_UTILS

from mmcuts3d.cuts import LocalCut

SIZE = (60, 60)


@pytest.fixture
def blocks():
    """Two blocks side by side, the left one nearer, before a far wall."""
    mask = np.zeros(SIZE, bool)
    mask[20:40, 10:50] = True
    depth = np.ones(SIZE, np.float32)
    depth[20:40, 10:30] = 0.2
    depth[20:40, 30:50] = 0.5
    return mask, depth


def test_a_config_splits_a_mask(blocks):
    mask, depth = blocks
    config = {'type': 'mmcuts3d.LocalCut', 'tau_knn': 0.115}
    local_cut = TASK_UTILS.build(config)
    assert isinstance(local_cut, LocalCut)
    parts = local_cut.split(mask, depth)
    assert len(parts) == 2
    left = np.zeros(SIZE, bool)
    left[20:40, 10:30] = True
    expected = {left.tobytes(), (mask & ~left).tobytes()}
    assert {np.asarray(part).tobytes() for part in parts} == expected


def test_settings_arrive(blocks):
    mask, depth = blocks
    config = {'type': 'mmcuts3d.LocalCut', 'z_scale': 0.0}
    (whole,) = TASK_UTILS.build(config).split(mask, depth)
    np.testing.assert_array_equal(whole, mask)
    with pytest.raises(ValueError, match='`tau_knn`'):
        TASK_UTILS.build({'type': 'mmcuts3d.LocalCut', 'tau_knn': 0})
