"""Sparse voxels against dense arrays."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from projects.unscene3d.unscene3d.models import voxel_conv
from projects.unscene3d.unscene3d.models.segment_pooling import pool_segments
from projects.unscene3d.unscene3d.models.voxel_conv import (
    DownConv,
    SubmanifoldConv,
    UpConv,
)
from projects.unscene3d.unscene3d.models.voxel_grid import voxel_levels


def middles(coords):
    return (coords.float() + 0.5) * 0.1


def all_places(*size):
    axes = [torch.arange(n) for n in size]
    return torch.stack(torch.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3)


def some_places(seed, number=60, side=6):
    random = torch.Generator().manual_seed(seed)
    places = torch.randint(0, side, (number, 3), generator=random)
    places[0] = 0  # where the grid begins
    return places


def dense(level, features, size):
    """(C, X, Y, Z) of the first scene, zeros where there is no voxel."""
    grid = features.new_zeros(*size, features.shape[1])
    x, y, z = level.coords[:, 1:].T
    grid[x, y, z] = features
    return grid.movedim(-1, 0)


def at(level, grid):
    x, y, z = level.coords[:, 1:].T
    return grid[:, x, y, z].T


@pytest.mark.parametrize('block', [2**24, 200])
@pytest.mark.parametrize('places', ['all', 'some'])
def test_convolution_and_gradients_are_those_of_conv3d(
    places, block, monkeypatch
):
    monkeypatch.setattr(voxel_conv, '_BLOCK', block)
    torch.manual_seed(0)
    size = (5, 4, 6) if places == 'all' else (6, 6, 6)
    chosen = all_places(*size) if places == 'all' else some_places(1)
    (level, *_), _ = voxel_levels([middles(chosen)], 0.1, 1)
    conv = SubmanifoldConv(3, 7).double()
    features = torch.randn(len(level), 3, dtype=torch.double)
    upstream = torch.randn(len(level), 7, dtype=torch.double)
    results = []
    for sparse in (True, False):
        x = features.clone().requires_grad_()
        conv.zero_grad()
        if sparse:
            y = conv(x, level)
        else:
            weight = conv.conv.weight.movedim(-1, 1)
            grid = F.conv3d(dense(level, x, size)[None], weight, padding=1)
            y = at(level, grid[0])
        (y * upstream).sum().backward()
        results.append((y, x.grad, conv.conv.weight.grad.clone()))
    for mine, reference in zip(*results, strict=True):
        torch.testing.assert_close(mine, reference)


def test_steps_between_levels_are_those_of_conv3d():
    torch.manual_seed(0)
    (fine, coarse), (_, place) = voxel_levels(
        [middles(some_places(2))], 0.1, 2
    )
    x = torch.randn(len(fine), 3)
    down = DownConv(3, 5)
    weight = down.linear.weight.reshape(5, 2, 2, 2, 3).movedim(-1, 1)
    grid = F.conv3d(dense(fine, x, (6, 6, 6))[None], weight, stride=2)
    torch.testing.assert_close(down(x, coarse), at(coarse, grid[0]))
    up = UpConv(5, 3)
    y = torch.randn(len(coarse), 5)
    weight = up.linear.weight.reshape(2, 2, 2, 3, 5).movedim((4, 3), (0, 1))
    grid = F.conv_transpose3d(
        dense(coarse, y, (3, 3, 3))[None], weight, stride=2
    )
    torch.testing.assert_close(up(y, fine), at(fine, grid[0]))
    assert (coarse.coords[place][:, 1:] == some_places(2) // 2).all()


def test_scenes_of_a_batch_do_not_touch():
    torch.manual_seed(0)
    conv = SubmanifoldConv(3, 3)
    parts = [middles(some_places(seed)) for seed in (1, 2)]
    alone = [voxel_levels([p], 0.1, 3)[0] for p in parts]
    both, places = voxel_levels(parts, 0.1, 3)
    for number, level in enumerate(both):
        assert len(level) == sum(len(a[number]) for a in alone)
        assert len(places[number]) == 120
    x = torch.randn(len(both[0]), 3)
    cut = len(alone[0][0])
    expected = [conv(x[:cut], alone[0][0]), conv(x[cut:], alone[1][0])]
    torch.testing.assert_close(conv(x, both[0]), torch.cat(expected))


def test_spconv_computes_the_same():
    pytest.importorskip('spconv.pytorch')
    torch.manual_seed(0)
    (level,), _ = voxel_levels([middles(some_places(3))], 0.1, 1)
    mine, other = SubmanifoldConv(4, 6), SubmanifoldConv(4, 6, 'spconv')
    other.load_state_dict(mine.state_dict())
    x = torch.randn(len(level), 4)
    with torch.no_grad():
        torch.testing.assert_close(
            mine(x, level), other(x, level), rtol=1e-4, atol=1e-5
        )
    with pytest.raises(ValueError, match='a GPU to train'):
        other(x, level)


def test_missing_spconv_is_said(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'spconv', None)
    with pytest.raises(ValueError, match='pip install spconv'):
        SubmanifoldConv(3, 3, 'spconv')
    with pytest.raises(ValueError, match='to be one of'):
        SubmanifoldConv(3, 3, 'minkowski')


def test_pooling_is_that_of_vertices():
    rng = np.random.default_rng(0)
    voxel = rng.integers(0, 9, 200)
    segment = np.r_[np.arange(6), rng.integers(0, 6, 194)]
    features = rng.normal(size=(9, 4)).astype(np.float32)
    pooled = pool_segments(
        torch.from_numpy(features),
        torch.from_numpy(voxel),
        torch.from_numpy(segment),
        6,
    )
    for number in range(6):
        rows = features[voxel[segment == number]]
        expected = np.r_[rows.mean(0), rows.max(0)]
        np.testing.assert_allclose(pooled[number], expected, rtol=1e-5)
