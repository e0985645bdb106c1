"""Graphs of a batch, in torch, against the numpy reference."""

import numpy as np
import pytest
import torch

from mmcuts3d.cuts import affinity, paint_out, sharpen, spatial_importance
from mmcuts3d.cuts import batched as twin
from mmcuts3d.cuts.batched.precision import binary_product, full_precision

GRID = (7, 9)
RULES = ['mean', 'max', 'product', 'row']


@pytest.fixture(scope='module')
def features():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 6, *GRID)).astype(np.float32)
    values += 0.5
    values[1, :, 2, 3] = 0  # a patch without features
    return values


@pytest.fixture(scope='module')
def depths():
    rng = np.random.default_rng(1)
    values = rng.random((3, *GRID)).astype(np.float32)
    values[2] = 0.25  # flat
    return values


def test_affinity(features):
    got = twin.affinity(torch.from_numpy(features)).numpy()
    expected = np.stack([affinity(own) for own in features])
    np.testing.assert_allclose(got, expected, atol=1e-6)
    assert got.dtype == np.float32 and abs(got).max() <= 1
    assert not got[1, 2 * 9 + 3].any()


def test_affinity_does_not_depend_on_the_batch(features):
    batch = torch.from_numpy(features)
    alone = [twin.affinity(own[None])[0] for own in batch]
    assert torch.equal(twin.affinity(batch), torch.stack(alone))


def test_paint_out(features):
    mask = np.random.default_rng(2).random((3, *GRID)) > 0.6
    expected = [
        paint_out(affinity(own), gone)
        for own, gone in zip(features, mask, strict=True)
    ]
    graphs = torch.from_numpy(np.stack([affinity(own) for own in features]))
    got = twin.paint_out(graphs, torch.from_numpy(mask))
    np.testing.assert_array_equal(got.numpy(), np.stack(expected))
    assert got.data_ptr() == graphs.data_ptr()


@pytest.mark.parametrize('beta,sigma', [(0.45, 3), (0, 0.7), (1, 20)])
def test_spatial_importance(depths, beta, sigma):
    got = twin.spatial_importance(torch.from_numpy(depths), beta, sigma)
    expected = [spatial_importance(own, beta, sigma) for own in depths]
    np.testing.assert_allclose(got.numpy(), np.stack(expected), atol=1e-6)
    assert not got[2].any()


@pytest.mark.parametrize('rule', RULES)
def test_sharpen(features, depths, rule):
    edges = np.stack([affinity(own) for own in features])
    importance = np.stack([spatial_importance(own) for own in depths])
    expected = [
        sharpen(own, weight, rule)
        for own, weight in zip(edges, importance, strict=True)
    ]
    got = twin.sharpen(
        torch.from_numpy(edges), torch.from_numpy(importance), rule
    )
    np.testing.assert_allclose(got.numpy(), np.stack(expected), rtol=1e-5)


@pytest.mark.parametrize('rule', RULES)
@pytest.mark.parametrize('tau', [0, 0.13, 0.6, 1])
def test_strong_edges_are_those_of_sharpened_affinities(
    features, depths, rule, tau
):
    edges = np.stack([affinity(own) for own in features])
    importance = np.stack([spatial_importance(own) for own in depths])
    got = twin.strong_edges(
        torch.from_numpy(edges), torch.from_numpy(importance), tau, rule
    ).numpy()
    for own, weight, strong in zip(edges, importance, got, strict=True):
        sharpened = sharpen(own, weight, rule)
        # What rounding decides, a power or a logarithm may decide apart.
        clear = abs(sharpened - tau) > 1e-6
        clear |= own <= 0
        np.testing.assert_array_equal(strong[clear], (sharpened > tau)[clear])
        assert clear.mean() > 0.9


def exact(matrix, vector):
    """Sums of the chosen elements, each added without rounding."""
    from math import fsum

    return [fsum(vector[row > 0]) for row in matrix]


@pytest.mark.parametrize('number', [1, 40, 300])
def test_binary_product_is_exact(number):
    rng = np.random.default_rng(number)
    half = np.triu(rng.random((2, number, number)) > 0.5)
    matrices = (half | half.transpose(0, 2, 1)).astype(np.float32)
    vectors = rng.normal(size=(2, number)) * np.array([[1e-9], [1e7]])
    got = binary_product(
        torch.from_numpy(matrices), torch.from_numpy(vectors)
    ).numpy()
    for place in range(2):
        expected = exact(matrices[place], vectors[place])
        scale = abs(vectors[place]).max()
        np.testing.assert_allclose(
            got[place], expected, rtol=0, atol=number * 2.0**-52 * scale
        )


def test_binary_product_does_not_depend_on_order():
    rng = np.random.default_rng(3)
    half = np.triu(rng.random((500, 500)) > 0.5)
    matrix = torch.from_numpy((half | half.T).astype(np.float32))
    vector = torch.from_numpy(rng.normal(size=500))
    order = torch.from_numpy(rng.permutation(500))
    plain = binary_product(matrix[None], vector[None])[0]
    moved = binary_product(matrix[order][:, order][None], vector[order][None])
    assert torch.equal(moved[0], plain[order])
    nothing = binary_product(matrix[None], torch.zeros(1, 500).double())
    assert not nothing.any()


def test_precision_is_what_it_was_outside():
    cpu = torch.device('cpu')
    torch.set_float32_matmul_precision('medium')
    try:
        with full_precision(cpu), pytest.raises(KeyError), full_precision(cpu):
            raise KeyError
        assert torch.get_float32_matmul_precision() == 'medium'
    finally:
        torch.set_float32_matmul_precision('highest')


def test_half_precision_outside_changes_nothing(features):
    batch = torch.from_numpy(features)
    plain = twin.affinity(batch)
    cut = twin.normalized_cut(plain, 0.5)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert (plain[0] @ plain[0]).dtype == torch.bfloat16
        assert torch.equal(twin.affinity(batch), plain)
        again = twin.normalized_cut(plain, 0.5)
    np.testing.assert_array_equal(again.eigenvectors, cut.eigenvectors)


@pytest.mark.parametrize(
    'call,words',
    [
        (lambda: twin.affinity(torch.zeros(3, 4, 4)), r'\(B, C, h, w\)'),
        (lambda: twin.affinity(torch.full((1, 2, 3, 3), torch.nan)), 'finite'),
        (
            lambda: twin.paint_out(torch.ones(1, 4, 4), torch.ones(1, 3, 3)),
            'one row per patch',
        ),
        (lambda: twin.spatial_importance(torch.zeros(4, 4)), r'\(B, h, w\)'),
        (
            lambda: twin.spatial_importance(torch.full((1, 4, 4), 2.0)),
            r'in \[0, 1\]',
        ),
        (
            lambda: twin.sharpen(torch.ones(1, 4, 4), torch.ones(1, 3, 3)),
            'one row per patch',
        ),
        (
            lambda: twin.strong_edges(
                torch.ones(1, 4, 4), torch.ones(1, 2, 2), 0.5, 'column'
            ),
            "'column'",
        ),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
