"""MaskCut as a detector: the same door as CutS3D, without depth."""

import numpy as np
import pytest
import torch
from helpers.labeler import (
    GRID,
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
    assert found.confidences.shape[1:] == GRID
    assert (found.scores == 1).all()
    # Without 3D there is nothing to be unsure of.
    assert set(found.confidences.unique().tolist()) == {0.0, 1.0}
    assert not found.labels.any()


def test_features_of_the_metainfo_and_size(image):
    features = classical_features(image, smooth=2.0)
    expected = MaskCut(crf=False)(image, features)
    labeler = mask_cut(cut={'crf': False})
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
    assert result.pred_instances.masks.shape == (0, *SIZE)
    with pytest.raises(ValueError, match=r'images/a\.png: .*`features`'):
        run(mask_cut(on_error='raise'), sample(image, features=features))
    with pytest.raises(RuntimeError, match='MaskCutLabeler is not trained'):
        mask_cut().loss(torch.zeros(1, 3, 8, 8), [])
