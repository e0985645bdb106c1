from dataclasses import replace

import numpy as np
import pytest
from helpers import shared_data

from projects.unscene3d.unscene3d.scans import read_scene
from projects.unscene3d.unscene3d.segments import (
    Felzenszwalb,
    neighbour_graph,
    segments_from_labels,
    vertex_normals,
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


class TestGraph:
    def test_faces_give_each_edge_once(self):
        faces = np.array([[0, 1, 2], [2, 1, 3], [3, 3, 1]], np.int32)
        scene = scene_of(np.eye(4, 3), faces=faces)
        expected = [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
        assert neighbour_graph(scene).tolist() == expected

    def test_nearest_of_a_line(self):
        scene = scene_of([[0, 0, 0], [1, 0, 0], [2.1, 0, 0], [3.4, 0, 0]])
        edges = neighbour_graph(scene, k=1)
        assert edges.tolist() == [[0, 1], [1, 2], [2, 3]]

    @pytest.mark.parametrize('max_gap,joined', [(1.2, False), (1.3, True)])
    def test_a_gap_is_not_crossed(self, max_gap, joined):
        points = np.zeros((10, 3))
        points[:, 0] = [0, 1, 2, 3, 4, 6.5, 7.5, 8.5, 9.5, 10.5]
        # The three nearest of vertex 4 are at 1, 2 and 2.5, so that the
        # spacing of the edge across is 2, and 2.5 = 1.25 · 2.
        edges = neighbour_graph(scene_of(points), 3, max_gap).tolist()
        assert ([4, 5] in edges) is joined
        assert [3, 4] in edges

    def test_sparse_parts_stay_joined(self):
        """A scanner sees far floors with few points."""
        line = np.concatenate([np.arange(50) * 0.01, 1 + np.arange(20) * 0.1])
        points = np.zeros((70, 3))
        points[:, 0] = line
        edges = neighbour_graph(scene_of(points), k=2, max_gap=2)
        assert {(i, i + 1) for i in range(50, 69)} <= set(map(tuple, edges))
        assert (49, 50) not in set(map(tuple, edges))

    @pytest.mark.parametrize('faces', [True, False])
    def test_vertices_at_one_place_are_joined(self, faces):
        points, triangles = box(4)
        soup = points[triangles].reshape(-1, 3)
        own = np.arange(len(soup), dtype=np.int32).reshape(-1, 3)
        scene = scene_of(soup, faces=own if faces else None)
        labels = Felzenszwalb(min_vertices=1, k=100)(scene)
        assert len(labels) == 1

    def test_more_copies_than_neighbours(self):
        points = np.repeat(np.eye(3), 40, axis=0)
        edges = neighbour_graph(scene_of(points), k=2)
        segments = segments_from_labels(
            np.zeros(120, int), scene_of(points), edges
        )
        assert len(edges) == 3 * 39 + 3
        assert len(segments) == 1

    def test_one_vertex(self):
        scene = scene_of([[1, 2, 3]])
        assert neighbour_graph(scene).shape == (0, 2)
        segments = Felzenszwalb()(scene)
        assert segments.of_vertex.tolist() == [0]
        assert segments.edges.shape == (0, 2)

    @pytest.mark.parametrize('setting', [dict(k=0), dict(max_gap=0)])
    def test_settings(self, setting):
        with pytest.raises(ValueError, match=next(iter(setting))):
            neighbour_graph(scene_of(np.eye(3)), **setting)


class TestNormals:
    def test_of_faces_are_weighted_by_area(self):
        # Vertex 0 has a face of area ½ that looks to z, one of 1 to x.
        points = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 2]]
        faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
        normals, oriented = vertex_normals(
            scene_of(points, faces=faces), np.zeros((0, 2), int)
        )
        assert oriented
        expected = np.array([2, 0, 1]) / np.sqrt(5)
        np.testing.assert_allclose(normals[0], expected, atol=1e-6)
        np.testing.assert_allclose(normals[3], [1, 0, 0], atol=1e-6)

    def test_nothing_is_known_of_a_vertex_without_faces(self):
        points = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [7, 7, 7]]
        faces = np.array([[0, 1, 2], [0, 0, 3]], np.int32)
        scene = scene_of(points, faces=faces)
        normals, _ = vertex_normals(scene, neighbour_graph(scene))
        assert normals[3].tolist() == [0, 0, 0]

    @pytest.mark.parametrize('rings', [1, 2, 3])
    @pytest.mark.parametrize('far', [0, 900])
    def test_of_a_plane(self, rings, far):
        rng = np.random.default_rng(0)
        normal = np.array([1, -2, 3]) / np.sqrt(14)
        points = rng.random((400, 3)) + far
        points -= np.outer((points - far) @ normal, normal)
        scene = scene_of(points)
        normals, oriented = vertex_normals(
            scene, neighbour_graph(scene, 8), rings
        )
        assert not oriented
        assert (abs(normals @ normal) > 0.9999).mean() > 0.99
        lengths = np.linalg.norm(normals, axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-5)

    @pytest.mark.parametrize('rings', [1, 2])
    def test_are_those_of_the_covariance(self, rings):
        """Against each vertex's neighbours, gathered one by one."""
        rng = np.random.default_rng(1)
        scene = scene_of(rng.random((60, 3)))
        edges = neighbour_graph(scene, 6)
        normals, _ = vertex_normals(scene, edges, rings)
        join = np.eye(60)
        join[edges[:, 0], edges[:, 1]] = join[edges[:, 1], edges[:, 0]] = 1
        counted = np.linalg.matrix_power(join, rings)
        for vertex in range(60):
            spread = np.cov(
                scene.points.T, fweights=counted[vertex].astype(int), ddof=0
            )
            expected = np.linalg.eigh(spread)[1][:, 0]
            assert abs(normals[vertex] @ expected) > 0.999

    def test_of_the_scene_come_first(self):
        given = np.tile(np.float32([0, 1, 0]), (3, 1))
        scene = scene_of(np.eye(3), normals=given)
        normals, oriented = vertex_normals(scene, neighbour_graph(scene))
        assert oriented
        assert normals.tolist() == given.tolist()


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
