"""PLY files: what is written is read again, here and by Open3D."""

import numpy as np
import pytest
from helpers.clouds import picture, two_walls

from mmcuts3d.visualization.ply import (
    load_edges,
    load_ply,
    save_edges,
    save_ply,
)
from mmcuts3d.visualization.point_cloud import (
    Cloud,
    build_point_cloud,
    upright,
)


def test_ply_round_trip(tmp_path):
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 255, (50, 3), dtype=np.uint8)
    cloud = Cloud(rng.normal(size=(50, 3)), colors)
    path = save_ply(cloud, tmp_path / 'new' / 'cloud.ply')
    loaded = load_ply(path)
    assert np.allclose(loaded.points, cloud.points, atol=1e-6)
    assert np.array_equal(loaded.colors, colors)


def test_ply_keeps_instances_and_confidence(tmp_path):
    masks = np.zeros((2, 4, 4), bool)
    masks[0, :2], masks[1, 2:, :2] = True, True
    maps = np.array([[[0.5, 1.0]], [[0.25, 0.0]]])  # (2, 1, 2)
    image = picture(4, 4)
    plain, painted = (
        build_point_cloud(
            image, np.zeros((4, 4)), masks, confidences=maps, paint=paint
        )
        for paint in (False, True)
    )
    assert np.array_equal(plain.colors, image.reshape(-1, 3))
    assert not np.array_equal(painted.colors, plain.colors)
    loaded = load_ply(save_ply(plain, tmp_path / 'cloud.ply'))
    assert loaded.instances.reshape(4, 4).tolist() == [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 1, -1, -1],
        [1, 1, -1, -1],
    ]
    assert loaded.confidences.reshape(4, 4).tolist() == [
        [0.5, 0.5, 1, 1],
        [0.5, 0.5, 1, 1],
        [0.25, 0.25, 0, 0],
        [0.25, 0.25, 0, 0],
    ]
    sure = build_point_cloud(image, np.zeros((4, 4)), masks).confidences
    assert sure.reshape(4, 4)[2].tolist() == [1, 1, 0, 0]
    with pytest.raises(ValueError, match='confidences'):
        build_point_cloud(image, np.zeros((4, 4)), masks, confidences=maps[:1])


def test_edges_round_trip(tmp_path):
    ends = np.random.default_rng(0).normal(size=(7, 2, 3))
    path = save_edges(ends, tmp_path / 'new' / 'edges.ply')
    assert np.allclose(load_edges(path), ends, atol=1e-6)
    none = save_edges(np.zeros((0, 2, 3)), tmp_path / 'none.ply')
    assert load_edges(none).shape == (0, 2, 3)
    with pytest.raises(ValueError, match='save_ply'):
        load_ply(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match='save_edges'):
        load_edges(path)


def test_open3d_reads_the_edges(tmp_path):
    open3d = pytest.importorskip('open3d', reason='open3d is not installed')
    ends = np.random.default_rng(0).normal(size=(7, 2, 3))
    path = save_edges(ends, tmp_path / 'edges.ply')
    loaded = open3d.io.read_line_set(str(path))
    points = np.asarray(loaded.points)[np.asarray(loaded.lines)]
    assert np.allclose(points, upright(ends), atol=1e-6)


def test_open3d_reads_the_ply(tmp_path):
    open3d = pytest.importorskip('open3d', reason='open3d is not installed')
    cloud = two_walls()
    loaded = open3d.io.read_point_cloud(
        str(save_ply(cloud, tmp_path / 'cloud.ply'))
    )
    assert np.allclose(loaded.points, upright(cloud.points), atol=1e-6)
    assert np.allclose(np.asarray(loaded.colors) * 255, cloud.colors)


def test_ply_of_somebody_else(tmp_path):
    path = tmp_path / 'cloud.ply'
    path.write_text('ply\nformat ascii 1.0\nend_header\n')
    with pytest.raises(ValueError, match='save_ply'):
        load_ply(path)
