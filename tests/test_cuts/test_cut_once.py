"""Each image is pooled, projected, creased and cut once, and no more."""

import numpy as np
import pytest
from helpers.cuts import NO_CRF, count_calls, touching, touching_local

from mmcuts3d.cuts import (
    PRESETS,
    CutS3D,
    Graph,
    LocalCut,
    MaskCut,
    Surface,
    affinity,
    bipartition,
    creases,
    knn_graph,
    point_cloud,
    pool_depth,
    sharpen,
    spatial_importance,
)
from mmcuts3d.cuts.semantic.affinity import unit_vectors
from mmcuts3d.cuts.semantic.normalized_cut import cut_edges
from mmcuts3d.cuts.spatial.min_cut import components
from mmcuts3d.cuts.spatial.parts import absorb
from mmcuts3d.cuts.spatial.point_cloud import grid_graph

ONCE_AN_IMAGE = (
    pool_depth,
    point_cloud,
    grid_graph,
    creases,
    unit_vectors,
    spatial_importance,
)
ONCE_A_STEP = (cut_edges, bipartition, knn_graph)
#: What the graph of strong edges is made without.
NEVER = (affinity, sharpen)


@pytest.fixture
def fine(squares):
    """The two squares with depth at the size of the image.

    With noise, so that no two patches of them tie for source and sink.
    """
    scene = squares()
    noise = np.random.default_rng(0).normal(size=scene.features.shape)
    scene.features = scene.features + 0.02 * noise
    scene.depth = np.kron(scene.depth, np.ones((8, 8), np.float32))
    return scene


@pytest.mark.parametrize('name', PRESETS)
def test_one_image_is_cut_once(fine, name, monkeypatch):
    cutter = CutS3D.from_preset(name, refine=NO_CRF)
    taus = []
    within = Graph.within

    def keep(graph, tau):
        taus.append(tau)
        return within(graph, tau)

    monkeypatch.setattr(Graph, 'within', keep)
    calls = count_calls(
        monkeypatch,
        *ONCE_AN_IMAGE,
        *ONCE_A_STEP,
        *NEVER,
        components,
        absorb,
    )
    got = cutter(fine.image, fine.features, fine.depth)
    number = len(got.steps)
    assert number > 1 and len(got) > 1
    has_creases = cutter.local.creases is not None
    once = {function.__name__: 1 for function in ONCE_AN_IMAGE}
    once['creases'] = int(has_creases)
    once['spatial_importance'] = int(cutter.semantic.sharpening is not None)
    assert {key: calls[key] for key in once} == once
    # Where nothing is left to cut, the graph is looked at once more at most.
    assert number <= calls['cut_edges'] <= number + 1
    assert calls['bipartition'] == calls['cut_edges']
    assert calls['affinity'] == calls['sharpen'] == 0
    assert calls['knn_graph'] == number
    # Connected parts at each threshold once a step.
    assert taus.count(cutter.local.tau_knn) == number
    assert len(taus) == cutter.local.num_cuts * number
    assert calls['components'] == len(taus)
    if has_creases:
        assert calls['absorb'] == len(taus)
    else:
        assert calls['absorb'] == 0


def test_all_steps_show_one_depth(fine):
    got = touching(refine=NO_CRF)(fine.image, fine.features, fine.depth)
    first = got.steps[0].depth
    assert all(step.depth is first for step in got.steps)
    np.testing.assert_array_equal(first, pool_depth(fine.depth, (24, 24)))


def test_maskcut_asks_once_too(fine, monkeypatch):
    calls = count_calls(monkeypatch, *ONCE_AN_IMAGE, *ONCE_A_STEP)
    got = MaskCut(refine=NO_CRF)(fine.image, fine.features)
    assert calls == {
        'unit_vectors': 1,
        'cut_edges': len(got.steps),
        'bipartition': len(got.steps),
    }


