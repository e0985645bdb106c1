"""LocalCut on two touching ellipses, and on everything degenerate."""

import itertools
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
from helpers.cuts import touching_local

from mmcuts3d.cuts import LocalCut, knn_graph, mask_iou, point_cloud
from mmcuts3d.cuts.spatial.local_cut import Outside, Sink, Source
from mmcuts3d.cuts.spatial.min_cut import Capacity

CAPACITIES, OUTSIDE = get_args(Capacity), get_args(Outside)
SINKS, SOURCES = get_args(Sink), get_args(Source)
SETTINGS = [
    {'outside': o, 'capacity': c, 'sink': s}
    for o, c, s in itertools.product(OUTSIDE, CAPACITIES, SINKS)
]


@pytest.fixture
def ellipses():
    """Two ellipses of one kind that touch; x is highest in the left one."""

    def make(gap, near=0.3, ground=0.8):
        rows, columns = np.mgrid[:30, :40]
        left = np.hypot(rows - 15, columns - 13) <= 8
        right = np.hypot(rows - 14, columns - 27) <= 7
        right &= ~left
        both = left | right
        slope = np.hypot(rows - 15, columns - 13)
        return SimpleNamespace(
            left=left,
            right=right,
            both=both,
            x=np.where(both, 1 - 0.01 * slope, -1 - 0.001 * slope),
            depth=np.select([left, right], [near, near + gap], ground),
        )

    return make


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_gap_wider_than_tau_gives_the_component(ellipses, settings):
    scene = ellipses(gap=0.2)
    got = touching_local(**settings)(scene.both, scene.x, scene.depth)
    assert got.dtype == bool
    assert np.array_equal(got, scene.left)


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_gap_narrower_than_tau_is_cut_at_the_waist(ellipses, settings):
    scene = ellipses(gap=0.03)
    lengths = touching_local(**settings).edge_lengths(scene.both, scene.depth)
    assert ((lengths > 0.09) & (lengths < 0.115)).any()  # the bridge
    cut = touching_local(creases=None, **settings)
    got = cut(scene.both, scene.x, scene.depth)
    if (settings['outside'], settings['sink']) == ('push', 'signed'):
        # The sink lies on the pushed ground: no flow, all that hangs
        # together with the source is the answer.
        assert np.array_equal(got, scene.both)
    else:
        assert mask_iou(got, scene.left) > 0.95


@pytest.mark.parametrize('source', SOURCES)
def test_mirrored_scene_gives_the_mirrored_cut(ellipses, source):
    scene = ellipses(gap=0.2)
    cut = touching_local(source=source)
    got = cut(scene.both[:, ::-1], scene.x[:, ::-1], scene.depth[:, ::-1])
    assert np.array_equal(got, scene.left[:, ::-1])


def test_source_is_where_x_is_highest(ellipses):
    scene = ellipses(gap=0.2)
    x = np.where(scene.right, 2.0, scene.x)
    got = touching_local()(scene.both, x, scene.depth)
    assert np.array_equal(got, scene.right)


def test_lone_peak_is_no_source_unless_asked_for(ellipses):
    scene = ellipses(gap=0.2)
    scene.x[15, 10] = 5
    scene.depth[15, 10] = 0
    arguments = scene.both, scene.x, scene.depth
    peak = touching_local(source='peak')(*arguments)
    assert np.argwhere(peak).tolist() == [[15, 10]]
    large = touching_local(source='large')(*arguments)
    assert mask_iou(large, scene.left) > 0.99 and not large[15, 10]


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
@pytest.mark.parametrize('depth', ['flat', 'far', 'noise'])
def test_whatever_the_depth_the_cut_is_a_part(ellipses, settings, depth):
    scene = ellipses(gap=0)
    values = {
        'flat': np.full(scene.depth.shape, 0.3),
        'far': np.ones(scene.depth.shape),
        'noise': np.random.default_rng(0).random(scene.depth.shape),
    }[depth]
    got = touching_local(**settings)(scene.both, scene.x, values)
    assert got.any() and not (got & ~scene.both).any()


