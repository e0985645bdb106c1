"""From a labeler to a training sample: what a pixel of a mask weighs."""

import numpy as np
import pytest
from helpers.labeling import CONFIG, PIPELINE, BrightnessLabeler
from mmengine.registry import DATASETS, MODELS, init_default_scope
from PIL import Image

from mmcuts3d.cuts import PseudoInstances
from mmcuts3d.engine.labeling import (
    LabelingJob,
    folder_dataloader,
    run_labeling,
)
from mmcuts3d.labels import decode_confidence, read_labels
from mmcuts3d.models.labelers import BaseLabeler
from mmcuts3d.registry import MODELS as OWN_MODELS

SIZE, GRID = (48, 64), (6, 8)
FEATURES = {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 8}


@OWN_MODELS.register_module()
class SquareLabeler(BaseLabeler):
    """One mask of 4x4 patches that a CRF has grown by half a patch."""

    confidence = None

    def label(self, image, inputs):
        patches = np.zeros((1, *GRID), bool)
        patches[0, 1:5, 2:6] = True
        mask = np.zeros((1, *SIZE), bool)
        mask[0, 4:44, 12:52] = True
        confidences = None
        if self.confidence is not None:
            confidences = np.zeros((1, *GRID), np.float32)
            confidences[patches] = self.confidence
        return PseudoInstances(
            masks=mask,
            patch_masks=patches,
            scores=np.array([0.9], np.float32),
            confidences=confidences,
            boxes=np.array([[12, 4, 52, 44]], np.float32),
        )


@pytest.fixture
def weights(tmp_path):
    """Confidence of the mask's pixels as training gets it, and the row."""
    init_default_scope('mmdet')
    images = tmp_path / 'images'
    images.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (*SIZE, 3), np.uint8)
    Image.fromarray(noise).save(images / 'a.png')

    def make(model, floor=0.5):
        confidence = {'floor': floor}
        loader = folder_dataloader(CONFIG['test_dataloader'], images)
        loader['dataset']['pipeline'] = [PIPELINE[0], PIPELINE[2]]
        job = LabelingJob(model, loader, tmp_path / 'out', overwrite=True)
        result = run_labeling(job)
        dataset = DATASETS.build(
            {
                'type': 'mmcuts3d.PseudoLabelDataset',
                'ann_file': str(result.label_file),
                'data_prefix': {'img': str(images)},
                'confidence': confidence,
                'pipeline': [
                    {'type': 'mmcuts3d.LoadImage'},
                    {'type': 'mmcuts3d.LoadPseudoLabels'},
                    {'type': 'mmcuts3d.PackPseudoLabels'},
                ],
            }
        )
        instances = dataset[0]['data_samples'].gt_instances
        inside = instances.masks.masks.astype(bool)
        assert inside.any()
        levels = instances.confidences.masks
        assert (levels[~inside] == 240).all()
        rows = read_labels(result.label_file)['annotations']
        assert len(rows) == len(inside)
        return levels / 240, inside, rows

    return make


def square(confidence=None):
    model = MODELS.build(
        {'type': 'mmcuts3d.SquareLabeler', 'features': FEATURES}
    )
    model.confidence = confidence
    return model


def test_a_labeler_without_confidence_weighs_one(weights):
    """Pixels that the CRF added as well."""
    values, inside, rows = weights(square())
    assert not any('confidence' in row for row in rows)
    assert inside[0].sum() == 40 * 40  # of which 32 x 32 lie in patches
    assert (values == 1).all()
    assert (weights(square(), floor=0.25)[0] == 1).all()


def test_raw_confidence_is_stored_and_the_floor_is_one_setting(weights):
    values, inside, (row,) = weights(square(1 / 3))
    stored = decode_confidence(row['confidence'])
    np.testing.assert_allclose(np.unique(stored), [0, 1 / 3])
    assert (values[inside] == 0.5).all()  # the paper's floor
    values, inside, _ = weights(square(1 / 3), floor=0.25)
    np.testing.assert_allclose(np.unique(values[inside]), [0.25, 1 / 3])
    values, inside, _ = weights(square(2 / 3))
    np.testing.assert_allclose(np.unique(values[inside]), [0.5, 2 / 3])
    assert (values[inside] == 0.5).sum() == 40 * 40 - 32 * 32


NO_CRF = {'refine': {'crf': False}}
#: Masks of noise follow no edges: whatever the CRF makes of them is kept.
ANY_CRF = {'refine': {'min_crf_iou': 0.0}}


@pytest.mark.parametrize(
    'settings',
    [
        {'cut': NO_CRF},
        {'cut': ANY_CRF},
        {'cut': ANY_CRF, 'batched': {'workers': 1}},
        {'cut': NO_CRF, 'second_look': {}},
    ],
    ids=['patches', 'CRF', 'batched', 'second look'],
)
def test_maskcut_itself_stores_no_map(weights, settings):
    """So that a pixel that the CRF added weighs 1 as all others do."""
    model = {'type': 'mmcuts3d.MaskCutLabeler', 'features': FEATURES}
    values, _, rows = weights({**model, **settings})
    assert rows
    assert not any('confidence' in row for row in rows)
    assert (values == 1).all()


def test_votecut_stores_its_scores_and_no_map(weights):
    model = {
        'type': 'mmcuts3d.VoteCutLabeler',
        'features': [FEATURES, {**FEATURES, 'patch_size': 4}],
        'cut': {'proposals': {'min_side': 1}},
    }
    values, _, rows = weights(model)
    scores = [row['score'] for row in rows]
    assert max(scores) == 1 and min(scores) < 1
    assert not any('confidence' in row for row in rows)
    assert (values == 1).all()
    cut = {**model['cut'], 'confidence': 'votes'}
    values, inside, rows = weights({**model, 'cut': cut})
    assert all('confidence' in row for row in rows)
    assert values[inside].min() == 0.5  # the floor of the loader


def test_a_detector_stores_no_map(weights, monkeypatch):
    """What it predicts weighs 1, also where a map was before."""
    forward = BrightnessLabeler.forward

    def without(self, inputs, data_samples, mode='predict'):
        samples = forward(self, inputs, data_samples, mode)
        for sample in samples:
            del sample.pred_instances.confidences
        return samples

    monkeypatch.setattr(BrightnessLabeler, 'forward', without)
    values, _, rows = weights(CONFIG['model'])
    assert not any('confidence' in row for row in rows)
    assert (values == 1).all()
