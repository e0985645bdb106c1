import numpy as np
import pytest

from projects.unscene3d.unscene3d.segments import (
    neighbour_graph,
    segments_from_labels,
    vertex_normals,
)
from projects.unscene3d.unscene3d.structures import Scene


def scene_of(points, **more):
    return Scene('made', np.asarray(points, np.float32), **more)


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

    def test_are_smoothed(self):
        # A chain: x, then y, then z.
        scene = scene_of(np.arange(9).reshape(3, 3), normals=np.eye(3))
        edges = np.array([[0, 1], [1, 2]])
        normals, _ = vertex_normals(scene, edges, smooth=1)
        ends, middle = np.sqrt(1 / 2), np.sqrt(1 / 3)
        expected = [[ends, ends, 0], [middle] * 3, [0, ends, ends]]
        np.testing.assert_allclose(normals, expected, rtol=1e-6)

    def test_of_the_scene_come_first(self):
        given = np.tile(np.float32([0, 1, 0]), (3, 1))
        scene = scene_of(np.eye(3), normals=given)
        normals, oriented = vertex_normals(scene, neighbour_graph(scene))
        assert oriented
        assert normals.tolist() == given.tolist()