@pytest.mark.parametrize('capacity', CAPACITIES)
def test_flat_depth_with_points_pushed_back_cuts_nothing(ellipses, capacity):
    scene = ellipses(gap=0)
    got = touching_local(capacity=capacity, sink='signed')(
        scene.both, scene.x, np.full(scene.depth.shape, 0.3)
    )
    assert np.array_equal(got, scene.both)


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_no_side_is_trivial(ellipses, settings):
    # One round object, source in its middle: whichever cut is taken, both
    # sides are of a size that can be an object, or nothing is cut.
    scene = ellipses(gap=0)
    got = touching_local(**settings)(scene.left, scene.x, scene.depth)
    rest = scene.left & ~got
    assert got[15, 13]
    assert got.sum() >= 17
    assert not rest.any() or rest.sum() >= 17


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
@pytest.mark.parametrize('grid', [(1, 1), (10, 11), (20, 24)])
def test_all_foreground(settings, grid):
    x = np.linspace(0, 1, grid[0] * grid[1]).reshape(grid)
    got = touching_local(**settings)(np.ones(grid), x, np.full(grid, 0.5))
    assert got[-1, -1]
    assert got.all() or (got.sum() >= 17 and (~got).sum() >= 17)


def test_patches_farther_apart_than_tau_are_never_joined():
    # On a grid of fewer than 9 cells the next patch is beyond 0.115.
    got = touching_local()(np.ones((8, 8)), np.eye(8), np.full((8, 8), 0.5))
    assert got.sum() == 1
    got = touching_local()(np.ones((9, 9)), np.eye(9), np.full((9, 9), 0.5))
    assert got.sum() > 1


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_one_patch_of_foreground(settings):
    mask = np.zeros((6, 6), bool)
    mask[2, 3] = True
    x = np.where(mask, 1.0, -1.0)
    got = touching_local(**settings)(mask, x, np.full((6, 6), 0.5))
    assert np.array_equal(got, mask)


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_no_foreground_is_an_empty_mask(settings):
    cut = touching_local(**settings)
    nothing = np.zeros((5, 6), bool)
    got = cut(nothing, np.zeros((5, 6)), np.full((5, 6), 0.5))
    assert got.shape == (5, 6) and not got.any()
    sweep = cut.sweep(nothing, np.zeros((5, 6)), np.zeros((5, 6)), [0.1, 0.2])
    assert sweep.shape == (2, 5, 6) and not sweep.any()


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
@pytest.mark.parametrize('source', SOURCES)
def test_no_edge_left_gives_the_source(ellipses, settings, source):
    scene = ellipses(gap=0.2)
    taus = {'tau_knn': 1e-6, 'tau_knn_min': 1e-6}
    cut = touching_local(source=source, **taus, **settings)
    got = cut(scene.both, scene.x, scene.depth)
    assert np.argwhere(got).tolist() == [[15, 13]]


def test_sweep_grows_and_ends_with_the_cut(ellipses):
    scene = ellipses(gap=0.03)
    cut = touching_local(sink='signed', creases=None, outside='push')
    taus = np.linspace(0.05, 0.115, 6)
    cuts = cut.sweep(scene.both, scene.x, scene.depth, taus)
    assert cuts.shape == (6, 30, 40) and cuts.dtype == bool
    sizes = cuts.sum(axis=(1, 2))
    assert (np.diff(sizes) >= 0).all()
    assert np.array_equal(cuts[0], scene.left)
    assert np.array_equal(cuts[-1], scene.both)
    got = cut(scene.both, scene.x, scene.depth)
    assert np.array_equal(got, cuts[-1])


def test_depth_of_the_image_is_pooled(ellipses):
    scene = ellipses(gap=0.2)
    fine = np.kron(scene.depth, np.ones((5, 5)))
    got = touching_local()(scene.both, scene.x, fine)
    assert np.array_equal(got, scene.left)


def test_z_scale_decides_what_is_apart(ellipses):
    scene = ellipses(gap=0.05)
    joined = touching_local(z_scale=1, sink='signed', creases=None)(
        scene.both, scene.x, scene.depth
    )
    apart = touching_local(z_scale=6, sink='signed', creases=None)(
        scene.both, scene.x, scene.depth
    )
    assert np.array_equal(joined, scene.both)
    assert np.array_equal(apart, scene.left)


@pytest.mark.parametrize('outside', OUTSIDE)
def test_edge_lengths_are_those_of_the_graph(ellipses, outside):
    scene = ellipses(gap=0.1)
    depth = np.where(scene.both, scene.depth, 1).astype(np.float32)
    points = point_cloud(depth)
    if outside == 'drop':
        points = points[scene.both.ravel()]
    cut = touching_local(outside=outside, k=8)
    got = cut.edge_lengths(scene.both, scene.depth)
    np.testing.assert_allclose(
        np.sort(got), np.sort(knn_graph(points, 8).lengths)
    )


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_split_gives_disjoint_parts(ellipses, settings):
    scene = ellipses(gap=0.2)
    parts = touching_local(**settings).split(scene.both, scene.depth)
    sizes = parts.sum(axis=(1, 2))
    assert len(parts) >= 2 and (np.diff(sizes) <= 0).all()
    assert (parts.sum(axis=0) <= 1).all()
    for part in parts:  # none reaches over the gap
        assert not (part & scene.left).any() or not (part & scene.right).any()
    if settings['outside'] == 'push':
        assert np.array_equal(parts.any(axis=0), scene.both)