def test_a_split_projects_once(fine, monkeypatch):
    calls = count_calls(monkeypatch, *ONCE_AN_IMAGE)
    parts = touching_local().split(fine.both, fine.depth)
    assert len(parts) == 2
    assert calls == {'pool_depth': 1, 'point_cloud': 1, 'creases': 1}


def test_a_surface_is_asked_again(fine, monkeypatch):
    cut = touching_local()
    surface = cut.surface(fine.depth, (24, 24))
    expected = (
        cut(fine.both, fine.both, fine.depth),
        cut.split(fine.both, fine.depth),
        cut.separation(fine.left, fine.depth),
        cut.edge_lengths(fine.both, fine.depth),
    )
    calls = count_calls(monkeypatch, *ONCE_AN_IMAGE)
    got = (
        cut(fine.both, fine.both, surface),
        cut.split(fine.both, surface),
        cut.separation(fine.left, surface),
        cut.edge_lengths(fine.both, surface),
    )
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert calls == {'point_cloud': 1, 'grid_graph': 1, 'creases': 1}


def test_a_surface_gives_what_its_depth_gives(fine):
    for name in PRESETS:
        cutter = CutS3D.from_preset(name, refine=NO_CRF)
        surface = cutter.local.surface(fine.depth, (24, 24), fine.image)
        one = cutter(fine.image, fine.features, fine.depth)
        other = cutter(fine.image, fine.features, surface)
        np.testing.assert_array_equal(one.masks, other.masks)
        np.testing.assert_array_equal(one.scores, other.scores)


def test_a_surface_says_what_its_functions_say():
    rng = np.random.default_rng(0)
    depth = rng.random((12, 20)).astype(np.float32)
    surface = Surface(depth, (6, 10), z_scale=2.0, pooling='mean')
    pooled = pool_depth(depth, (6, 10), 'mean')
    np.testing.assert_array_equal(surface.depth, pooled)
    points = point_cloud(pooled, 2.0)
    np.testing.assert_array_equal(surface.points, points)
    np.testing.assert_array_equal(
        surface.neighbours.lengths, grid_graph(points, (6, 10)).lengths
    )
    for settings in ((1.0, 0.0), (2.0, 0.0), (1.0, 3.0)):
        np.testing.assert_array_equal(
            surface.creases(*settings), creases(pooled, *settings)
        )


REFUSED = pytest.mark.parametrize(
    'surface,words',
    [
        (
            Surface(np.zeros((23, 24)), (23, 24)),
            r"\(24, 24\), 3.0, 'median', None\), but got \(\(23, 24\), 3.0,",
        ),
        (
            Surface(np.zeros((24, 24)), (24, 24), z_scale=5.0),
            r"but got \(\(24, 24\), 5.0, 'median', None\)",
        ),
        (
            Surface(np.zeros((24, 24)), (24, 24), pooling='mean'),
            r"but got \(\(24, 24\), 3.0, 'mean', None\)",
        ),
    ],
    ids=['grid', 'z_scale', 'pooling'],
)


@REFUSED
def test_a_surface_of_another_grid_or_scale_is_refused(fine, surface, words):
    cut = LocalCut()
    for call in (
        lambda: cut(fine.both, fine.both, surface),
        lambda: cut.sweep(fine.both, fine.both, surface),
        lambda: cut.split(fine.both, surface),
        lambda: cut.separation(fine.both, surface),
        lambda: cut.edge_lengths(fine.both, surface),
        lambda: CutS3D().steps(fine.features, surface),
        lambda: CutS3D()(fine.image, fine.features, surface),
    ):
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'z_scale': -1}, '`z_scale`.* but got -1'),
        ({'pooling': 'max'}, "`pooling`.* but got 'max'"),
        ({'depth': np.full((4, 4), 2.0)}, '`depth` .* from 2 to 2'),
        ({'depth': None}, '`depth` .* but got None'),
    ],
)
def test_a_bad_surface_is_named_when_it_is_made(settings, words):
    with pytest.raises(ValueError, match=words):
        Surface(**{'depth': np.zeros((4, 4)), 'grid': (2, 2), **settings})
