"""VoteCut's proposals on graphs whose eigenvectors are known."""

import numpy as np
import pytest
from helpers.cuts import rectangle
from scipy.linalg import eigh

from mmcuts3d.cuts import ProposalCut, affinity, binarize

GRID = (20, 20)
#: Three kinds: a block, a block that touches it, the ground.
INNER = rectangle(GRID, (6, 12), (5, 10))
OUTER = rectangle(GRID, (6, 12), (10, 16))


def kinds(*masks):
    """One kind of features for each mask, one for the ground."""
    ground = ~np.any(masks, axis=0)
    return np.stack([*masks, ground]).astype(np.float32)


def noisy(seed=0):
    rng = np.random.default_rng(seed)
    clean = np.concatenate([kinds(INNER, OUTER), np.zeros((5, *GRID))])
    noise = 0.3 * rng.normal(size=clean.shape)
    return (clean + noise).astype(np.float32)


def test_two_kinds_are_one_proposal_for_each_k():
    found = ProposalCut()(kinds(INNER))
    # Two values only: three clusters are two, and the ground has corners.
    assert len(found.masks) == 2
    assert (found.masks == INNER).all()
    # The cost of the cut, of 30 patches from 370: cut / assoc on both sides.
    cut = 30 * 370 * 1e-5
    cost = cut / (30**2 + cut) + cut / (370**2 + cut)
    assert found.eigenvalue == pytest.approx(cost, rel=1e-6)
    assert (found.eigenvector[INNER] > found.eigenvector[~INNER].max()).all()


def test_more_clusters_part_what_fewer_join():
    features = kinds(INNER, OUTER)
    features[:2] += 0.3 * features[[1, 0]]  # the two are a bit alike
    found = ProposalCut(ks=[3], tau_ncut=0.9)(features)
    masks = {mask.tobytes() for mask in found.masks}
    assert masks <= {m.tobytes() for m in (INNER, OUTER, INNER | OUTER)}
    both = ProposalCut(ks=[2], tau_ncut=0.3)(features)
    assert [np.array_equal(m, INNER | OUTER) for m in both.masks] == [True]


@pytest.mark.parametrize('scaling', ['symmetric', 'generalised'])
def test_the_eigenvector_is_the_one_that_is_named(scaling):
    features = noisy()
    weights = binarize(affinity(features), 0.15).astype(float)
    weights = np.minimum(weights, weights.T)
    degrees = weights.sum(axis=1)
    laplacian = np.diag(degrees) - weights
    if scaling == 'symmetric':
        laplacian /= np.sqrt(np.outer(degrees, degrees))
        values, vectors = eigh(laplacian)
    else:
        values, vectors = eigh(laplacian, np.diag(degrees))
    found = ProposalCut(scaling=scaling)(features)
    assert found.eigenvalue == pytest.approx(values[1], rel=1e-6)
    actual, expected = found.eigenvector.ravel(), vectors[:, 1]
    cosine = actual @ expected / np.linalg.norm(actual)
    cosine /= np.linalg.norm(expected)
    assert abs(cosine) == pytest.approx(1, abs=1e-9)


def test_the_two_scalings_differ():
    features = noisy()
    one, other = (
        ProposalCut(scaling=scaling)(features).eigenvector
        for scaling in ('symmetric', 'generalised')
    )
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.9999


def test_both_solvers_propose_the_same():
    for seed in range(3):
        one, other = (
            ProposalCut(solver=solver)(noisy(seed))
            for solver in ('lanczos', 'dense')
        )
        assert np.array_equal(one.masks, other.masks)


def test_background_is_what_holds_corners():
    strip = rectangle(GRID, (0, 20), (0, 8))  # two corners
    assert len(ProposalCut()(kinds(strip)).masks) == 0
    both = ProposalCut(max_corners=2, ks=[2])(kinds(strip)).masks
    assert {m.tobytes() for m in both} == {
        strip.tobytes(),
        (~strip).tobytes(),
    }


def test_a_cluster_of_many_parts_is_noise():
    rows, columns = np.indices(GRID)
    dots = (rows % 4 == 1) & (columns % 4 == 1)
    assert dots.sum() == 25
    settings = {'min_side': 1, 'ks': [2]}
    found = ProposalCut(max_parts=25, **settings)(kinds(dots)).masks
    assert found.sum(axis=(1, 2)).tolist() == [1] * 25
    assert np.array_equal(found.any(axis=0), dots)
    assert len(ProposalCut(max_parts=24, **settings)(kinds(dots)).masks) == 0


def test_a_part_is_large_enough_by_its_longer_side():
    line = rectangle(GRID, (8, 9), (5, 10))
    assert len(ProposalCut(ks=[2])(kinds(line)).masks) == 1
    assert len(ProposalCut(ks=[2], min_side=6)(kinds(line)).masks) == 0


@pytest.mark.parametrize(
    'features',
    [
        np.ones((4, 8, 8)),
        np.zeros((4, 8, 8)),
        np.ones((3, 1, 1)),
        np.ones((3, 1, 2)),
        np.eye(4).reshape(4, 2, 2),
    ],
    ids=['flat', 'zero', 'one patch', 'two patches', 'all different'],
)
def test_nothing_to_cut(features):
    found = ProposalCut()(features.astype(np.float32))
    assert found.masks.shape == (0, *features.shape[1:])
    assert np.isnan(found.eigenvalue)


@pytest.mark.parametrize(
    'name,value',
    [
        ('tau_ncut', 1.5),
        ('tau_ncut', 'high'),
        ('eps', 0),
        ('scaling', 'both'),
        ('ks', []),
        ('ks', 3),
        ('ks', [2, 2]),
        ('max_corners', -1),
        ('max_parts', 0),
        ('min_side', 0),
        ('solver', 'qr'),
    ],
)
def test_bad_settings(name, value):
    with pytest.raises(ValueError, match=f'`{name}` to .* but got'):
        ProposalCut(**{name: value})


def test_one_cluster_parts_nothing():
    with pytest.raises(ValueError, match='`ks` to be an integer >= 2'):
        ProposalCut(ks=[1, 2])


def test_a_threshold_from_the_graph():
    shifted = kinds(INNER) + 2  # all cosines far above 0.15
    assert len(ProposalCut(ks=[2])(shifted).masks) == 0
    (mask,) = ProposalCut(ks=[2], tau_ncut='auto')(shifted).masks
    assert np.array_equal(mask, INNER)
