"""Otsu's threshold of the cosines: it follows scale, offset and noise."""

import numpy as np
import pytest
from helpers.cuts import NO_CRF, rectangle
from skimage.filters import threshold_otsu

from mmcuts3d.cuts import CutS3D, MaskCut, SemanticCut, affinity
from mmcuts3d.cuts.semantic.auto_threshold import auto_threshold, otsu

GRID = (20, 22)


def classes(noise=0.4, offset=0.0, seed=0):
    """Two objects and a ground, a direction each in 64 dimensions."""
    rng = np.random.default_rng(seed)
    left = rectangle(GRID, (3, 15), (2, 9))
    right = rectangle(GRID, (6, 18), (12, 20))
    kinds = np.stack([left, right, ~(left | right)]).astype(float)
    features = np.concatenate([kinds, np.zeros((61, *GRID))])
    features += noise / 8 * rng.normal(size=features.shape)
    features[63] += np.sqrt(offset / (1 - offset)) if offset else 0
    return features, left, right


@pytest.mark.parametrize('seed', range(5))
def test_equals_scikit_image(seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate(
        [rng.normal(0.35, 0.1, 30000), rng.normal(0.65, 0.12, 20000)]
    ).clip(0, 1)
    expected = threshold_otsu(values, nbins=512)
    # scikit-image names the middle of a bin, and this its edge.
    assert otsu(values) == pytest.approx(expected, abs=2 / 512)


def test_two_values_by_hand():
    assert otsu(np.array([0.2] * 5 + [0.6] * 3)) == pytest.approx(
        0.4, abs=2e-3
    )


@pytest.mark.parametrize(
    'values,expected', [([], 0), ([0.3], 0.3), ([-1, -1], 0), ([2, 2], 1)]
)
def test_of_one_value(values, expected):
    assert otsu(np.array(values, float)) == pytest.approx(expected)


@pytest.mark.parametrize('noise', [0.0, 0.4, 1.0])
@pytest.mark.parametrize('offset', [0.0, 0.3, 0.6])
def test_parts_classes_whatever_noise_and_offset(noise, offset):
    features, left, right = classes(noise, offset)
    tau = auto_threshold(features)
    cosines = affinity(features)
    kind = (left + 2 * right).ravel()
    same = kind[:, None] == kind
    assert np.median(cosines[~same]) < tau < np.median(cosines[same])
    # A fixed one does not: with an offset everything is alike.
    if offset == 0.6:
        assert np.median(cosines[~same]) > 0.15


@pytest.mark.parametrize('offset', [0.0, 0.3, 0.6])
def test_both_objects_are_found_at_every_offset(offset):
    features, left, right = classes(0.4, offset)
    semantic = {'tau_ncut': 'auto', 'corner_rule': 'any_sign'}
    cutter = MaskCut(
        semantic=semantic,
        selection={'remove_rejected': True},
        refine=NO_CRF,
    )
    found = [step.semantic_mask for step in cutter.steps(features)]
    for mask in (left, right):
        assert any(np.mean(own == mask) > 0.99 for own in found)


def test_sharpening_moves_the_threshold_with_the_cosines():
    features, *_ = classes()
    importance = np.full(GRID, 0.5, np.float32)
    cut = SemanticCut(tau_ncut='auto')
    tau = cut.threshold(features)
    assert tau == auto_threshold(features)
    assert cut.threshold(features, importance) == pytest.approx(tau**0.5)
    assert SemanticCut(tau_ncut=0.2).threshold(features, importance) == 0.2


def test_an_affinity_has_a_threshold_of_its_own():
    features, *_ = classes(0.2)
    cut = SemanticCut(tau_ncut='auto', sharpening=None)
    none = np.zeros(GRID, bool)
    one = cut(cut.graph(features), none)
    other = cut(affinity(features), none)
    assert np.array_equal(one.mask, other.mask)


def test_in_a_preset():
    cutter = CutS3D.from_preset(
        'touching', semantic={'tau_ncut': 'auto', 'sharpening': None}
    )
    assert cutter.semantic.tau_ncut == 'auto'
    with pytest.raises(ValueError, match='`tau_ncut`'):
        CutS3D(semantic={'tau_ncut': 'otsu'})