def test_split_is_largest_first_and_limited(ellipses):
    scene = ellipses(gap=0.2)
    parts = touching_local().split(scene.both, scene.depth)
    assert np.array_equal(parts, np.stack([scene.left, scene.right]))
    # The nearest part is the first to be found.
    one = touching_local().split(scene.both, scene.depth, max_parts=1)
    assert np.array_equal(one, scene.left[None])


def test_split_leaves_crumbs_out(ellipses):
    scene = ellipses(gap=0.2)
    mask = scene.both.copy()
    mask[0, :5] = True  # far from both in depth
    scene.depth[0, :5] = 0.05
    parts = touching_local().split(mask, scene.depth)
    assert np.array_equal(parts, np.stack([scene.left, scene.right]))


def test_split_of_nothing():
    parts = touching_local().split(np.zeros((4, 5)), np.zeros((4, 5)))
    assert parts.shape == (0, 4, 5) and parts.dtype == bool


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'tau_knn': 0}, '`tau_knn`.* but got 0'),
        ({'k': 0}, '`k`.* but got 0'),
        ({'k': 2.5}, '`k`.* but got 2.5'),
        ({'z_scale': -1}, '`z_scale`.* but got -1'),
        ({'outside': 'keep'}, "`outside`.* but got 'keep'"),
        ({'capacity': 'cosine'}, "`capacity`.* but got 'cosine'"),
        ({'sink': 'min'}, "`sink`.* but got 'min'"),
        ({'source': 'max'}, "`source`.* but got 'max'"),
        ({'min_side': 2}, '`min_side`.* but got 2'),
        ({'tau_knn_min': 0.12}, '`tau_knn_min`.* but got 0.12'),
        ({'tau_knn': 0.04}, '`tau_knn_min`.*0.04.* but got 0.05'),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        LocalCut(**settings)


GRID = np.ones((4, 5))


@pytest.mark.parametrize(
    'arguments,words',
    [
        ((np.ones(4), np.ones(4), GRID), r'but got \(4,\) and \(4,\)'),
        ((GRID, np.ones((5, 4)), GRID), r'but got \(4, 5\) and \(5, 4\)'),
        ((GRID, GRID, np.ones(4)), r'`depth`.* but got shape \(4,\)'),
        ((GRID, GRID, GRID * np.nan), '`depth` to be finite'),
        ((GRID, GRID, GRID * 2), '`depth` to lie in .* from 2 to 2'),
        ((None, GRID, GRID), '`mask` to be an array, but got None'),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        LocalCut()(*arguments)


@pytest.mark.parametrize('taus', [[], [0], [-0.1], [np.nan], [[0.1, 0.2]]])
def test_bad_thresholds(taus):
    with pytest.raises(ValueError, match='Expected argument `taus`'):
        LocalCut().sweep(GRID, GRID, GRID * 0.5, taus)


@pytest.mark.parametrize(
    'arguments,words',
    [
        ((np.ones(4), GRID), r'`mask` to be \(h, w\), but got shape \(4,\)'),
        ((GRID, GRID, 0), '`max_parts`.* but got 0'),
    ],
)
def test_bad_split(arguments, words):
    with pytest.raises(ValueError, match=words):
        LocalCut().split(*arguments)


@pytest.mark.parametrize('sink', SINKS)
@pytest.mark.parametrize('capacity', CAPACITIES)
def test_one_flat_surface_stays_whole(ellipses, sink, capacity):
    # No edge is longer than another: whatever runs through the surface,
    # the cheapest cut is no border.
    scene = ellipses(gap=0.0)
    got = touching_local(sink=sink, capacity=capacity)(
        scene.both, scene.x, np.full(scene.both.shape, 0.4, np.float32)
    )
    assert np.array_equal(got, scene.both)


def test_literal_terminals_isolate_one_patch(ellipses):
    scene = ellipses(gap=0.0)
    settings = {'sink': 'abs', 'outside': 'drop', 'capacity': 'binary'}
    got = touching_local(terminals='points', creases=None, **settings)(
        scene.both, scene.x, np.full(scene.both.shape, 0.4, np.float32)
    )
    assert min(got.sum(), (scene.both & ~got).sum()) == 1
