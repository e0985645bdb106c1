"""Several eigenvectors of weighted graphs, against LAPACK and by hand."""

import numpy as np
import pytest
from scipy.linalg import eigh

from mmcuts3d.cuts import (
    affinity,
    cut_eigenvectors,
    graph_weights,
    normalized_cut,
)
from mmcuts3d.cuts.semantic import cut_eigenvectors as module

EPS = 1e-5


def blocks(*sizes):
    """Cliques without an edge between them."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (labels[:, None] == labels).astype(float)


def patches(seed, side=12, noise=0.3):
    rng = np.random.default_rng(seed)
    kinds = np.zeros((side, side), int)
    kinds[2:6, 1:6] = 1
    kinds[7:11, 6:11] = 2
    features = np.eye(5)[kinds].transpose(2, 0, 1)
    return affinity(features + noise * rng.normal(size=features.shape))


GRAPHS = {
    'patches': patches(0),
    'patches, noisy': patches(1, noise=1.0),
    'three apart': blocks(40, 25, 18),
    'four equal apart': blocks(20, 20, 20, 20),
    'few nodes': patches(2, side=12)[:9, :9],
    'chain': np.clip(
        1 - np.abs(np.subtract.outer(np.arange(80), np.arange(80))) / 4, 0, 1
    ),
}
SETTINGS = [{}, {'negative': 'shift'}, {'tau': 0.2}]


def dense(affinity, k, **settings):
    """Values of the generalised problem, by LAPACK."""
    weights = graph_weights(affinity, **settings)
    degrees = np.diag(weights.sum(axis=1))
    return eigh(degrees - weights, degrees, subset_by_index=[0, k - 1])


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
@pytest.mark.parametrize('solver', ['lanczos', 'dense'])
@pytest.mark.parametrize('k', [1, 2, 4, 6])
@pytest.mark.parametrize('weights', GRAPHS.values(), ids=GRAPHS)
def test_solves_the_generalised_problem(weights, k, solver, settings):
    found = cut_eigenvectors(weights, k, solver=solver, **settings)
    assert found.eigenvectors.shape == (k, len(weights))
    values, _ = dense(weights, k, **settings)
    np.testing.assert_allclose(found.eigenvalues, values, atol=1e-7)
    matrix = graph_weights(weights, **settings)
    degrees = matrix.sum(axis=1)
    np.testing.assert_allclose(found.degrees, degrees)
    x = found.eigenvectors.T
    left = degrees[:, None] * x - matrix @ x
    right = degrees[:, None] * x * found.eigenvalues
    np.testing.assert_allclose(left, right, atol=1e-7 * degrees.max())
    product = x.T @ (degrees[:, None] * x)
    np.testing.assert_allclose(product, np.eye(k), atol=1e-7)


@pytest.mark.parametrize('settings', SETTINGS, ids=str)
def test_vectors_span_the_space_of_the_dense_solver(settings):
    """Where there is a gap after the k-th value any basis is as good."""
    weights = patches(3)
    found = cut_eigenvectors(weights, 3, **settings)
    _, vectors = dense(weights, 3, **settings)
    root = np.sqrt(found.degrees)[:, None]
    cosines = np.linalg.svd(
        (root * vectors).T @ (root * found.eigenvectors.T), compute_uv=False
    )
    np.testing.assert_allclose(cosines, 1, atol=1e-9)


def test_first_is_constant_and_peaks_are_positive():
    found = cut_eigenvectors(patches(0), 5)
    np.testing.assert_allclose(
        found.eigenvectors[0], found.eigenvectors[0, 0], rtol=1e-9
    )
    assert found.eigenvalues[0] == pytest.approx(0, abs=1e-12)
    for vector in found.eigenvectors:
        assert vector[np.abs(vector).argmax()] > 0


@pytest.mark.parametrize('k', [2, 5])
@pytest.mark.parametrize('tau', [0.1, 0.3])
def test_second_of_a_threshold_is_that_of_the_normalized_cut(tau, k):
    weights = patches(4)
    cut = normalized_cut(weights, tau)
    found = cut_eigenvectors(weights, k, tau)
    assert found.eigenvalues[1] == pytest.approx(cut.eigenvalue, abs=1e-9)
    sign = np.sign(found.eigenvectors[1] @ cut.eigenvector)
    np.testing.assert_allclose(
        sign * found.eigenvectors[1], cut.eigenvector, atol=1e-7
    )


def test_every_copy_of_an_eigenvalue_is_found():
    """Of six equal parts apart, five values are all but 0."""
    found = cut_eigenvectors(blocks(*[20] * 6), 7)
    assert (found.eigenvalues[:6] < 1e-3).all()
    assert found.eigenvalues[6] == pytest.approx(1, abs=1e-3)


def test_two_weighted_cliques_by_hand():
    """Within weight 1, between w: lambda = 2 m w / (m + m w)."""
    m, w = 20, 0.3
    weights = blocks(m, m) + w * (1 - blocks(m, m))
    found = cut_eigenvectors(weights, 2)
    assert found.eigenvalues[1] == pytest.approx(2 * w / (1 + w))
    above = found.eigenvectors[1] > 0
    assert above[:m].all() != above[m:].all()
    # The graph of a threshold does not know that w is less than 1.
    flat = cut_eigenvectors(weights, 2, tau=0.2)
    assert flat.eigenvalues[1] == pytest.approx(1)


def test_negative_cosines():
    cosines = np.array([[1, -0.5, 0.25], [-0.5, 1, 0.0], [0.25, 0.0, 1]])
    np.testing.assert_allclose(
        graph_weights(cosines),
        [[1, EPS, 0.25], [EPS, 1, EPS], [0.25, EPS, 1]],
    )
    np.testing.assert_allclose(
        graph_weights(cosines, negative='shift'),
        [[1, 0.25, 0.625], [0.25, 1, 0.5], [0.625, 0.5, 1]],
    )


def test_without_clamping_there_would_be_no_cut():
    """Why: negative weights make eigenvalues negative, or Z not positive."""
    cosines = np.where(blocks(12, 12) > 0, 1.0, -0.9)
    laplacian = np.diag(cosines.sum(axis=1)) - cosines
    assert np.linalg.eigvalsh(laplacian).min() < -1
    found = cut_eigenvectors(cosines, 3)
    assert (found.eigenvalues >= 0).all()
    above = found.eigenvectors[1] > 0
    assert above[:12].all() != above[12:].all()


def test_a_patch_without_features_stays_in_the_graph():
    cosines = patches(5)
    cosines[7] = cosines[:, 7] = 0
    found = cut_eigenvectors(cosines, 3)
    assert np.isfinite(found.eigenvectors).all()
    assert found.degrees[7] == pytest.approx(EPS * len(cosines))


def test_repeats_bit_by_bit():
    first, again = (cut_eigenvectors(patches(6), 6) for _ in range(2))
    assert np.array_equal(first.eigenvectors, again.eigenvectors)


def test_without_convergence_lapack_answers(monkeypatch):
    from scipy.sparse.linalg import ArpackNoConvergence

    def fail(*args):
        raise ArpackNoConvergence('no', np.zeros(0), np.zeros((0, 0)))

    expected = cut_eigenvectors(patches(0), 4)
    monkeypatch.setattr(module, 'leading_vectors', fail)
    found = cut_eigenvectors(patches(0), 4)
    np.testing.assert_allclose(
        found.eigenvectors, expected.eigenvectors, atol=1e-7
    )


def test_rounding_between_the_two_directions_is_settled():
    cosines = patches(0)
    cosines[3, 5] += 4e-7
    weights = graph_weights(cosines)
    assert np.array_equal(weights, weights.T)


@pytest.mark.parametrize(
    ('bad', 'words'),
    [
        (np.ones((3, 4)), r'square, but got shape \(3, 4\)'),
        (np.full((3, 3), np.nan), 'finite'),
        (np.triu(np.ones((4, 4))), 'symmetric, but got pairs that differ'),
        (np.full((3, 3), 2.0), 'cosines, in .* but got values up to 2'),
        (np.ones((1, 1)), 'at least 2 nodes .* got 1 and 2'),
        (None, 'but got None'),
    ],
)
def test_bad_affinity(bad, words):
    with pytest.raises(ValueError, match=words):
        cut_eigenvectors(bad, 2)


@pytest.mark.parametrize(
    ('settings', 'words'),
    [
        ({'k': 0}, '`k` to be an integer >= 1'),
        ({'k': 5}, '`k` to be no more than it has, but got 4 and 5'),
        ({'tau': -0.1}, '`tau` to lie in'),
        ({'eps': 0}, '`eps` to lie in'),
        ({'negative': 'drop'}, "`negative` to be one of .*'drop'"),
        ({'solver': 'qr'}, "`solver` to be one of .*'qr'"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        cut_eigenvectors(np.eye(4), **{'k': 2, **settings})


@pytest.mark.parametrize('name', ['demo1', 'demo3'])
def test_real_features_at_half_size(real_features, name):
    weights = affinity(real_features('maskcut_demo', name)[:, ::2, ::2])
    lanczos = cut_eigenvectors(weights, 6)
    reference = cut_eigenvectors(weights, 6, solver='dense')
    np.testing.assert_allclose(
        lanczos.eigenvalues, reference.eigenvalues, atol=1e-9
    )
    np.testing.assert_allclose(
        lanczos.eigenvectors, reference.eigenvectors, atol=1e-5
    )
