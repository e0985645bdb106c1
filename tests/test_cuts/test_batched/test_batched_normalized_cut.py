"""Normalized cuts of a batch, in torch, against the numpy reference."""

import numpy as np
import pytest
import torch

from mmcuts3d.cuts import (
    affinity,
    bipartition,
    normalized_cut,
)
from mmcuts3d.cuts import batched as twin
from mmcuts3d.cuts.batched.normalized_cut import has_no_structure
from mmcuts3d.cuts.semantic import semantic_cut
from mmcuts3d.cuts.semantic.strong_edges import StrongEdges

EPS = 1e-5
SIDE = 12


def patches(seed):
    """Two noisy objects on a noisy ground, as an affinity."""
    rng = np.random.default_rng(seed)
    kinds = np.zeros((SIDE, SIDE), int)
    kinds[2:6, 1:6] = 1
    kinds[6:11, 7:11] = 2
    features = np.eye(6)[kinds].transpose(2, 0, 1)
    return affinity(features + 0.25 * rng.normal(size=features.shape))


def apart(*sizes):
    """Cliques without an edge between them, SIDE x SIDE nodes."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (labels[:, None] == labels).astype(np.float32)


def geometric(radius, seed):
    points = np.random.default_rng(seed).random((SIDE * SIDE, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return (distance < radius).astype(np.float32)


GRAPHS = {
    'patches': patches(0),
    'other patches': patches(1),
    'apart': apart(100, 44),
    'three apart': apart(70, 44, 30),
    'one node apart': apart(143, 1),
    'geometric': geometric(0.25, 0),
    'geometric, sparse': geometric(0.05, 1),
    'geometric, in parts': geometric(0.1, 2),
}
CONNECTED = ('patches', 'other patches', 'geometric')


@pytest.fixture(scope='module')
def batch():
    return torch.from_numpy(np.stack(list(GRAPHS.values())))


@pytest.fixture(scope='module')
def solved(batch):
    return twin.normalized_cut(batch, 0.15)


@pytest.mark.parametrize('name', GRAPHS)
def test_as_the_reference(name, solved):
    place = list(GRAPHS).index(name)
    expected = normalized_cut(GRAPHS[name], 0.15)
    vector = solved.eigenvectors[place]
    assert solved.eigenvalues[place] == pytest.approx(
        expected.eigenvalue, abs=1e-10
    )
    # The sign too: LAPACK's, on which the corner rule depends.
    scale = abs(expected.eigenvector).max()
    np.testing.assert_allclose(
        vector, expected.eigenvector, rtol=0, atol=1e-5 * scale
    )
    got, want = (
        bipartition(x.reshape(SIDE, SIDE))
        for x in (vector, expected.eigenvector)
    )
    np.testing.assert_array_equal(got.foreground, want.foreground)
    if name in CONNECTED:  # elsewhere all nodes of a part tie for the seed
        np.testing.assert_array_equal(got.component, want.component)
        assert got.seed == want.seed


@pytest.mark.parametrize('name', GRAPHS)
def test_a_graph_does_not_depend_on_its_batch(name, solved, batch):
    place = list(GRAPHS).index(name)
    alone = twin.normalized_cut(batch[place : place + 1], 0.15)
    np.testing.assert_array_equal(
        alone.eigenvectors[0], solved.eigenvectors[place]
    )
    assert alone.eigenvalues[0] == solved.eigenvalues[place]


def test_nodes_that_are_not_in_the_graph(batch):
    rng = np.random.default_rng(5)
    nodes = rng.random((len(batch), SIDE * SIDE)) < 0.7
    nodes[0, :] = True
    nodes[1, 20:] = False  # few: LAPACK's
    got = twin.normalized_cut(
        batch, 0.15, EPS, 'lanczos', torch.from_numpy(nodes)
    )
    for place, (weights, left) in enumerate(
        zip(GRAPHS.values(), nodes, strict=True)
    ):
        expected = normalized_cut(weights[np.ix_(left, left)], 0.15)
        vector = got.eigenvectors[place]
        assert not vector[~left].any()
        assert got.eigenvalues[place] == pytest.approx(
            expected.eigenvalue, abs=1e-10
        )
        scale = abs(expected.eigenvector).max()
        np.testing.assert_allclose(
            vector[left], expected.eigenvector, rtol=0, atol=1e-5 * scale
        )


def test_the_dense_solver_is_the_reference(batch):
    got = twin.normalized_cut(batch[:2], 0.15, EPS, 'dense')
    for place, weights in enumerate(list(GRAPHS.values())[:2]):
        expected = normalized_cut(weights, 0.15, EPS, 'dense')
        np.testing.assert_array_equal(
            got.eigenvectors[place], expected.eigenvector
        )


def test_equal_parts_have_one_value_and_any_vector():
    weights = torch.from_numpy(apart(48, 48, 48))[None]
    got = twin.normalized_cut(weights, 0.15)
    expected = normalized_cut(weights[0].numpy(), 0.15, solver='dense')
    assert got.eigenvalues[0] == pytest.approx(expected.eigenvalue, abs=1e-9)
    parts = got.eigenvectors.reshape(3, 48)
    np.testing.assert_allclose(parts, parts[:, :1].repeat(48, 1), atol=1e-9)


def test_without_convergence_lapack_decides(monkeypatch, batch):
    module = __import__(
        'mmcuts3d.cuts.batched.normalized_cut', fromlist=['CHECKS']
    )
    monkeypatch.setattr(module, 'CHECKS', (2, 3))
    got = module.normalized_cut(batch[:1], 0.15)
    expected = normalized_cut(GRAPHS['patches'], 0.15, solver='dense')
    np.testing.assert_array_equal(got.eigenvectors[0], expected.eigenvector)


def test_has_no_structure():
    graphs = [patches(0), np.ones((144, 144)), np.eye(144), apart(143, 1)]
    found = np.zeros((4, SIDE, SIDE), bool)
    found[3, -1, -1] = True  # of what is left, all edges are alike
    strong = torch.from_numpy(np.stack(graphs) > 0.15)
    gone = torch.from_numpy(found)
    got = has_no_structure(twin.paint_out(strong, gone), ~gone.flatten(1))
    assert got == [
        semantic_cut.has_no_structure(
            StrongEdges.of_affinity(graph, 0.15).without(own), own
        )
        for graph, own in zip(graphs, found, strict=True)
    ]
    assert got == [False, True, True, True]


@pytest.mark.parametrize(
    'weights,settings,words',
    [
        (torch.ones(4, 4), {}, r'\(B, n, n\)'),
        (torch.ones(1, 3, 4), {}, r'\(B, n, n\)'),
        (torch.full((1, 3, 3), torch.inf), {}, 'finite'),
        (torch.ones(1, 40, 40).triu(), {}, 'symmetric, but got 780 pairs'),
        (torch.ones(1, 1, 1), {}, 'at least 2 nodes'),
        (torch.ones(1, 3, 3), {'tau': 1.5}, '`tau`'),
        (torch.ones(1, 3, 3), {'eps': 0}, '`eps`'),
        (torch.ones(1, 3, 3), {'solver': 'qr'}, '`solver`'),
    ],
)
def test_bad_input(weights, settings, words):
    with pytest.raises(ValueError, match=words):
        twin.normalized_cut(weights, **{'tau': 0.15, **settings})


@pytest.mark.parametrize(
    'names', [('000000000009', '000000000025', '000000000030')]
)
def test_real_images(real_features, names):
    features = np.stack([real_features('coco_photos', n) for n in names])
    features = features[:, :, ::2, ::2]
    edges = twin.affinity(torch.from_numpy(features.copy()))
    got = twin.normalized_cut(edges, 0.15)
    for own, vector in zip(features, got.eigenvectors, strict=True):
        expected = normalized_cut(affinity(own), 0.15).eigenvector
        np.testing.assert_array_equal(
            bipartition(vector.reshape(30, 30)).foreground,
            bipartition(expected.reshape(30, 30)).foreground,
        )
