"""The semantic cut, and what becomes of patches that were found."""

from typing import get_args

import numpy as np
import pytest
from helpers.cuts import NO_CRF, rectangle
from scipy.ndimage import label

from mmcuts3d.cuts import (
    CutS3D,
    MaskCut,
    SemanticCut,
    Sharpening,
    affinity,
    bipartition,
    normalized_cut,
    sharpen,
    spatial_importance,
)
from mmcuts3d.cuts.semantic.bipartition import sign_matters
from mmcuts3d.cuts.semantic.normalized_cut import cut_edges
from mmcuts3d.cuts.semantic.semantic_cut import Removal
from mmcuts3d.cuts.semantic.strong_edges import StrongEdges

GRID = (9, 11)
REMOVALS = get_args(Removal)


@pytest.fixture
def graph():
    """Of three objects of three kinds on a ground, with noise."""
    masks = [
        rectangle(GRID, (1, 4), (1, 4)),
        rectangle(GRID, (5, 8), (2, 5)),
        rectangle(GRID, (2, 6), (7, 10)),
    ]
    ground = ~np.any(masks, axis=0)
    rng = np.random.default_rng(0)
    features = np.concatenate(
        [np.stack([*masks, ground]), 0.25 * rng.normal(size=(8, *GRID))]
    )
    return affinity(features)


def by_hand(graph, found, tau, corner_rule):
    """The cut of the subgraph of what is left, patch by patch."""
    left = [n for n in range(found.size) if not found.flat[n]]
    small = np.array([[graph[i, j] for j in left] for i in left])
    cut = normalized_cut(small, tau, solver='dense')
    x = dict(zip(left, cut.eigenvector, strict=True))
    mean = np.mean(list(x.values()))
    peak = max(x, key=lambda node: abs(x[node]))
    sign = 1 if x[peak] > mean else -1
    side = {node for node in left if sign * (x[node] - mean) > 0}
    height, width = found.shape
    last = height * width - 1
    corners = {0, width - 1, last - width + 1, last}
    if len(corners & side) >= 3 and (sign == 1 or corner_rule == 'any_sign'):
        side, sign = set(left) - side, -sign
    seed = max(side, key=lambda node: sign * x[node])
    foreground = np.isin(np.arange(found.size), list(side))
    foreground = foreground.reshape(found.shape)
    parts, _ = label(foreground)
    # Equal patches tie for the seed, up to rounding.
    seeds = {n for n in side if np.isclose(x[n], x[seed], rtol=1e-6, atol=0)}
    mask = parts == parts.flat[seed]
    return foreground, mask, seeds, cut.eigenvalue


@pytest.mark.parametrize('corner_rule', ['published', 'any_sign'])
@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
def test_delete_cuts_the_subgraph_of_what_is_left(graph, solver, corner_rule):
    cut = SemanticCut(tau_ncut=0.4, solver=solver, corner_rule=corner_rule)
    found = np.zeros(GRID, bool)
    for _ in range(3):
        before = graph.copy()
        got = cut(graph, found)
        expected = by_hand(graph, found, 0.4, corner_rule)
        foreground, mask, seeds, eigenvalue = expected
        assert np.array_equal(got.bipartition.foreground, foreground)
        assert np.array_equal(got.bipartition.background, ~foreground & ~found)
        assert np.array_equal(got.mask, mask)
        assert np.ravel_multi_index(got.seed, GRID) in seeds
        assert got.eigenvalue == pytest.approx(eigenvalue, abs=1e-9)
        assert mask.any() and not (mask & found).any()
        # The graph stays whole: nodes are left out, not their weights.
        assert np.array_equal(graph, before)
        found = found | mask


@pytest.mark.parametrize('seed', range(8))
def test_delete_on_random_graphs(seed):
    rng = np.random.default_rng(seed)
    graph = affinity(rng.normal(size=(5, *GRID)))
    found = rng.random(GRID) < 0.4
    got = SemanticCut(tau_ncut=0.2)(graph, found)
    foreground, mask, seeds, _ = by_hand(graph, found, 0.2, 'published')
    assert np.array_equal(got.bipartition.foreground, foreground)
    assert np.array_equal(got.mask, mask)
    assert np.ravel_multi_index(got.seed, GRID) in seeds
    assert not (got.bipartition.foreground & found).any()
    x = got.bipartition.eigenvector
    assert x.shape == GRID and np.isfinite(x).all()
    # Found patches are no seed and no source: they have the least value.
    assert (x[found] == x[~found].min()).all()


