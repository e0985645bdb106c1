from dataclasses import replace

import numpy as np
import pytest
from helpers import shared_data

from projects.unscene3d.unscene3d.scans import read_scene
from projects.unscene3d.unscene3d.segments import (
    Felzenszwalb,
    neighbour_graph,
    segments_from_labels,
)
from projects.unscene3d.unscene3d.structures import Scene


def box(side=12, at=(0, 0, 0), size=1.0):
    """A box of six squares, of (side + 1)² vertices each, and its faces.

    Neighbouring squares have vertices of their own at the same places.
    """
    line = np.linspace(0, size, side + 1)
    a, b = (grid.ravel() for grid in np.meshgrid(line, line, indexing='ij'))
    cell = np.arange(side)
    corner = (cell[:, None] * (side + 1) + cell).ravel()
    up, across = corner + side + 1, corner + 1
    square = np.concatenate(
        [
            np.stack([corner, up, across], axis=1),
            np.stack([up, up + 1, across], axis=1),
        ]
    )
    points, faces = [], []
    for axis in range(3):
        for height in (0, size):
            one = np.insert(np.stack([a, b], axis=1), axis, height, axis=1)
            # Seen from outside, corners go the other way round.
            outside = (
                square if (height > 0) == (axis != 1) else square[:, ::-1]
            )
            faces.append(outside + len(points) * len(a))
            points.append(one)
    return np.concatenate(points) + np.array(at), np.concatenate(faces)


def scene_of(points, **more):
    return Scene('made', np.asarray(points, np.float32), **more)


def same_partition(a, b):
    pairs = len(np.unique(np.stack([a, b]), axis=1).T)
    return pairs == len(np.unique(a)) == len(np.unique(b))


def sides(points, size=1.0):
    """Which side of the box each vertex is inside of; -1 at its edges."""
    found = np.full(len(points), -1)
    for number in range(6):
        axis, height = number // 2, (number % 2) * size
        rest = np.delete(points, axis, axis=1)
        inner = ((rest > 0.15 * size) & (rest < 0.85 * size)).all(axis=1)
        found[(abs(points[:, axis] - height) < 1e-6) & inner] = number
    return found


