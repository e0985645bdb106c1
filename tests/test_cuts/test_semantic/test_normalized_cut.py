"""The iterative solver against LAPACK, hand-solved graphs, somebody's code."""

import networkx as nx
import numpy as np
import pytest
from helpers import shared_data
from skimage import graph as skimage_graph

from mmcuts3d.cuts import affinity, binarize, normalized_cut, paint_out

EPS = 1e-5


def blocks(*sizes):
    """Cliques without an edge between them."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (labels[:, None] == labels).astype(np.float32)


def cliques_and_bridge(first, second):
    weights = blocks(first, second)
    weights[first - 1, first] = weights[first, first - 1] = 1
    return weights


def geometric(number, radius, seed):
    points = np.random.default_rng(seed).random((number, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return (distance < radius).astype(np.float32)


def patches(seed, painted=False):
    """Two noisy objects on a noisy ground, 16 x 16."""
    rng = np.random.default_rng(seed)
    kinds = np.zeros((16, 16), int)
    kinds[3:9, 2:8] = 1
    kinds[8:14, 9:14] = 2
    features = np.eye(3)[kinds].transpose(2, 0, 1)
    features = np.concatenate([features, np.zeros((3, 16, 16))])
    features += 0.25 * rng.normal(size=features.shape)
    return paint_out(affinity(features), (kinds == 1) & painted)


GRAPHS = {
    'bridge': cliques_and_bridge(30, 25),
    'bridge of equals': cliques_and_bridge(24, 24),
    'apart': blocks(40, 25),
    'three apart': blocks(40, 25, 18),
    'one node apart': blocks(60, 1),
    'geometric': geometric(150, 0.25, 0),
    'geometric, sparse': geometric(300, 0.04, 1),
    'geometric, in parts': geometric(120, 0.1, 2),
    'chain': (
        np.abs(np.subtract.outer(np.arange(80), np.arange(80))) < 3
    ).astype(float),
    'patches': patches(0),
    'patches, painted': patches(1, painted=True),
}


def side(vector):
    """The bipartition, as a set of nodes that does not know the sign."""
    above = vector > vector.mean()
    return above if above[0] else ~above


@pytest.mark.parametrize('weights', GRAPHS.values(), ids=GRAPHS)
def test_lanczos_equals_dense(weights):
    lanczos = normalized_cut(weights, 0.15)
    dense = normalized_cut(weights, 0.15, solver='dense')
    assert lanczos.eigenvalue == pytest.approx(dense.eigenvalue, abs=1e-6)
    assert np.array_equal(side(lanczos.eigenvector), side(dense.eigenvector))


@pytest.mark.parametrize('weights', GRAPHS.values(), ids=GRAPHS)
def test_solves_the_generalised_problem(weights):
    result = normalized_cut(weights, 0.15)
    binary = np.where(weights > 0.15, 1, EPS)
    degrees = binary.sum(axis=1)
    x = result.eigenvector
    left = degrees * x - binary @ x
    np.testing.assert_allclose(
        left, result.eigenvalue * degrees * x, atol=1e-8 * degrees.max()
    )
    assert x @ (degrees * x) == pytest.approx(1)
    assert x @ degrees == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
@pytest.mark.parametrize('first,second', [(3, 4), (5, 5), (40, 25)])
def test_two_cliques_and_a_weak_edge(first, second, solver):
    result = normalized_cut(
        cliques_and_bridge(first, second), 0.5, EPS, solver
    )
    expected = np.arange(first + second) < first
    assert np.array_equal(side(result.eigenvector), expected)
    # The second smallest root of the small problem, by numpy.
    weights = np.where(cliques_and_bridge(first, second) > 0.5, 1, EPS)
    degrees = weights.sum(axis=1)
    roots = np.linalg.eigvals(
        np.eye(len(weights)) - weights / degrees[:, None]
    )
    assert result.eigenvalue == pytest.approx(np.sort(roots.real)[1], abs=1e-9)


@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
@pytest.mark.parametrize('size', [1, 2, 20])
def test_two_equal_cliques_apart_by_hand(size, solver):
    # x = +1 on one, -1 on the other: every row gives 2 m eps = l (m + m eps).
    result = normalized_cut(blocks(size, size), 0.15, EPS, solver)
    assert result.eigenvalue == pytest.approx(2 * EPS / (1 + EPS), abs=1e-9)
    assert np.array_equal(side(result.eigenvector), np.arange(2 * size) < size)


@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
def test_two_joined_nodes_by_hand(solver):
    result = normalized_cut(np.ones((2, 2)), 0.15, EPS, solver)
    assert result.eigenvalue == pytest.approx(1)
    np.testing.assert_allclose(result.eigenvector[0], -result.eigenvector[1])


def test_same_split_as_scikit_image():
    weights = np.where(cliques_and_bridge(9, 7) > 0.5, 1, EPS)
    rag = skimage_graph.RAG()
    for i, j in zip(*np.triu_indices(16, 1), strict=True):
        rag.add_edge(int(i), int(j), weight=float(weights[i, j]))
    for node in rag:
        rag.nodes[node]['labels'] = [node]
    split = skimage_graph.cut_normalized(
        np.arange(16), rag, thresh=0.5, num_cuts=20
    )
    result = normalized_cut(weights, 0.5)
    assert len(np.unique(split)) == 2
    assert np.array_equal(side(result.eigenvector), split == split[0])


def test_same_value_as_networkx():
    weights = geometric(60, 0.3, 5)
    binary = np.where(weights > 0.5, 1, EPS)
    spectrum = nx.normalized_laplacian_spectrum(nx.from_numpy_array(binary))
    # networkx counts a loop once, as the degree of a row does.
    assert normalized_cut(weights, 0.5).eigenvalue == pytest.approx(
        np.sort(spectrum)[1], abs=1e-9
    )


@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
@pytest.mark.parametrize('name', ['bridge', 'geometric', 'patches'])
def test_relabelled_nodes(name, solver):
    weights = GRAPHS[name]
    order = np.random.default_rng(0).permutation(len(weights))
    plain = normalized_cut(weights, 0.15, EPS, solver)
    moved = normalized_cut(weights[np.ix_(order, order)], 0.15, EPS, solver)
    assert moved.eigenvalue == pytest.approx(plain.eigenvalue, abs=1e-9)
    back = np.empty_like(moved.eigenvector)
    back[order] = moved.eigenvector
    assert np.array_equal(side(back), side(plain.eigenvector))


def test_equal_parts_have_one_value_and_any_vector():
    weights = blocks(20, 20, 20)
    lanczos = normalized_cut(weights, 0.15)
    dense = normalized_cut(weights, 0.15, solver='dense')
    assert lanczos.eigenvalue == pytest.approx(dense.eigenvalue, abs=1e-9)
    # Each part stays whole.
    parts = lanczos.eigenvector.reshape(3, 20)
    np.testing.assert_allclose(parts, parts[:, :1].repeat(20, 1), atol=1e-9)


@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
def test_eigenvalue_above_one_by_hand(solver):
    # All joined, no loops: W x = (eps - 1) x for every x that sums to 0.
    result = normalized_cut(1 - np.eye(40), 0.15, EPS, solver)
    assert result.eigenvalue == pytest.approx(1 + (1 - EPS) / (39 + EPS))
    assert result.eigenvector.sum() == pytest.approx(0, abs=1e-9)


def test_repeats_bit_by_bit():
    first = normalized_cut(GRAPHS['geometric'], 0.15)
    again = normalized_cut(GRAPHS['geometric'], 0.15)
    assert np.array_equal(first.eigenvector, again.eigenvector)


def test_binarize():
    got = binarize([[0.2, 0.15], [0.1, -1]], 0.15, 1e-3)
    np.testing.assert_array_equal(got, np.float32([[1, 1e-3], [1e-3, 1e-3]]))


def test_rounding_at_the_threshold_is_settled():
    weights = geometric(150, 0.25, 0)
    weak = weights.copy()
    i, j = np.argwhere(np.triu(weights, 1) > 0)[0]
    weak[i, j] = weak[j, i] = 0
    odd = weights.copy()
    odd[i, j] = 0
    for solver in ('lanczos', 'dense'):
        assert np.array_equal(
            normalized_cut(odd, 0.15, EPS, solver).eigenvector,
            normalized_cut(weak, 0.15, EPS, solver).eigenvector,
        )


@pytest.mark.parametrize(
    'weights,words',
    [
        (np.ones(4), r'square, but got shape \(4,\)'),
        (np.ones((3, 4)), r'square, but got shape \(3, 4\)'),
        (np.ones((1, 1)), 'at least 2 nodes, but got 1'),
        (np.full((3, 3), np.nan), 'finite'),
        (np.full((3, 3), np.inf), 'finite'),
        (np.triu(np.ones((40, 40))), 'symmetric, but got 780 pairs'),
        (None, 'but got None'),
    ],
)
def test_bad_affinity(weights, words):
    with pytest.raises(ValueError, match=words):
        normalized_cut(weights, 0.15)


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'tau': 1.5}, '`tau` to lie in .* but got 1.5'),
        ({'tau': 0.1, 'eps': 0}, '`eps` to lie in .* but got 0'),
        (
            {'tau': 0.1, 'solver': 'qr'},
            "`solver` to be one of .* but got 'qr'",
        ),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        normalized_cut(np.ones((3, 3)), **settings)


@pytest.mark.parametrize(
    'folder,name',
    [
        ('maskcut_demo', 'demo1'),
        ('maskcut_demo', 'demo3'),
        ('coco_photos', '000000000009'),
    ],
)
@pytest.mark.parametrize('tau', [0.15, 0.4])
def test_photographs_at_half_size(real_features, folder, name, tau):
    weights = affinity(real_features(folder, name)[:, ::2, ::2])
    lanczos = normalized_cut(weights, tau)
    dense = normalized_cut(weights, tau, solver='dense')
    assert lanczos.eigenvalue == pytest.approx(dense.eigenvalue, abs=1e-6)
    assert np.array_equal(side(lanczos.eigenvector), side(dense.eigenvector))


@pytest.mark.parametrize('name', ['demo1', 'demo5', 'demo7'])
def test_photographs_at_full_size(real_features, name):
    """Against the eigenvectors of MaskCut's published procedure."""
    weights = affinity(real_features('maskcut_demo', name))
    with np.load(shared_data('maskcut_reference', f'{name}.npz')) as data:
        reference = data['eigenvectors'][0].ravel()
    got = normalized_cut(weights, 0.15).eigenvector
    assert abs(np.corrcoef(got, reference)[0, 1]) > 1 - 1e-6
    assert np.array_equal(side(got), side(reference))