@pytest.mark.parametrize('sign', [1, -1])
def test_mean_of_what_is_left(sign):
    # Values 0 of found patches would draw the mean below 2 and 3.
    x = np.array([[0.0, 0.0, 0.0, 2.0, 3.0, 9.0, 8.0]])
    left = np.array([[False, False, False, True, True, True, True]])
    got = bipartition(sign * x, 'any_sign', left)
    assert got.foreground.tolist() == [[False] * 5 + [True] * 2]
    assert got.background.tolist() == [[False] * 3 + [True] * 2 + [False] * 2]
    plain = bipartition(sign * x, 'any_sign')
    assert plain.foreground.sum() + plain.background.sum() == 7
    assert plain.background[0, :3].all()


def test_corners_of_what_is_left():
    # The high side is the frame with all four corners: background.
    x = np.full((5, 5), 4.0)
    x[1:4, 1:4] = -1
    assert bipartition(x).foreground.sum() == 9
    # Two of the corners are found: two are no background.
    left = np.ones((5, 5), bool)
    left[0] = False
    got = bipartition(x, 'published', left)
    assert np.array_equal(got.foreground, (x > 0) & left)
    assert np.array_equal(got.background, (x < 0) & left)


def test_a_largest_value_among_found_patches_counts_for_nothing():
    x = np.array([[-9.0, 1.0, 1.5, 3.0, 1.0]])
    left = np.array([[False, True, True, True, True]])
    got = bipartition(x, 'published', left)
    assert got.seed == (0, 3)
    assert got.foreground.tolist() == [[False, False, False, True, False]]
    assert got.eigenvector[0, 0] == 1.0


@pytest.mark.parametrize(
    'left', [np.ones((2, 3), bool), np.zeros((2, 2), bool)]
)
def test_bad_nodes_are_named(left):
    with pytest.raises(ValueError, match='Expected argument `left`'):
        bipartition(np.ones((2, 2)), 'published', left)


@pytest.mark.parametrize('removal', REMOVALS)
@pytest.mark.parametrize('left', [0, 1])
def test_all_found_is_no_cut(graph, removal, left):
    found = np.ones(GRID, bool)
    found.flat[:left] = False
    assert SemanticCut(removal=removal)(graph, found) is None


@pytest.mark.parametrize('removal', REMOVALS)
def test_what_is_left_without_structure_is_no_cut(removal):
    # One object: when it is found, the ground has nothing to cut.
    mask = rectangle(GRID, (2, 6), (3, 8))
    graph = affinity(np.stack([mask, ~mask]))
    cut = SemanticCut(removal=removal)
    assert np.array_equal(cut(graph, np.zeros(GRID, bool)).mask, mask)
    assert cut(graph, mask) is None


@pytest.mark.parametrize('removal', ['zero', 'exclude'])
def test_zero_and_exclude_cut_the_graph_with_weak_edges(graph, removal):
    found = rectangle(GRID, (1, 4), (1, 4))
    weak = graph.copy()
    weak[found.ravel()] = 0
    weak[:, found.ravel()] = 0
    expected = normalized_cut(weak, 0.4)
    split = bipartition(expected.eigenvector.reshape(GRID))
    cut = SemanticCut(tau_ncut=0.4, removal=removal)
    got = cut(graph, found)
    edges = StrongEdges.of_affinity(graph, 0.4)
    again = cut(edges, found)
    assert np.array_equal(again.mask, got.mask) and again.seed == got.seed
    assert np.array_equal(edges.to_array(), graph > 0.4)
    assert got.eigenvalue == pytest.approx(expected.eigenvalue, abs=1e-12)
    assert np.array_equal(got.bipartition.foreground, split.foreground)
    assert np.array_equal(got.bipartition.background, ~split.foreground)
    assert not np.array_equal(graph, weak)  # the caller's stays whole
    if removal == 'zero':
        assert np.array_equal(got.mask, split.component)
    else:
        assert not (got.mask & found).any()


