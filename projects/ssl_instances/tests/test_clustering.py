"""k-way spectral clustering against a literal one, and its edges."""

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.ndimage import label
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score

from mmcuts3d.cuts import affinity
from projects.ssl_instances.ssl_instances import clustering
from projects.ssl_instances.ssl_instances.clustering import (
    masks_of,
    spectral_masks,
)

KINDS = np.zeros((12, 14), int)
KINDS[2:6, 1:5] = 1
KINDS[2:6, 8:12] = 1  # of one look with the first, apart from it
KINDS[8:11, 3:11] = 2


def features(noise=0.25, seed=0, kinds=KINDS):
    rng = np.random.default_rng(seed)
    looks = np.eye(6)[kinds].transpose(2, 0, 1)
    return looks + noise * rng.normal(size=looks.shape)


def same_partition(a, b):
    """Whether two labelings differ by their numbers only."""
    pairs = set(zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True))
    return len(pairs) == len(np.unique(a)) == len(np.unique(b))


def literal(features, k, seed=0):
    """Ng, Jordan and Weiss, step by step, dense."""
    weights = np.clip(affinity(features).astype(float), 1e-5, None)
    root = np.diag(1 / np.sqrt(weights.sum(axis=1)))
    _, vectors = eigh(root @ weights @ root)
    x = vectors[:, -k:]
    y = x / np.sqrt((x**2).sum(axis=1, keepdims=True))
    means = KMeans(k, n_init=10, random_state=seed).fit(y)
    return means.labels_.reshape(features.shape[1:])


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('k', [2, 3, 4])
def test_same_clusters_as_the_literal_method(seed, k):
    x = features(seed=seed)
    found = spectral_masks(x, (k,))
    assert adjusted_rand_score(
        found.labels[0].ravel(), literal(x, k).ravel()
    ) == pytest.approx(1)


def test_same_clusters_as_scikit_learn():
    """Which does not bring rows to length 1; clear clusters do not mind."""
    x = features(0.1)
    weights = np.clip(affinity(x), 0, None)
    other = SpectralClustering(3, affinity='precomputed', random_state=0)
    expected = other.fit_predict(weights)
    found = spectral_masks(x, (3,)).labels[0]
    assert same_partition(found, expected)
    assert same_partition(found, KINDS)


def test_one_decomposition_serves_every_k(monkeypatch):
    calls = []
    whole = clustering.cut_eigenvectors

    def counted(cosines, k, *rest):
        calls.append(k)
        return whole(cosines, k, *rest)

    monkeypatch.setattr(clustering, 'cut_eigenvectors', counted)
    together = spectral_masks(features(), (2, 3, 5))
    assert calls == [5]
    for place, k in enumerate((2, 3, 5)):
        alone = spectral_masks(features(), (k,))
        assert np.array_equal(alone.labels[0], together.labels[place])


def test_masks_are_the_connected_parts_of_the_clusters():
    found = spectral_masks(features(0.05), (2, 3))
    assert found.labels.shape == (2, 12, 14)
    assert sorted(np.unique(found.ks)) == [2, 3]
    for place, k in enumerate((2, 3)):
        masks = found.masks[found.ks == k]
        assert (masks.sum(axis=0) == 1).all()  # a partition
        for mask in masks:
            assert label(mask)[1] == 1
            assert len(np.unique(found.labels[place][mask])) == 1
    # Both objects of one look are one cluster and two masks.
    assert any(np.array_equal(m, KINDS == 2) for m in found.masks)
    left = (KINDS == 1) & (np.arange(14) < 7)
    assert any(np.array_equal(m, left) for m in found.masks)
    whole = spectral_masks(features(0.05), (2, 3), split=False)
    assert list(whole.ks) == [2, 2, 3, 3, 3]
    assert any(np.array_equal(m, KINDS == 1) for m in whole.masks)


def test_parts_touch_by_sides_not_by_corners():
    masks = masks_of(np.eye(3, dtype=int))
    assert len(masks) == 5
    assert len(masks_of(np.eye(3, dtype=int), split=False)) == 2


def test_fourteen_masks_of_the_proposals_before_they_are_split():
    found = spectral_masks(features(0.5), (2, 3, 4, 5), split=False)
    assert len(found.masks) == 14


def test_repeats_bit_by_bit_and_labels_are_in_order():
    first, again = (spectral_masks(features(0.6)) for _ in range(2))
    assert np.array_equal(first.labels, again.labels)
    assert np.array_equal(first.masks, again.masks)
    for labels in first.labels:
        values, places = np.unique(labels, return_index=True)
        assert labels[0, 0] == 0
        assert list(values) == list(range(len(values)))
        assert (np.diff(places) > 0).all()


def test_scale_of_features_does_not_count():
    x = features(0.2)
    scale = np.random.default_rng(1).uniform(0.1, 9, size=x.shape[1:])
    a, b = spectral_masks(x, (3,)), spectral_masks(x * scale, (3,))
    assert same_partition(a.labels, b.labels)


def test_fewer_looks_than_clusters():
    """No cluster is made up where patches are the same."""
    found = spectral_masks(features(0.0), (2, 3, 4, 5, 6))
    for labels, k in zip(found.labels, (2, 3, 4, 5, 6), strict=True):
        assert len(np.unique(labels)) == min(k, 3)
    assert same_partition(found.labels[-1], KINDS)


@pytest.mark.parametrize('value', [0.0, 1.0, -3.5])
def test_constant_features_have_no_structure(value):
    found = spectral_masks(np.full((4, 5, 6), value), (2, 3))
    assert found.labels.shape == (2, 5, 6) and not found.labels.any()
    assert found.masks.shape == (0, 5, 6) and len(found.ks) == 0
    assert found.eigenvalues.size == 0


def test_patches_without_features_are_a_look_of_their_own():
    x = features(0.0)
    x[:, KINDS == 2] = 0
    found = spectral_masks(x, (3,))
    assert same_partition(found.labels[0], KINDS)


def test_two_patches():
    x = np.array([[1.0, 0.0], [0.0, 1.0]]).reshape(2, 1, 2)
    found = spectral_masks(x, (2,))
    assert found.labels.tolist() == [[[0, 1]]]
    assert len(found.masks) == 2


def test_a_threshold_gives_the_graph_of_mask_cut():
    x = features(0.1)
    found = spectral_masks(x, (3,), tau=0.5)
    assert same_partition(found.labels[0], KINDS)
    assert found.eigenvalues[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ('bad', 'words'),
    [
        (np.ones((3, 1, 1)), 'at least 2 patches, but got a grid of 1 x 1'),
        (np.eye(2).reshape(2, 1, 2), r'patches \(2\), but got \[2, 3\]'),
        (np.full((3, 4, 4), np.nan), 'finite'),
        (np.ones((3, 4)), r'\(C, h, w\).* got shape \(3, 4\)'),
        (None, 'but got None'),
    ],
)
def test_bad_features(bad, words):
    with pytest.raises(ValueError, match=words):
        spectral_masks(bad, (2, 3))


@pytest.mark.parametrize('ks', [(), (1, 2), (2, 2), (2.0,), (True,), ('3',)])
def test_bad_ks(ks):
    with pytest.raises(ValueError, match='`ks` to be different integers'):
        spectral_masks(features(), ks)
