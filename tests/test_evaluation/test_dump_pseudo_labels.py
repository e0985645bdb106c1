"""Predictions go to the label store, at once and completely."""

import json

import numpy as np
import pytest
import torch
from helpers.stores import make_store
from mmdet.structures import DetDataSample
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import DumpPseudoLabels
from mmcuts3d.labels import decode_confidence, open_store, read_labels
from mmcuts3d.labels.backends.label_writer import LabelWriter
from mmcuts3d.registry import METRICS

SIZE = (24, 32)


def make_sample(image_id, scores, confidences=True, error=None):
    rng = np.random.default_rng(image_id)
    number = len(scores)
    masks = rng.random((number, *SIZE)) < 0.4
    metainfo = {
        'img_id': image_id,
        'img_path': f'/photos/set/{image_id}.jpg',
        'ori_shape': SIZE,
    }
    if error:
        metainfo['error'] = error
    sample = DetDataSample(metainfo=metainfo)
    sample.pred_instances = InstanceData(
        bboxes=torch.zeros(number, 4),
        labels=torch.zeros(number, dtype=torch.long),
        scores=torch.tensor(scores, dtype=torch.float32),
        masks=torch.from_numpy(masks),
    )
    if confidences:
        sample.pred_instances.confidences = torch.from_numpy(
            rng.integers(3, 7, (number, 6, 8)) / 6
        )
    return sample


def run(metric, samples):
    evaluator = Evaluator(metric)
    evaluator.process(samples)
    return evaluator.evaluate(len(samples))


def test_a_labellers_predictions_are_stored_whole(tmp_path):
    metric = METRICS.build(
        {
            'type': 'mmcuts3d.DumpPseudoLabels',
            'out_dir': str(tmp_path / 'labels'),
            'image_root': '/photos',
        }
    )
    samples = [
        make_sample(2, [0.6, 0.9]),
        make_sample(1, [], error='no foreground'),
        make_sample(3, []),
    ]
    statistics = run(metric, samples)
    assert statistics == {
        'labels/num_images': 2,
        'labels/num_masks': 2,
        'labels/num_errors': 1,
        'labels/mean_score': pytest.approx(0.75),
    }
    labels = read_labels(tmp_path / 'labels' / 'pseudo_labels.json')
    assert [image['file_name'] for image in labels['images']] == [
        'set/2.jpg',
        'set/3.jpg',
    ]
    assert labels['images'][0]['height'] == 24
    instances = samples[0].pred_instances
    for row, index in zip(labels['annotations'], (1, 0), strict=True):
        np.testing.assert_array_equal(
            coco_mask.decode(row['segmentation']), instances.masks[index]
        )
        np.testing.assert_allclose(
            decode_confidence(row['confidence']),
            instances.confidences[index],
            atol=1e-6,
        )
        assert row['score'] == pytest.approx(float(instances.scores[index]))
    errors = json.loads((tmp_path / 'labels' / 'errors.json').read_text())
    assert errors == [{'file_name': 'set/1.jpg', 'error': 'no foreground'}]


def test_each_image_is_on_the_disk_at_once(tmp_path):
    metric = DumpPseudoLabels(str(tmp_path), fingerprint='settings')
    metric.process({}, [make_sample(1, [0.5]).to_dict()])
    assert LabelWriter(tmp_path, 'settings').done == {'1.jpg'}
    resumed = DumpPseudoLabels(str(tmp_path), fingerprint='settings')
    assert resumed.writer.done == {'1.jpg'}
    assert run(resumed, [make_sample(2, [0.5])])['labels/num_images'] == 2
    with pytest.raises(ValueError, match="'other'"):
        DumpPseudoLabels(str(tmp_path), fingerprint='other')


def test_labels_without_fingerprint_are_not_mixed(tmp_path):
    run(DumpPseudoLabels(str(tmp_path)), [make_sample(1, [0.5])])
    with pytest.raises(ValueError, match='to hold no labels'):
        DumpPseudoLabels(str(tmp_path))
    metric = DumpPseudoLabels(str(tmp_path), overwrite=True)
    assert run(metric, [make_sample(2, [0.5])])['labels/num_images'] == 1


def test_a_detectors_predictions_are_filtered(tmp_path):
    sample = make_sample(1, [0.2, 0.9, 0.8, 0.7, 0.1], confidences=False)
    sample.pred_instances.masks[2] = False  # no pixel, no label
    metric = DumpPseudoLabels(str(tmp_path), score_thr=0.15, max_per_image=3)
    run(metric, [sample])
    rows = read_labels(tmp_path / 'pseudo_labels.json')['annotations']
    assert [round(row['score'], 3) for row in rows] == [0.9, 0.7]
    assert not any('confidence' in row for row in rows)


def test_run_length_codes_are_taken_as_they_are(tmp_path):
    sample = make_sample(1, [0.5], confidences=False).to_dict()
    mask = sample['pred_instances']['masks'][0].numpy()
    code = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    sample['pred_instances']['masks'] = [code]
    metric = DumpPseudoLabels(str(tmp_path))
    metric.process({}, [sample])
    metric.compute_metrics([])
    row = read_labels(tmp_path / 'pseudo_labels.json')['annotations'][0]
    np.testing.assert_array_equal(coco_mask.decode(row['segmentation']), mask)


def test_predictions_that_are_no_labels_are_refused(tmp_path):
    metric = DumpPseudoLabels(str(tmp_path))
    sample = make_sample(1, [0.5])
    sample.set_metainfo({'ori_shape': (48, 64)})
    with pytest.raises(ValueError, match=r'\(48, 64\).*1\.jpg.*\(24, 32\)'):
        metric.process({}, [sample.to_dict()])
    sample = make_sample(1, [0.5])
    del sample.pred_instances.masks
    with pytest.raises(ValueError, match='`masks`, but got none for 1'):
        metric.process({}, [sample.to_dict()])


def test_a_parquet_store_is_not_mixed_with_json_lines(tmp_path):
    make_store(tmp_path, 'parquet')
    content = sorted(path.name for path in tmp_path.iterdir())
    for fingerprint in (None, 'a' * 16):
        with pytest.raises(ValueError, match=r"'jsonl' store, .* 'parquet'"):
            DumpPseudoLabels(str(tmp_path), fingerprint=fingerprint)
    assert sorted(path.name for path in tmp_path.iterdir()) == content
    metric = DumpPseudoLabels(str(tmp_path), overwrite=True)
    assert run(metric, [make_sample(2, [0.5])])['labels/num_images'] == 1
    assert open_store(tmp_path).info.backend == 'jsonl'
