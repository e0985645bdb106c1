"""Points by hand, pooling and neighbours against literal versions."""

import numpy as np
import pytest
import torch

from mmcuts3d.cuts import knn_graph, point_cloud, pool_depth


def test_points_by_hand():
    got = point_cloud([[0.0, 0.5], [1.0, 0.25]], z_scale=2)
    expected = [
        [-0.5, -0.5, 0],
        [0, -0.5, 1],
        [-0.5, 0, 2],
        [0, 0, 0.5],
    ]
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, expected)


def test_frame_is_a_unit_square_whatever_its_shape():
    points = point_cloud(np.full((3, 30), 0.1))
    assert np.ptp(points[:, 0]) == pytest.approx(29 / 30)
    assert np.ptp(points[:, 1]) == pytest.approx(2 / 3)
    np.testing.assert_allclose(points[:, 2], 0.3)  # 3 by default


@pytest.mark.parametrize('shape,grid', [((12, 20), (3, 5)), ((8, 8), (8, 2))])
def test_mean_pooling_equals_torch(shape, grid):
    depth = np.random.default_rng(0).random(shape).astype(np.float32)
    expected = torch.nn.functional.adaptive_avg_pool2d(
        torch.from_numpy(depth)[None], grid
    )[0]
    got = pool_depth(depth, grid, 'mean')
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize(
    'shape,grid', [((7, 5), (3, 2)), ((4, 4), (3, 3)), ((2, 3), (4, 5))]
)
def test_mean_pooling_weighs_shared_pixels(shape, grid):
    depth = np.random.default_rng(1).random(shape)
    # Repeat each pixel until cells are whole blocks of repeats.
    fine = np.kron(depth, np.ones(grid))
    blocks = fine.reshape(grid[0], shape[0], grid[1], shape[1])
    np.testing.assert_allclose(
        pool_depth(depth, grid, 'mean'), blocks.mean(axis=(1, 3)), atol=1e-6
    )


def test_pooling_takes_a_torch_tensor():
    depth = torch.rand(12, 20, generator=torch.manual_seed(0))
    assert np.array_equal(
        pool_depth(depth, (3, 5)), pool_depth(depth.numpy(), (3, 5))
    )


def test_pooling_to_the_same_grid_changes_nothing():
    depth = np.random.default_rng(2).random((4, 6)).astype(np.float32)
    assert np.array_equal(pool_depth(depth, (4, 6)), depth)


@pytest.mark.parametrize('pixels', [5, 15, 1])
def test_median_pooling_of_whole_cells(pixels):
    depth = np.random.default_rng(3).random((4 * pixels, 3 * pixels))
    depth = depth.astype(np.float32)
    got = pool_depth(depth, (4, 3), 'median')
    cells = depth.reshape(4, pixels, 3, pixels).swapaxes(1, 2)
    if pixels == 5:  # 5 x 5 samples are the whole cell
        expected = np.median(cells, axis=(2, 3))
        np.testing.assert_array_equal(got, expected)
    for cell, value in zip(cells.reshape(12, -1), got.ravel(), strict=True):
        assert value in cell


@pytest.mark.parametrize('shape', [(48, 48), (50, 45), (40, 64), (7, 5)])
def test_median_pooling_puts_no_patch_between_two_surfaces(shape):
    depth = np.full(shape, 0.9)
    depth[: shape[0] * 9 // 20, : shape[1] * 7 // 12] = 0.2
    assert set(np.unique(pool_depth(depth, (8, 8)))) == set(
        np.float32([0.2, 0.9])
    )
    between = pool_depth(depth, (8, 8), 'mean')
    assert ((between > 0.21) & (between < 0.89)).any()


def test_median_pooling_outvotes_a_stray_pixel():
    depth = np.full((20, 20), 0.4)
    depth[3::5, 2::5] = 1
    np.testing.assert_allclose(pool_depth(depth, (4, 4)), 0.4)


@pytest.mark.parametrize('pooling', ['median', 'mean'])
@pytest.mark.parametrize('flip', [np.flipud, np.fliplr, np.transpose])
def test_pooling_follows_a_flip(pooling, flip):
    depth = np.random.default_rng(4).random((40, 40))
    np.testing.assert_allclose(
        pool_depth(flip(depth), (8, 8), pooling),
        flip(pool_depth(depth, (8, 8), pooling)),
        atol=1e-6,
    )


@pytest.mark.parametrize('pooling', ['median', 'mean'])
@pytest.mark.parametrize('value', [0.0, 1.0, 0.3])
def test_pooling_keeps_the_range(value, pooling):
    got = pool_depth(np.full((31, 17), value), (7, 5), pooling)
    np.testing.assert_allclose(got, value, atol=1e-7)
    assert got.min() >= 0 and got.max() <= 1


def brute_force(points, k):
    edges = {}
    for i, point in enumerate(points):
        distance = np.linalg.norm(points - point, axis=1)
        for j in np.argsort(distance)[1 : k + 1]:
            edges[min(i, j), max(i, j)] = distance[j]
    return edges


@pytest.mark.parametrize('number,k', [(2, 1), (30, 4), (120, 16), (10, 30)])
def test_neighbours_equal_brute_force(number, k):
    points = np.random.default_rng(number).normal(size=(number, 3))
    graph = knn_graph(points, k)
    expected = brute_force(points, k)
    got = {
        tuple(e): d for e, d in zip(graph.edges, graph.lengths, strict=True)
    }
    assert graph.num_nodes == number
    assert len(graph.edges) == len(expected)
    assert got == pytest.approx(expected)


def test_edges_stand_once_and_rise():
    graph = knn_graph(point_cloud(np.full((6, 6), 0.5)), 8)
    assert (graph.edges[:, 0] < graph.edges[:, 1]).all()
    assert len(np.unique(graph.edges, axis=0)) == len(graph.edges)


def test_neighbours_of_a_grid_by_hand():
    graph = knn_graph(point_cloud(np.zeros((1, 4))), 1)
    # Ends have one neighbour each; the middle ones choose either side.
    assert graph.edges.tolist()[0] == [0, 1]
    assert graph.edges.tolist()[-1] == [2, 3]
    np.testing.assert_allclose(graph.lengths, 0.25)


def test_within_keeps_edges_of_exactly_tau():
    graph = knn_graph([[0, 0, 0], [1, 0, 0], [3, 0, 0]], 2)
    assert graph.within(1.0).edges.tolist() == [[0, 1]]
    assert graph.within(2.0).edges.tolist() == [[0, 1], [1, 2]]
    assert graph.within(0.5).edges.shape == (0, 2)


def test_duplicates_have_no_loops():
    graph = knn_graph(np.zeros((6, 3)), 2)
    assert (graph.edges[:, 0] != graph.edges[:, 1]).all()
    assert not graph.lengths.any()


@pytest.mark.parametrize('number', [0, 1])
def test_no_neighbour_at_all(number):
    graph = knn_graph(np.zeros((number, 3)), 4)
    assert graph.num_nodes == number
    assert graph.edges.shape == (0, 2) and graph.lengths.shape == (0,)