def test_a_found_patch_on_the_side_of_the_foreground():
    # The two objects touch; the left one is found. Zeroed, its patches are
    # nodes of the graph, which either side of a cut can hold; excluded they
    # are in no mask, and deleted in no graph.
    left = rectangle(GRID, (2, 6), (2, 5))
    right = rectangle(GRID, (2, 6), (5, 9))
    features = np.stack([left, right, ~(left | right)]).astype(float)
    masks = {}
    for removal in REMOVALS:
        cut = SemanticCut(removal=removal, corner_rule='any_sign')
        masks[removal] = cut(affinity(features), left).mask
    assert np.array_equal(masks['delete'], right)
    assert not (masks['exclude'] & left).any()
    assert masks['exclude'].any() and masks['zero'].any()
    assert np.array_equal(masks['exclude'] & right, masks['zero'] & right)


@pytest.mark.parametrize('removal', ['delete', 'exclude'])
@pytest.mark.parametrize('seed', range(4))
def test_found_patches_are_in_no_later_semantic_mask(removal, seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(4, 14, 14))
    depth = rng.random((14, 14)).astype(np.float32)
    semantic = {'removal': removal, 'tau_ncut': 0.3}
    for paint in ('local', 'semantic'):
        cutter = CutS3D(
            num_instances=6, semantic=semantic, paint=paint, early_stop=1
        )
        steps = cutter.steps(features, depth)
        assert len(steps) > 2
        found = np.zeros((14, 14), bool)
        for step in steps:
            assert not (step.semantic_mask & found).any()
            assert not (step.local_cut & found).any()
            if step.accepted:
                name = 'local_cut' if paint == 'local' else 'semantic_mask'
                found |= getattr(step, name)


def test_maskcut_can_delete_too():
    features = np.random.default_rng(1).normal(size=(4, 14, 14))
    semantic = {'removal': 'delete', 'tau_ncut': 0.3}
    selection = {'remove_rejected': True}
    cutter = MaskCut(
        num_instances=6,
        semantic=semantic,
        selection=selection,
        refine=NO_CRF,
    )
    steps = cutter.steps(features)
    assert len(steps) == 6
    masks = np.stack([step.semantic_mask for step in steps])
    assert (masks.sum(axis=0) <= 1).all()


def test_graph_is_sharpened_where_that_is_set():
    rng = np.random.default_rng(2)
    features, depth = rng.normal(size=(6, 5, 7)), rng.random((5, 7))
    plain = SemanticCut(sharpening=None, tau_ncut=0.2)
    for given in (None, depth):
        got = plain.graph(features, given).to_array()
        np.testing.assert_array_equal(got, affinity(features) > 0.2)
    settings = {'beta': 0.3, 'sigma': 2.0, 'pair_rule': 'max'}
    sharp = SemanticCut(sharpening=settings, tau_ncut=0.2)
    assert sharp.sharpening == Sharpening(**settings)
    expected = sharpen(
        affinity(features), spatial_importance(depth, 0.3, 2.0), 'max'
    )
    got = sharp.graph(features, depth).to_array()
    np.testing.assert_array_equal(got, expected > 0.2)
    assert (got != plain.graph(features).to_array()).any()
    with pytest.raises(ValueError, match='`depth` for sharpening'):
        sharp.graph(features)


@pytest.mark.parametrize('corner_rule', ['published', 'any_sign'])
@pytest.mark.parametrize('seed', range(12))
def test_the_sign_is_asked_for_where_it_matters(seed, corner_rule):
    # With a ground that holds the corners, and without.
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(5, *GRID))
    features[0] += 3 * rectangle(GRID, (1, 8), (seed % 3, 7))
    edges = StrongEdges.of_features(features, 0.3)
    asked = []

    def ask(x):
        asked.append(
            sign_matters(x.reshape(GRID), None, corner_rule=corner_rule)
        )
        return asked[-1]

    lazy = cut_edges(edges, sign_matters=ask).eigenvector.reshape(GRID)
    full = cut_edges(edges).eigenvector.reshape(GRID)
    one, other = bipartition(lazy, corner_rule), bipartition(full, corner_rule)
    assert np.array_equal(one.foreground, other.foreground)
    assert np.array_equal(one.component, other.component)
    assert len(asked) == 1
    if asked == [True]:
        assert np.array_equal(lazy, full)
    flipped = bipartition(-full, corner_rule)
    if not asked[0]:
        assert np.array_equal(one.foreground, flipped.foreground)
