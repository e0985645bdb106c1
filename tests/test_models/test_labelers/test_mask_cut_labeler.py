"""MaskCut as a detector: the same door as CutS3D, without depth."""

import numpy as np
import pytest
import torch
from helpers.labeler import (
    SIZE,
    assert_same_instances,
    mask_cut,
    run,
    sample,
    scene_of,
)

from mmcuts3d.cuts import MaskCut
from mmcuts3d.models.features import classical_features


@pytest.fixture(scope='module')
def image():
    return scene_of(5)[0]


def test_predictions_are_those_of_the_method(image):
    expected = MaskCut()(image, classical_features(image))
    assert len(expected) > 0
    (result,) = run(mask_cut(), sample(image))
    found = result.pred_instances
    np.testing.assert_array_equal(found.masks, expected.masks)
    np.testing.assert_array_equal(found.bboxes, expected.boxes)
    assert (found.scores == 1).all()
    # Without 3D there is nothing to be unsure of, and no map of it.
    assert expected.confidences is None
    assert 'confidences' not in found
    assert not found.labels.any()


def test_features_of_the_metainfo_and_size(image):
    features = classical_features(image, smooth=2.0)
    plain = {'refine': {'crf': False}}
    expected = MaskCut(**plain)(image, features)
    labeler = mask_cut(cut=plain)
    data = sample(image, features=features, ori_shape=(256, 320))
    (result,) = run(labeler, data)
    found = result.pred_instances
    assert found.masks.shape == (len(expected), 256, 320)
    small = found.masks[:, 1::2, 1::2].numpy()
    union = (small | expected.masks).sum()
    assert (small & expected.masks).sum() / union > 0.97


def test_a_batch_is_its_images_one_by_one(image):
    samples = [sample(image), sample(scene_of(2)[0])]
    labeler = mask_cut()
    single = [run(labeler, item)[0] for item in samples]
    for one, many in zip(single, run(labeler, *samples), strict=True):
        assert_same_instances(many.pred_instances, one.pred_instances)


def test_an_error_without_words_is_an_error(image):
    labeler = mask_cut()

    def speechless(image, inputs):
        raise ValueError

    labeler.label = speechless
    (result,) = run(labeler, sample(image))
    assert result.error == 'ValueError()'


def test_errors_and_training(image):
    features = np.full((3, 4, 4), np.nan, np.float32)
    (result,) = run(mask_cut(), sample(image, features=features))
    assert '`features`' in result.error
    assert 'confidences' not in result.pred_instances
    assert result.pred_instances.masks.shape == (0, *SIZE)
    with pytest.raises(ValueError, match=r'images/a\.png: .*`features`'):
        run(mask_cut(on_error='raise'), sample(image, features=features))
    with pytest.raises(RuntimeError, match='MaskCutLabeler is not trained'):
        mask_cut().loss(torch.zeros(1, 3, 8, 8), [])


def test_no_image_has_confidences(image):
    """Not even one in which nothing is found, or one that fails."""
    flat = np.full((*SIZE, 3), 90, np.uint8)
    results = run(
        mask_cut(),
        sample(image),
        sample(flat),
        sample(flat, error='truncated'),
    )
    assert [len(result.pred_instances) > 0 for result in results] == [
        True,
        False,
        False,
    ]
    fields = [sorted(result.pred_instances.keys()) for result in results]
    assert fields == [['bboxes', 'labels', 'masks', 'scores']] * 3


def test_steps_are_those_of_the_method(image):
    labeler = mask_cut()
    labeler.keep_steps = True
    (result,) = run(labeler, sample(image))
    expected = MaskCut()(image, classical_features(image)).steps
    assert len(result.cut_steps) == len(expected) > 0
    for actual, step in zip(result.cut_steps, expected, strict=True):
        assert (actual.status, actual.instance) == (step.status, step.instance)
        np.testing.assert_array_equal(actual.local_cut, step.local_cut)
        assert actual.confidence is None
    assert result.cut_depth is None


@pytest.mark.parametrize(
    'cut,words',
    [
        ({'crf': False}, "'crf', which is a setting of `refine`"),
        ({'tau_ncut': 0.2}, "'tau_ncut', which is a setting of `semantic`"),
        ({'local': {}}, "`MaskCut` .* but got 'local'"),
        ({'refine': False}, '`refine` .* but got False'),
    ],
)
def test_unknown_settings_are_named(cut, words):
    with pytest.raises(ValueError, match=words):
        mask_cut(cut=cut)
