"""VoteCut as a detector: the same door, with a list of features."""

import numpy as np
import pytest
import torch
from helpers.labeler import (
    SIZE,
    assert_same_instances,
    run,
    sample,
    scene_of,
)
from mmengine.config import ConfigDict
from mmengine.registry import MODELS, init_default_scope

from mmcuts3d.cuts import VoteCut
from mmcuts3d.engine.labeling import labeling_fingerprint
from mmcuts3d.models.features import SeveralFeatures, classical_features

CLASSICAL = 'mmcuts3d.ClassicalFeatures'
FEATURES = [{'type': CLASSICAL, 'patch_size': size} for size in (8, 16)]
#: Proposals on grids as coarse as these.
SMALL = {'proposals': {'min_side': 2}}


def vote_cut(**settings):
    init_default_scope('mmdet')
    config = {
        'type': 'mmcuts3d.VoteCutLabeler',
        'features': FEATURES,
        'cut': SMALL,
    }
    return MODELS.build({**config, **settings}).eval()


@pytest.fixture(scope='module')
def image():
    return scene_of(5)[0]


def seen(image):
    return [classical_features(image, size) for size in (8, 16)]


def test_predictions_are_those_of_the_method(image):
    expected = VoteCut(**SMALL)(image, seen(image))
    assert len(expected) > 1 and len(set(expected.scores.tolist())) > 1
    (result,) = run(vote_cut(), sample(image))
    found = result.pred_instances
    np.testing.assert_array_equal(found.masks, expected.masks)
    np.testing.assert_array_equal(found.bboxes, expected.boxes)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert 'confidences' not in found
    assert not found.labels.any()


def test_confidences_where_they_are_asked_for(image):
    cut = {**SMALL, 'confidence': 'votes'}
    labeler = vote_cut(cut=cut)
    flat = np.full((*SIZE, 3), 90, np.uint8)
    result, nothing = run(labeler, sample(image), sample(flat))
    expected = VoteCut(**cut)(image, seen(image)).confidences
    np.testing.assert_array_equal(result.pred_instances.confidences, expected)
    assert 'confidences' in nothing.pred_instances
    assert len(nothing.pred_instances) == 0


def test_features_of_the_metainfo(image):
    features = [classical_features(image, 8, smooth=2.0), seen(image)[1]]
    expected = VoteCut(**SMALL)(image, features)
    data = sample(image, features=features)
    (result,) = run(vote_cut(), data)
    np.testing.assert_array_equal(result.pred_instances.masks, expected.masks)


def test_one_array_is_the_error_of_its_image(image):
    data = sample(image, features=seen(image)[0])
    bad, good = run(vote_cut(), data, sample(image))
    assert 'a list of one or more' in bad.error
    assert len(bad.pred_instances) == 0 < len(good.pred_instances)


def test_a_batch_is_its_images_one_by_one(image):
    samples = [
        sample(image),
        sample(scene_of(2)[0]),
        sample(scene_of(3, (96, 128))[0]),
    ]
    labeler = vote_cut()
    single = [run(labeler, item)[0] for item in samples]
    for one, many in zip(single, run(labeler, *samples), strict=True):
        assert_same_instances(many.pred_instances, one.pred_instances)


def test_steps_are_those_of_the_method(image):
    labeler = vote_cut()
    labeler.keep_steps = True
    (result,) = run(labeler, sample(image))
    expected = VoteCut(**SMALL)(image, seen(image)).steps
    assert len(result.cut_steps) == len(expected) > 1
    for actual, step in zip(result.cut_steps, expected, strict=True):
        assert (actual.status, actual.instance) == (step.status, step.instance)
        np.testing.assert_array_equal(actual.local_cut, step.local_cut)


def test_several_features_are_those_of_each(image):
    pixels = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
    several = SeveralFeatures(FEATURES)
    images = torch.cat([pixels, 255 - pixels])
    maps = several(images, [None, None])
    assert [len(of_image) for of_image in maps] == [2, 2]
    for actual, expected in zip(maps[0], seen(image), strict=True):
        np.testing.assert_array_equal(actual, expected)
    for actual, expected in zip(maps[1], seen(255 - image), strict=True):
        np.testing.assert_array_equal(actual, expected)
    assert several.sees_images
    files = {'type': 'mmcuts3d.FeaturesFromFiles', 'root': 'features'}
    assert not SeveralFeatures([FEATURES[0], files]).sees_images


@pytest.mark.parametrize('features', [[], [8, 16], FEATURES[0], None])
def test_several_features_are_a_list_of_configs(features):
    with pytest.raises(ValueError, match='`extractors` to be a list of'):
        SeveralFeatures(features)


def test_other_extractors_are_other_labels():
    def fingerprint(features):
        model = {'type': 'mmcuts3d.VoteCutLabeler', 'features': features}
        return labeling_fingerprint(ConfigDict(model), {}, 0.0, 100)

    lists = [FEATURES, FEATURES[:1], FEATURES[::-1], FEATURES + FEATURES]
    assert len({fingerprint(features) for features in lists}) == 4
    assert fingerprint(list(FEATURES)) == fingerprint(tuple(FEATURES))


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'batched': {}}, '`batched` to be None .* image by image'),
        ({'second_look': {}}, '`second_look` to be None .* windows'),
        ({'features': FEATURES[0]}, '`features` to be a list of configs'),
        ({'features': []}, '`extractors` to be a list of one or more'),
        ({'cut': {'num_instances': 3}}, "`VoteCut` .* 'num_instances'"),
        ({'cut': {'ks': [2]}}, "'ks', which is a setting of `proposals`"),
        ({'on_error': 'ignore'}, '`on_error` to be one of'),
    ],
)
def test_what_does_not_work_is_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        vote_cut(**settings)


def test_is_not_trained():
    with pytest.raises(RuntimeError, match='VoteCutLabeler is not trained'):
        vote_cut().loss(torch.zeros(1, 3, 8, 8), [])
    (features,) = vote_cut().extract_feat(torch.zeros(2, 3, 32, 32))
    assert [tuple(one.shape) for one in features[0]] == [
        (15, 4, 4),
        (15, 2, 2),
    ]
