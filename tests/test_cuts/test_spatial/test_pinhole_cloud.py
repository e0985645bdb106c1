"""The pinhole's point cloud against projection by its definition."""

import numpy as np
import pytest

from mmcuts3d.cuts import focal_length, pinhole_cloud


def test_a_field_of_view_of_90_degrees():
    # Half the width at distance 1 is tan 45° = 1: the outer edges of the
    # image are at x = ±1, the centres of four pixels at ±0.75 and ±0.25.
    cloud = pinhole_cloud(np.ones((2, 4)), field_of_view=90)
    x, y, z = cloud.reshape(2, 4, 3).transpose(2, 0, 1)
    np.testing.assert_allclose(x[0], [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(x[1], x[0])
    np.testing.assert_allclose(y[:, 0], [-0.25, 0.25])
    assert (z == 1).all()
    assert focal_length(90) == pytest.approx(0.5)


def test_projecting_back_finds_the_pixels():
    depth = np.random.default_rng(0).uniform(0.5, 3, (5, 7))
    cloud = pinhole_cloud(depth, field_of_view=55).reshape(5, 7, 3)
    f = 7 * focal_length(55)
    columns = f * cloud[..., 0] / cloud[..., 2] + 3.5 - 0.5
    rows = f * cloud[..., 1] / cloud[..., 2] + 2.5 - 0.5
    np.testing.assert_allclose(columns, np.indices((5, 7))[1], atol=1e-9)
    np.testing.assert_allclose(rows, np.indices((5, 7))[0], atol=1e-9)
    np.testing.assert_array_equal(cloud[..., 2], depth)


def test_batches_and_focal_lengths():
    depth = np.random.default_rng(1).random((3, 4, 6)).astype(np.float32)
    together = pinhole_cloud(depth, focal=0.8)
    assert together.shape == (3, 24, 3)
    for one, mine in zip(depth, together, strict=True):
        assert np.array_equal(pinhole_cloud(one, focal=0.8), mine)
    assert np.array_equal(
        pinhole_cloud(depth[0], 70),
        pinhole_cloud(depth[0], focal=focal_length(70)),
    )


def test_depth_0_is_the_pinhole():
    assert not pinhole_cloud(np.zeros((3, 3))).any()


@pytest.mark.parametrize(
    'change,words',
    [
        ({'depth': np.ones(4)}, r'`depth` .*shape \(4,\)'),
        ({'depth': np.ones((0, 4))}, r'`depth` .*shape \(0, 4\)'),
        ({'depth': [[1.0, np.nan]]}, '1 of 2 values'),
        ({'depth': [[-1.0, 1.0]]}, 'not negative, but got 1 of 2'),
        ({'field_of_view': 0}, '`field_of_view`.* but got 0'),
        ({'field_of_view': 180}, '`field_of_view`.* but got 180'),
        ({'focal': 0}, '`focal`.* but got 0'),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        pinhole_cloud(**(dict(depth=np.ones((2, 2))) | change))
