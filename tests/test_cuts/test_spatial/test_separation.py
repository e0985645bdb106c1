"""How much of a mask's border parts in 3D, by hand."""

import numpy as np
import pytest

from mmcuts3d.cuts import LocalCut, creases
from mmcuts3d.cuts.spatial.point_cloud import grid_graph

TAU = 0.115
PAPER = {'tau_knn': TAU, 'z_scale': 3.0, 'creases': None}


def box(grid, rows, columns):
    mask = np.zeros(grid, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


def by_pairs(mask, depth, crease, z_scale=3.0, noise=0.0):
    """The measure as a loop over pairs, and over sides on the frame."""
    height, width = mask.shape
    turn = creases(depth, 1.0, noise) if crease else np.zeros(mask.shape)
    total, number = 0.0, 0
    for row, column in zip(*np.nonzero(mask), strict=True):
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            i, j = row + down, column + right
            if not (0 <= i < height and 0 <= j < width):
                number += 1
            elif not mask[i, j]:
                step = z_scale * (float(depth[i, j]) - depth[row, column])
                length = np.linalg.norm([down / height, right / width, step])
                across = max(turn[i, j], turn[row, column])
                length *= 1 + crease * z_scale * across
                total += min(length / TAU, 1)
                number += 1
    return total / number


def test_grid_graph_by_hand():
    # Heights of a grid of two rows and three columns:
    #   0 3 3
    #   4 3 0
    heights = np.array([0.0, 3, 3, 4, 3, 0])
    columns, rows = np.tile([0.0, 4, 8], 2), np.repeat([0.0, 3], 3)
    graph = grid_graph(np.stack([columns, rows, heights], 1), (2, 3))
    found = {
        tuple(pair): length
        for pair, length in zip(
            graph.edges.tolist(), graph.lengths, strict=True
        )
    }
    assert graph.num_nodes == 6 and len(graph.edges) == 7
    assert found == pytest.approx(
        {
            (0, 1): 5.0,
            (1, 2): 4.0,
            (3, 4): 17**0.5,
            (4, 5): 5.0,
            (0, 3): 5.0,
            (1, 4): 3.0,
            (2, 5): 18**0.5,
        }
    )


@pytest.mark.parametrize('grid', [(1, 1), (1, 4), (4, 1)])
def test_grid_graph_of_a_line(grid):
    graph = grid_graph(np.zeros((grid[0] * grid[1], 3)), grid)
    number = grid[0] * grid[1]
    assert graph.edges.tolist() == [[n, n + 1] for n in range(number - 1)]


@pytest.mark.parametrize('crease', [0.0, 2.0])
def test_a_box_in_front_of_a_wall_parts_all_around(crease):
    mask = box((12, 10), (3, 8), (4, 7))
    depth = np.where(mask, 0.3, 0.8)
    creases = {'weight': crease} if crease else None
    cut = LocalCut(**{**PAPER, 'creases': creases})
    assert cut.separation(mask, depth) == 1
    assert cut.separation(~mask, depth) == pytest.approx(16 / (16 + 44))


def test_a_patch_drawn_on_a_plane():
    # Neighbours are 1/10 apart in a column and 1/20 in a row.
    mask = box((10, 20), (3, 7), (5, 11))
    got = LocalCut(**PAPER).separation(mask, np.full(mask.shape, 0.6))
    pairs = 2 * 6 * (1 / 10) + 2 * 4 * (1 / 20)
    assert got == pytest.approx(pairs / TAU / (2 * 6 + 2 * 4))


def test_a_patch_drawn_on_a_slope():
    mask = box((20, 20), (3, 7), (5, 11))
    depth = 0.2 + 0.02 * np.arange(20)[None].repeat(20, 0)
    got = LocalCut(**{**PAPER, 'z_scale': 1.0}).separation(mask, depth)
    down, right = 1 / 20, np.hypot(1 / 20, 0.02)
    expected = (2 * 6 * down + 2 * 4 * right) / TAU / 20
    assert got == pytest.approx(expected, rel=1e-5)
    # Steep enough, and rows part as well as they can.
    steep = LocalCut(**{**PAPER, 'z_scale': 9.0}).separation(mask, depth)
    assert steep == pytest.approx((2 * 6 * down / TAU + 2 * 4) / 20)


def test_tau_is_the_unit():
    mask, depth = box((20, 20), (3, 7), (5, 11)), np.zeros((20, 20))
    for tau, expected in ((0.1, 0.5), (0.05, 1), (0.04, 1), (0.5, 0.1)):
        settings = {**PAPER, 'tau_knn': tau, 'tau_knn_min': tau}
        got = LocalCut(**settings).separation(mask, depth)
        assert got == pytest.approx(expected)


@pytest.mark.parametrize(
    'rows,columns,on_frame,pairs',
    [
        ((0, 3), (4, 7), 3, 9),  # at the top
        ((7, 10), (4, 7), 3, 9),  # at the bottom
        ((4, 7), (0, 3), 3, 9),
        ((4, 7), (7, 10), 3, 9),
        ((0, 3), (0, 3), 6, 6),  # in a corner
        ((0, 10), (0, 5), 20, 10),  # half of the image
        ((0, 10), (0, 10), 40, 0),  # all of it
    ],
)
def test_nothing_parts_at_the_frame(rows, columns, on_frame, pairs):
    mask = box((10, 10), rows, columns)
    depth = np.where(mask, 0.1, 0.9)
    got = LocalCut(**PAPER).separation(mask, depth)
    assert got == pytest.approx(pairs / (pairs + on_frame))


def test_a_valley_parts_where_creases_count():
    columns = (np.arange(40) + 0.5) / 40
    depth = (0.8 - 0.4 * np.abs(columns - 0.5))[None].repeat(40, 0)
    mask = box((40, 40), (0, 40), (0, 20))
    plain_cut = LocalCut(**PAPER)
    plain = plain_cut.separation(mask, depth)
    assert plain == pytest.approx(40 * (1 / 40) / TAU / 120, rel=1e-5)
    cut = LocalCut(**{**PAPER, 'creases': {'sigma': 1.0, 'noise': 0.0}})
    creased = cut.separation(mask, depth)
    turn = creases(depth)[:, 19:21].max()  # 0.66 of 0.8: 1 + 6 x 0.66
    assert creased == pytest.approx(plain * min(1 + 6 * turn, 4.6), rel=0.02)
    assert creased > 3 * plain
    # Beside the valley the surface goes on.
    beside = box((40, 40), (0, 40), (0, 10))
    got = cut.separation(beside, depth)
    assert got == pytest.approx(plain_cut.separation(beside, depth), rel=1e-2)


@pytest.mark.parametrize('crease,noise', [(0.0, 0.0), (0.5, 0.0), (0.5, 2.0)])
@pytest.mark.parametrize('grid', [(7, 9), (9, 5), (1, 6)])
def test_equals_a_loop_over_pairs(grid, crease, noise):
    rng = np.random.default_rng(grid[1])
    creases = {'weight': crease, 'noise': noise} if crease else None
    cut = LocalCut(**{**PAPER, 'z_scale': 0.2, 'creases': creases})
    for _ in range(5):
        mask = rng.random(grid) < 0.5
        depth = rng.random(grid).astype(np.float32)
        expected = by_pairs(mask, depth, crease, 0.2, noise)
        assert 0.1 < expected < 0.99
        assert cut.separation(mask, depth) == pytest.approx(expected)


def test_fine_depth_is_pooled_to_the_grid():
    rng = np.random.default_rng(0)
    depth = rng.random((6, 8)) / 20
    mask = box((6, 8), (2, 5), (1, 4))
    cut = LocalCut(**PAPER)
    fine = np.kron(depth, np.ones((5, 5)))
    assert cut.separation(mask.astype(np.uint8), fine) == cut.separation(
        mask, depth
    )


def test_an_empty_mask_has_none():
    got = LocalCut(**PAPER).separation(np.zeros((4, 5)), np.ones((4, 5)))
    assert got == 0 and isinstance(got, float)


@pytest.mark.parametrize(
    'mask,depth,words',
    [
        (None, np.zeros((4, 4)), '`mask` .* but got None'),
        (np.ones((4, 4)), None, '`depth` .* but got None'),
        (np.ones((4, 4)), np.zeros(4), r'`depth` .*shape \(4,\)'),
        (np.ones((4, 4)), np.full((4, 4), 7.0), '`depth` .* from 7 to 7'),
        (np.ones((4, 4)), np.full((4, 4), np.nan), '`depth` .*16 of 16'),
    ],
)
def test_bad_arguments_are_named(mask, depth, words):
    with pytest.raises(ValueError, match=words):
        LocalCut().separation(mask, depth)


@pytest.mark.parametrize('shape', [(3,), (2, 4, 4), (0, 4)])
def test_a_mask_of_another_shape_is_named(shape):
    with pytest.raises(ValueError, match='Expected argument `mask`'):
        LocalCut().separation(np.zeros(shape), np.zeros((4, 4)))


@pytest.mark.parametrize(
    'shape,grid', [((6, 3), (2, 2)), ((6,), (2, 3)), ((6, 2), (2, 3))]
)
def test_points_of_another_shape_are_named(shape, grid):
    with pytest.raises(ValueError, match='Expected argument `points`'):
        grid_graph(np.zeros(shape), grid)
