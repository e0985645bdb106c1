"""Confidence maps at pixels: aligned to the image, or of the CRF."""

import numpy as np
import pytest
from helpers.crf import crf_scene
from helpers.cuts import step_of

from mmcuts3d.cuts import (
    CutS3D,
    MaskCut,
    PseudoInstances,
    Refinement,
    dense_crf,
    resize_nearest,
)
from mmcuts3d.cuts.batched import BatchCutter
from mmcuts3d.cuts.dense_crf import crf_probability
from mmcuts3d.cuts.instances import to_instances
from mmcuts3d.cuts.pixel_confidence import aligned_confidence


def mean_field(image, log_odds, gaussian_sxy, weight, iterations):
    """Mean field with the smoothness term alone, all pairs written out."""
    height, width = image.shape[:2]
    rows, columns = np.indices((height, width)).reshape(2, -1)
    squared = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    kernel = np.exp(-squared / (2 * gaussian_sxy**2))
    signs = np.tanh(log_odds.ravel() / 2)
    norm = np.sqrt(kernel.sum(axis=1))
    for _ in range(iterations):
        message = (kernel @ (signs / norm)) / norm
        signs = np.tanh((log_odds.ravel() + weight * message) / 2)
    return ((1 + signs) / 2).reshape(height, width)


def test_the_probability_is_that_of_the_mask():
    image, rough, _ = crf_scene()
    likely = crf_probability(image, rough)
    assert likely.dtype == np.float32 and likely.shape == rough.shape
    assert likely.min() >= 0 and likely.max() <= 1
    assert np.array_equal(likely > 0.5, dense_crf(image, rough))
    together = crf_probability(image, np.stack([rough, ~rough, rough]))
    np.testing.assert_allclose(together[[0, 2]], [likely, likely], atol=1e-6)


def test_without_a_pairwise_term_it_is_the_unary():
    image, rough, _ = crf_scene()
    still = crf_probability(
        image, rough, gaussian_weight=0, bilateral_weight=0
    )
    expected = np.where(rough, 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)))
    np.testing.assert_allclose(still, expected, atol=1e-6)


def test_smoothness_as_written_out():
    """The lattice is an approximation: close, not equal."""
    image = np.zeros((12, 14, 3), np.uint8)
    mask = np.zeros((12, 14), bool)
    mask[3:9, 4:10] = True
    likely = crf_probability(
        image, mask, gaussian_weight=1.0, bilateral_weight=0, iterations=5
    )
    expected = mean_field(image, 2.0 * mask - 1, 3, 1.0, 5)
    assert np.abs(likely - expected).mean() < 0.05
    assert np.corrcoef(likely.ravel(), expected.ravel())[0, 1] > 0.98


def test_settings_of_the_probability_are_checked():
    image, rough, _ = crf_scene()
    with pytest.raises(ValueError, match='bilateral_sxi'):
        crf_probability(image, rough, bilateral_sxi=3)
    with pytest.raises(ValueError, match='bilateral_sxy'):
        crf_probability(image, rough, bilateral_sxy=-1)


def bands():
    """An image of three plain bands, and patches that cross their borders."""
    image = np.zeros((60, 60, 3), np.uint8)
    image[13:28], image[28:47] = 120, 250
    confidence = np.zeros((10, 10), np.float32)
    confidence[2:8], confidence[2:5] = 1.0, 0.5
    return image, confidence


def test_aligned_borders_lie_on_those_of_the_image():
    image, confidence = bands()
    coarse = resize_nearest(confidence, (60, 60))
    aligned = aligned_confidence(image, confidence)
    assert set(np.unique(aligned)) <= {0.0, np.float32(0.5), 1.0}
    # Patches end in rows 12, 30 and 48; the bands in 13, 28 and 47.
    assert [coarse[row, 30] for row in (12, 28, 29, 47)] == [0.5, 0.5, 0.5, 1]
    assert [aligned[row, 30] for row in (12, 28, 29, 47)] == [0, 1, 1, 0]


