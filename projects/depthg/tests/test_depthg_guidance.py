"""Depth as a guide: correlations, maps, schedule."""

import pytest
import torch
from torch import nn

from projects.depthg.depthg.guidance import (
    KINDS,
    DecaySchedule,
    DepthGuidance,
    depth_correlation,
    guidance_maps,
)
from projects.depthg.depthg.structures import SegDataSample

GRID = (2, 3)


def sample(depth=None, labels=None, name='a.png'):
    one = SegDataSample(metainfo=dict(img_path=name))
    if depth is not None:
        one.depth = depth
    if labels is not None:
        one.label_map = labels
    return one


def test_written_is_the_product():
    depth = torch.tensor([[[0.0, 0.5, 1.0]]])
    found = depth_correlation(depth, 'as_written')
    wanted = [[0, 0, 0], [0, 0.25, 0.5], [0, 0.5, 1]]
    assert found[0].tolist() == wanted


def test_released_knows_no_depth():
    """One channel of length 1 is 1: why the public term is a constant."""
    depth = torch.rand(2, 1, 5) + 0.1
    found = depth_correlation(depth, 'as_released')
    assert torch.allclose(found, torch.ones(2, 5, 5))
    features = torch.rand(2, 3, 5)  # of many channels it is the cosine
    found = depth_correlation(features, 'as_released')
    for i in range(5):
        for j in range(5):
            wanted = torch.cosine_similarity(
                features[0, :, i], features[0, :, j], dim=0
            )
            assert float(found[0, i, j]) == pytest.approx(float(wanted))


def test_closeness_is_one_minus_the_distance():
    depth = torch.rand(2, 1, 5)
    found = depth_correlation(depth, 'closeness')
    for b in range(2):
        for i in range(5):
            for j in range(5):
                wanted = 1 - abs(float(depth[b, 0, i] - depth[b, 0, j]))
                assert float(found[b, i, j]) == pytest.approx(wanted, abs=1e-6)
    many = depth_correlation(torch.eye(4)[None], 'closeness')
    assert float(many[0, 0, 1]) == pytest.approx(1 - (2 / 4) ** 0.5)


def test_depth_is_pooled():
    depth = torch.arange(24.0).reshape(4, 6) / 24
    images = torch.zeros(1, 3, 4, 6)
    found = guidance_maps('depth', [sample(depth)], images, GRID)
    assert found.shape == (1, 1, 2, 3)
    assert float(found[0, 0, 0, 0]) == pytest.approx(
        float(depth[:2, :2].mean())
    )


def test_planes():
    images = torch.zeros(2, 3, 4, 6)
    flat = guidance_maps('image_plane', [], images, (3, 2))
    assert flat.tolist() == torch.ones(2, 1, 3, 2).tolist()
    away = guidance_maps('perspective_plane', [], images, (3, 2))
    assert away[1, 0].tolist() == [[1, 1], [0.5, 0.5], [0, 0]]


def test_truth_is_the_share_of_classes():
    labels = torch.tensor([[0, 0, 2, 255], [0, 2, 2, 255]])
    images = torch.zeros(1, 3, 2, 4)
    found = guidance_maps('truth', [sample(labels=labels)], images, (1, 2))
    assert found[0, :, 0, 0].tolist() == [0.75, 0, 0.25]
    assert found[0, :, 0, 1].tolist() == [0, 0, 0.5]


class Doubled(nn.Module):
    def forward(self, images, data_samples=None):
        return 2 * images[:, :, ::2, ::2]


def test_features_of_another_network():
    images = torch.rand(1, 3, 4, 6)
    found = guidance_maps('features', [], images, GRID, Doubled())
    assert torch.allclose(found, 2 * images[:, :, ::2, ::2])


def test_a_flat_depth_says_nothing():
    """All points are equally close: after centring only the mean is left."""
    depth = torch.full((1, 1, 6), 0.4)
    found = depth_correlation(depth, 'closeness')
    assert torch.equal(found, torch.ones(1, 6, 6))


def test_missing_maps_are_named():
    images = torch.zeros(2, 3, 4, 6)
    both = [sample(torch.zeros(4, 6)), sample(name='b.png')]
    with pytest.raises(ValueError, match=r'depth for b\.png.*guidance=None'):
        guidance_maps('depth', both, images, GRID)
    with pytest.raises(ValueError, match=r'label map for a\.png'):
        guidance_maps('truth', both, images, GRID)


def test_kinds_and_sources():
    with pytest.raises(ValueError, match=r'`kind`.*sky'):
        DepthGuidance('sky')
    with pytest.raises(ValueError, match='without a source'):
        DepthGuidance('features')
    assert [DepthGuidance(k).kind for k in KINDS if k != 'features']
    with pytest.raises(ValueError, match='one of'):
        depth_correlation(torch.zeros(1, 1, 2), 'nearness')
    with pytest.raises(ValueError, match='shape'):
        depth_correlation(torch.zeros(1, 2))


def test_the_schedule_falls_in_steps():
    fall = DecaySchedule(every=250, factor=0.6)
    weights = [fall(0.19, step) for step in (0, 249, 250, 499, 500)]
    wanted = [0.19, 0.19, 0.114, 0.114, 0.0684]
    assert weights == pytest.approx(wanted)
    assert DecaySchedule()(0.13, 10**6) == 0.13
    with pytest.raises(ValueError, match='`every`'):
        DecaySchedule(every=0)
    with pytest.raises(ValueError, match='`factor`'):
        DecaySchedule(factor=1.5)