class TestSegments:
    def test_a_cube_of_faces_has_six(self):
        points, faces = box()
        scene = scene_of(points, faces=faces.astype(np.int32))
        segments = Felzenszwalb(min_vertices=50)(scene)
        assert len(segments) == 6
        assert segments.sizes.tolist() == [169] * 6
        # Each side touches all but the one across.
        assert len(segments.edges) == 12

    @pytest.mark.parametrize('seed', [0, 1])
    def test_a_cube_of_points_has_six(self, seed):
        points, _ = box(24)
        points = np.unique(points, axis=0)
        points += np.random.default_rng(seed).normal(0, 0.0005, points.shape)
        # Normals bend over two rings, so that edges of the box are of their
        # own unless they are too small to stay.
        segments = Felzenszwalb(min_vertices=150)(scene_of(points))
        at = np.round(points * 24) / 24
        inner = sides(at) >= 0
        assert len(segments) == 6
        assert same_partition(segments.of_vertex[inner], sides(at)[inner])

    @pytest.mark.parametrize('faces', [True, False])
    def test_two_boxes_are_not_joined(self, faces):
        first, triangles = box(8)
        second, _ = box(8, at=(1.6, 0, 0))
        points = np.concatenate([first, second])
        both = np.concatenate([triangles, triangles + len(first)])
        scene = scene_of(
            points, faces=both.astype(np.int32) if faces else None
        )
        segments = Felzenszwalb(k=1000, min_vertices=10_000)(scene)
        assert len(segments) == 2
        assert len(segments.edges) == 0
        assert segments.of_vertex.tolist() == np.repeat([0, 1], 486).tolist()

    @pytest.mark.parametrize('faces', [True, False])
    def test_vertices_at_one_place_are_joined(self, faces):
        points, triangles = box(4)
        soup = points[triangles].reshape(-1, 3)
        own = np.arange(len(soup), dtype=np.int32).reshape(-1, 3)
        scene = scene_of(soup, faces=own if faces else None)
        labels = Felzenszwalb(min_vertices=1, k=100)(scene)
        assert len(labels) == 1

    def test_one_vertex(self):
        scene = scene_of([[1, 2, 3]])
        segments = Felzenszwalb()(scene)
        assert segments.of_vertex.tolist() == [0]
        assert segments.edges.shape == (0, 2)

    def test_colours_part_a_plane(self):
        grid = np.stack(np.mgrid[:20, :20], axis=-1).reshape(-1, 2)
        points = np.insert(grid * 0.02, 2, 0, axis=1)
        colours = np.where(grid[:, :1] < 10, [[200, 30, 30]], [[30, 30, 200]])
        scene = scene_of(points, colours=colours.astype(np.uint8))
        assert len(Felzenszwalb(colour_weight=0)(scene)) == 1
        segments = Felzenszwalb(colour_weight=1)(scene)
        assert same_partition(segments.of_vertex, grid[:, 0] < 10)
        assert segments.edges.tolist() == [[0, 1]]

    def test_weights_by_hand(self):
        # Normals of z and of (z + x)/√2, colours that differ by (1, 0, 0.2).
        normals = np.array([[0, 0, 1], [1, 0, 1] / np.sqrt(2)], np.float32)
        colours = np.array([[255, 51, 0], [0, 51, 51]], np.uint8)
        scene = scene_of(
            [[0, 0, 0], [1, 0, 0]], normals=normals, colours=colours
        )
        turned = 1 - 1 / np.sqrt(2)
        edges = np.array([[0, 1]])
        plain = Felzenszwalb(colour_weight=0).weights(scene, edges)
        coloured = Felzenszwalb(colour_weight=3).weights(scene, edges)
        squared = Felzenszwalb(colour_weight=0, convex='squared')
        np.testing.assert_allclose(plain, [turned], rtol=1e-5)
        expected = turned + 3 * (1 + 0.04) / 2
        np.testing.assert_allclose(coloured, [expected], rtol=1e-5)
        found = squared.weights(scene, edges)
        np.testing.assert_allclose(found, [turned**2], rtol=1e-5)
        # Seen from within the same bend is concave.
        inside = replace(scene, normals=-normals)
        found = squared.weights(inside, edges)
        np.testing.assert_allclose(found, [turned], rtol=1e-5)

    def test_signs_of_a_cloud_do_not_count(self):
        points, _ = box(10)
        points = np.unique(points, axis=0)
        scene = scene_of(points)
        weights = Felzenszwalb().weights(scene, neighbour_graph(scene))
        assert weights.min() >= 0
        assert weights.max() <= 1

    def test_squared_needs_signs(self):
        with pytest.raises(ValueError, match='made: expected faces or normal'):
            Felzenszwalb(convex='squared')(scene_of(np.eye(3)))

    @pytest.mark.parametrize('faces', [True, False])
    def test_any_order_of_vertices(self, faces):
        points, triangles = box(10)
        if not faces:
            points = np.unique(points, axis=0)
        rng = np.random.default_rng(3)
        points += rng.normal(0, 0.003, points.shape)
        if faces:  # what lay at one place is joined by faces alone now
            points, triangles = points[:121], triangles[:200]
        order = rng.permutation(len(points))
        colours = rng.integers(0, 40, (len(points), 3)).astype(np.uint8)
        place = np.argsort(order)
        first = scene_of(
            points,
            colours=colours,
            faces=triangles.astype(np.int32) if faces else None,
        )
        second = scene_of(
            points[order],
            colours=colours[order],
            faces=place[triangles].astype(np.int32) if faces else None,
        )
        cut = Felzenszwalb(min_vertices=10)
        a, b = cut(first), cut(second)
        assert 1 < len(a) == len(b) < len(points)
        assert same_partition(a.of_vertex[order], b.of_vertex)
        assert len(a.edges) == len(b.edges)

    def test_small_ones_join(self):
        rng = np.random.default_rng(0)
        colours = rng.integers(0, 256, (400, 3)).astype(np.uint8)
        grid = np.stack(np.mgrid[:20, :20], axis=-1).reshape(-1, 2)
        scene = scene_of(np.insert(grid, 2, 0, axis=1), colours=colours)
        assert Felzenszwalb(min_vertices=1)(scene).sizes.min() < 20
        assert Felzenszwalb(min_vertices=20)(scene).sizes.min() >= 20

    @pytest.mark.parametrize(
        'setting',
        [
            dict(k=-1),
            dict(min_vertices=0),
            dict(colour_weight=np.nan),
            dict(neighbours=0),
            dict(rings=0),
            dict(smooth=-1),
            dict(convex='both'),
        ],
    )
    def test_settings(self, setting):
        with pytest.raises(ValueError, match=next(iter(setting))):
            Felzenszwalb(**setting)

    def test_is_in_the_registry(self):
        from mmcuts3d.registry import MODELS

        cut = MODELS.build(dict(type='mmcuts3d.Felzenszwalb', k=0.01))
        assert cut.k == 0.01


class TestLabels:
    def test_are_counted_in_order(self):
        scene = scene_of(np.arange(12).reshape(4, 3))
        edges = np.array([[0, 1], [1, 2], [2, 3], [0, 3]])
        found = segments_from_labels(np.array([9, -2, 9, 5]), scene, edges)
        assert found.of_vertex.tolist() == [0, 1, 0, 2]
        assert found.edges.tolist() == [[0, 1], [0, 2]]

    @pytest.mark.parametrize('labels', [np.zeros(3, int), np.zeros(4)])
    def test_of_another_scene(self, labels):
        scene = scene_of(np.arange(12).reshape(4, 3))
        with pytest.raises(ValueError, match='made: expected a whole number'):
            segments_from_labels(labels, scene)


def test_a_real_scan():
    """Objects are unions of segments, and segments are large."""
    scene = read_scene(shared_data('scannet', 'scene0000_00.npz'))
    segments = Felzenszwalb()(scene)
    assert segments.sizes.min() >= 50 or len(segments.edges)
    assert 150 < len(segments) < 600
    inside = np.zeros(len(scene), bool)
    for segment in range(len(segments)):
        of_it = segments.of_vertex == segment
        votes = np.bincount(scene.instances[of_it])
        inside[of_it] = scene.instances[of_it] == votes.argmax()
    assert inside.mean() > 0.85
