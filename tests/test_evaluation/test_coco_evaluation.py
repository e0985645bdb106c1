"""The metric equals pycocotools on files, to the last digit."""

import contextlib
import io
import json

import numpy as np
import pytest
from coco_helpers import (
    NAMES,
    box_of,
    measure,
    predictions_like,
    random_mask,
    sample_of,
    write_truth,
)
from helpers import shared_data
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmcuts3d.evaluation import ClassAgnosticCocoMetric
from mmcuts3d.labels import encode_mask


def reference(ann_file, images, iou_type):
    """pycocotools through its own files, summary and stdout."""
    content = json.loads(ann_file.read_text())
    for annotation in content['annotations']:
        annotation['category_id'] = 1
    content['categories'] = [{'id': 1, 'name': 'any'}]
    results = []
    for image_id, (masks, boxes, scores) in images.items():
        for mask, box, score in zip(masks, boxes, scores, strict=True):
            x1, y1, x2, y2 = map(float, box)
            row = {'image_id': image_id, 'category_id': 1}
            row['score'] = float(score)
            if iou_type == 'segm':
                row['segmentation'] = encode_mask(mask)
            else:
                row['bbox'] = [x1, y1, x2 - x1, y2 - y1]
            results.append(row)
    own = ann_file.with_name('one_class.json')
    own.write_text(json.dumps(content))
    found = ann_file.with_name('results.json')
    found.write_text(json.dumps(results))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(own))
        evaluation = COCOeval(truth, truth.loadRes(str(found)), iou_type)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, evaluation.stats[:9], strict=True))


@pytest.mark.parametrize('seed', range(6))
def test_equals_pycocotools_on_random_sets(tmp_path, seed):
    rng = np.random.default_rng(seed)
    truth = {
        image_id: [random_mask(rng) for _ in range(rng.integers(0, 7))]
        for image_id in range(5, 13)
    }
    truth[5] = [random_mask(rng)]
    ann_file = write_truth(tmp_path / 'gt.json', truth, crowds=(2, 5))
    found = {key: predictions_like(rng, masks) for key, masks in truth.items()}
    samples = [sample_of(key, *found[key]) for key in truth]
    got = measure(ClassAgnosticCocoMetric(str(ann_file)), samples)
    for iou_type in ('bbox', 'segm'):
        expected = reference(ann_file, found, iou_type)
        for name in NAMES:
            # -1, where there is nothing to measure, is no share.
            value = expected[name] * (100 if expected[name] >= 0 else 1)
            key = f'object/{iou_type}_{name}'
            assert got[key] == pytest.approx(value, abs=1e-6), key
    assert got['object/failed_images'] == 0


def test_equals_pycocotools_on_real_annotations():
    ann_file = shared_data('coco_photos', 'instances.json')
    rng = np.random.default_rng(0)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(ann_file))
    samples, truth_values = [], {}
    for image in coco.dataset['images']:
        rows = coco.loadAnns(coco.getAnnIds(image['id']))
        masks = [coco.annToMask(row).astype(bool) for row in rows]
        # Every second instance, moved.
        found = [np.roll(mask, rng.integers(-4, 5), 1) for mask in masks[::2]]
        boxes = [box_of(mask) for mask in found]
        scores = rng.random(len(found)).astype(np.float32)
        truth_values[image['id']] = (found, boxes, scores)
        samples.append(
            sample_of(
                image['id'],
                *truth_values[image['id']],
                ori_shape=(image['height'], image['width']),
            )
        )
    got = measure(ClassAgnosticCocoMetric(str(ann_file)), samples)
    with contextlib.redirect_stdout(io.StringIO()):
        one_class = COCO()
        one_class.dataset = json.loads(ann_file.read_text())
        for row in one_class.dataset['annotations']:
            row['category_id'] = 1
        one_class.dataset['categories'] = [{'id': 1, 'name': 'any'}]
        one_class.createIndex()
        results = [
            {
                'image_id': image_id,
                'category_id': 1,
                'score': float(score),
                'segmentation': encode_mask(mask),
            }
            for image_id, (masks, _, scores) in truth_values.items()
            for mask, score in zip(masks, scores, strict=True)
        ]
        evaluation = COCOeval(one_class, one_class.loadRes(results), 'segm')
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    for name, value in zip(NAMES, evaluation.stats[:9], strict=True):
        assert got[f'object/segm_{name}'] == pytest.approx(value * 100)
    assert 10 < got['object/segm_AP'] < 60