def test_aligned_is_the_mean_of_fitted_sets():
    image, _, _ = crf_scene()
    side = 4
    rng = np.random.default_rng(0)
    grid = (image.shape[0] // side, image.shape[1] // side)
    confidence = rng.integers(0, 4, grid).astype(np.float32) / 3
    size = image.shape[:2]
    fitted = [
        dense_crf(image, resize_nearest(confidence >= v / 3 - 1e-6, size))
        for v in (1, 2, 3)
    ]
    np.testing.assert_allclose(
        aligned_confidence(image, confidence), np.mean(fitted, 0), atol=1e-6
    )


def test_aligned_of_nothing_is_nothing():
    image, _ = bands()
    empty = aligned_confidence(image, np.zeros((10, 10), np.float32))
    assert empty.shape == (60, 60) and not empty.any()


@pytest.mark.parametrize('kind', ['aligned', 'crf'])
def test_instances_have_maps_of_pixels(kind):
    image, confidence = bands()
    refine = Refinement(confidence=kind, min_crf_iou=0)
    step = step_of(confidence > 0, confidence)
    found = to_instances(image, [step], refine)
    assert found.confidences.shape == found.masks.shape == (1, 60, 60)
    if kind == 'aligned':
        expected = aligned_confidence(image, confidence)
    else:
        mask = resize_nearest(confidence > 0, (60, 60))
        expected = crf_probability(image, mask)
    np.testing.assert_allclose(found.confidences[0], expected, atol=1e-6)
    inside = np.maximum(found.confidences[0][found.masks[0]], 0.5)
    assert found.scores[0] == pytest.approx(inside.mean(), abs=1e-5)
    assert len(found[[0]]) == 1 and found[[0]].confidences.ndim == 3


def test_what_is_unknown_to_the_crf_is_so_for_the_maps():
    """With rest='unknown' a look-alike beside a mask decides nothing."""
    image = np.full((40, 40, 3), 90, np.uint8)
    image[8:32, 4:36] = 200
    semantic = np.zeros((10, 10), bool)
    semantic[2:8, 1:9] = True
    left = semantic.copy()
    left[:, 5:] = False
    maps = {}
    for rest in ('background', 'unknown'):
        refine = Refinement(confidence='crf', rest=rest)
        (maps[rest],) = refine.confidences(
            image, [left], [semantic & ~left], [None]
        )
    right = (slice(8, 32), slice(21, 35))
    assert maps['unknown'][right].mean() > maps['background'][right].mean()


def test_methods_say_whether_there_are_maps(squares):
    scene = squares()
    plain = MaskCut()(scene.image, scene.features)
    assert plain.confidences is None
    cut = MaskCut(refine={'confidence': 'crf'})
    assert cut.has_confidences and not MaskCut().has_confidences
    found = cut(scene.image, scene.features)
    assert found.confidences.shape == found.masks.shape
    nothing = cut(scene.image, np.ones_like(scene.features))
    assert not len(nothing) and nothing.confidences is not None


@pytest.mark.parametrize('kind', ['aligned', 'crf'])
def test_batches_give_the_same_maps(squares, kind):
    scene = squares()
    method = CutS3D(refine={'confidence': kind})
    expected = method(scene.image, scene.features, scene.depth)
    cutter = BatchCutter(method)
    (found,) = cutter([scene.image], [scene.features], [scene.depth])
    assert isinstance(found, PseudoInstances) and len(found)
    np.testing.assert_array_equal(found.confidences, expected.confidences)
    with pytest.raises(ValueError, match="'pool'.*but got 'device'"):
        BatchCutter(method, crf='device')


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: Refinement(confidence='pixels'), "'aligned'"),
        (lambda: Refinement(confidence='crf', crf=False), 'without a CRF'),
        (
            lambda: MaskCut(refine={'confidence': 'aligned'}),
            'no Spatial Confidence',
        ),
        (
            lambda: CutS3D(
                refine={'confidence': 'aligned'}, local={'num_cuts': 1}
            ),
            'sweep of two cuts',
        ),
        (
            lambda: CutS3D(refine={'confidence': 'aligned'}, local=False),
            'sweep of two cuts',
        ),
    ],
)
def test_what_cannot_be_is_refused_at_the_door(build, message):
    with pytest.raises(ValueError, match=message):
        build()
