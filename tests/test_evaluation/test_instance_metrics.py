"""Each measure as a metric: through mmengine's Evaluator, with samples."""

import re

import numpy as np
import pytest
import torch
from helpers import ROOT
from helpers.coco import (
    SIZE,
    box_of,
    measure,
    predictions_like,
    random_mask,
    sample_of,
    write_truth,
)
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData

from mmcuts3d.evaluation import InstanceMetric, label_quality
from mmcuts3d.evaluation.inputs import load_ground_truth
from mmcuts3d.labels import encode_mask
from mmcuts3d.registry import METRICS

CONFIGS = [
    {'type': 'mmcuts3d.ClassAgnosticCocoMetric', 'metric': 'boundary'},
    {'type': 'mmcuts3d.SameClassRecallMetric'},
    {'type': 'mmcuts3d.SameClassRecallMetric', 'iou_type': 'bbox'},
    {'type': 'mmcuts3d.SegmentationSplitMetric'},
    {'type': 'mmcuts3d.BestIoUMetric'},
    {'type': 'mmcuts3d.BestIoUMetric', 'iou_type': 'bbox'},
    {'type': 'mmcuts3d.CorLocMetric'},
    {'type': 'mmcuts3d.ConfidenceQualityMetric'},
]


def name_of(config):
    return '-'.join(str(value).split('.')[-1] for value in config.values())


@pytest.fixture
def scene(tmp_path):
    """Ground truth file, data samples, and the whole table of both."""
    rng = np.random.default_rng(1)
    truth = {n: [random_mask(rng) for _ in range(4)] for n in (2, 3, 5, 8)}
    truth[5] = []
    path = write_truth(tmp_path / 'gt.json', truth, crowds=(2,))
    samples, rows = [], []
    for image_id, masks in truth.items():
        found, boxes, scores = predictions_like(rng, masks)
        sample = sample_of(image_id, found, boxes, scores)
        levels = rng.integers(3, 7, (len(found), 6, 8)) / 6
        sample.pred_instances.confidences = torch.from_numpy(levels)
        sample.set_metainfo({'instances': listed(path, image_id)})
        samples.append(sample)
        # Of equal scores the first goes first, as it stands in the sample.
        rows += [
            {
                'image_id': image_id,
                'score': float(scores[index]),
                'segmentation': encode_mask(found[index]),
                'bbox': [
                    *boxes[index][:2],
                    *(boxes[index][2:] - boxes[index][:2]),
                ],
                'confidence': levels[index],
            }
            for index in range(len(found))
        ]
    table = label_quality(
        *load_ground_truth(path), rows, ('bbox', 'segm', 'boundary')
    )
    return path, samples, table


def listed(path, image_id):
    """Ground truth as mmdet's datasets list it."""
    return [
        {
            'bbox': [
                *row['bbox'][:2],
                *np.add(*np.split(np.array(row['bbox']), 2)),
            ],
            'bbox_label': row['category_id'],
            'mask': row['segmentation'],
            'ignore_flag': row['iscrowd'],
        }
        for row in load_ground_truth(path)[1]
        if row['image_id'] == image_id
    ]


@pytest.mark.parametrize('from_file', [True, False])
@pytest.mark.parametrize('config', CONFIGS, ids=name_of)
def test_metric_equals_the_function(scene, config, from_file):
    path, samples, table = scene
    metric = METRICS.build(
        {**config, 'ann_file': str(path) if from_file else None}
    )
    got = measure(metric, samples)
    got.pop('object/failed_images', None)
    names = [key.removeprefix('object/') for key in got]
    expected = [table[name] for name in names]
    assert list(got.values()) == pytest.approx(expected, nan_ok=True)
    assert len(names) == len(set(names)) > 0
    assert any(value > 0 for value in got.values())


def test_all_metrics_run_side_by_side(scene):
    path, samples, table = scene
    configs = [{**c, 'ann_file': str(path)} for c in CONFIGS]
    evaluator = Evaluator(configs)
    evaluator.process(samples[:2])
    evaluator.process(samples[2:])
    got = evaluator.evaluate(len(samples))
    assert got['object/boundary_AP'] == pytest.approx(table['boundary_AP'])
    assert got['object/CorLoc'] == pytest.approx(table['CorLoc'])
    assert len(got) == sum(
        len(measure(METRICS.build(config), samples)) for config in configs
    )


@pytest.mark.parametrize('config', CONFIGS, ids=name_of)
def test_no_predictions_and_failed_images(scene, config, monkeypatch):
    path, samples, _ = scene
    messages = []
    monkeypatch.setattr(
        'mmcuts3d.evaluation.metrics.instance_metric._warn', messages.append
    )
    empty = sample_of(2, [], np.zeros((0, 4)), [])
    empty.pred_instances = InstanceData(
        bboxes=torch.zeros(0, 4), scores=torch.zeros(0)
    )
    failed = samples[1].clone()
    failed.set_metainfo({'error': 'it is broken'})
    metric = METRICS.build({**config, 'ann_file': str(path)})
    got = measure(metric, [empty, failed])
    assert len(messages) == 2 and 'broken' in messages[0]
    for key, value in got.items():
        name = key.removeprefix('object/')
        if 'spearman' in name or 'pearson' in name:
            assert np.isnan(value)
        elif name in ('failed_images',):
            assert value == 1
        elif name in ('missed', 'hoover_missed'):
            assert value == 100
        else:
            assert value in (0, -1)


def test_what_is_needed_is_asked_for(scene):
    path, samples, _ = scene
    sample = samples[0].clone()
    del sample.pred_instances.confidences
    metric = METRICS.build(
        {'type': 'mmcuts3d.ConfidenceQualityMetric', 'ann_file': str(path)}
    )
    with pytest.raises(ValueError, match='`confidences` for ConfidenceQ'):
        measure(metric, [sample])
    del sample.pred_instances.masks
    metric = METRICS.build(
        {'type': 'mmcuts3d.SegmentationSplitMetric', 'ann_file': str(path)}
    )
    with pytest.raises(ValueError, match='`masks` for SegmentationSplit'):
        measure(metric, [sample])
    # Boxes are enough for others.
    metric = METRICS.build(
        {'type': 'mmcuts3d.CorLocMetric', 'ann_file': str(path)}
    )
    assert measure(metric, [sample])['object/CorLoc'] >= 0


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        ({'type': 'CorLocMetric', 'iou_thr': 0}, '`iou_thr`'),
        ({'type': 'SameClassRecallMetric', 'last_bucket': 0}, 'last_bucket'),
        ({'type': 'SameClassRecallMetric', 'iou_type': 'mask'}, 'iou_type'),
        ({'type': 'SegmentationSplitMetric', 'share': 0}, '`share`'),
        ({'type': 'SegmentationSplitMetric', 'tolerance': 0.5}, 'tolerance'),
        ({'type': 'ConfidenceQualityMetric', 'num_bins': 0}, 'num_bins'),
        ({'type': 'ConfidenceQualityMetric', 'min_iou': -1}, 'min_iou'),
    ],
)
def test_bad_arguments_are_refused_at_once(config, message):
    config = {**config, 'type': f'mmcuts3d.{config["type"]}'}
    with pytest.raises(ValueError, match=message):
        METRICS.build(config)


def test_two_images_of_one_id_are_refused(scene):
    _, samples, _ = scene
    other = samples[1].clone()
    other.set_metainfo({'img_id': 2})
    metric = METRICS.build({'type': 'mmcuts3d.CorLocMetric'})
    with pytest.raises(ValueError, match=r'got id 2 for .*2\.jpg and .*3\.jp'):
        measure(metric, [samples[0], other])
    # The same one again, as samplers pad the last batch, counts once.
    metric = METRICS.build({'type': 'mmcuts3d.CorLocMetric'})
    once = measure(metric, samples[:2])
    assert measure(metric, [*samples[:2], samples[0]]) == once


def test_a_metric_of_ones_own():
    class Counting(InstanceMetric):
        def measure(self, images, truth, predictions):
            return {'images': len(images), 'found': len(predictions)}

    mask = random_mask(np.random.default_rng(0))
    sample = sample_of(1, [mask], [box_of(mask)], [0.5], instances=[])
    got = measure(Counting(score_thr=0.4), [sample])
    assert got == {'object/images': 1, 'object/found': 1}
    assert measure(Counting(score_thr=0.6), [sample])['object/found'] == 0


def test_the_page_of_metrics_is_true(scene):
    pytest.importorskip('faster_coco_eval')
    path, samples, _ = scene
    page = (ROOT / 'docs' / 'metrics.md').read_text(encoding='utf-8')
    config, _, own = re.findall(r'```python\n(.*?)```', page, re.DOTALL)
    settings = {}
    exec(config, settings)
    names = [metric['type'] for metric in settings['test_evaluator']]
    assert len(names) == len({config['type'] for config in CONFIGS}) == 6
    for metric in settings['test_evaluator']:
        metric['ann_file'] = str(path)
    evaluator = Evaluator(settings['test_evaluator'])
    evaluator.process(samples)
    for key in evaluator.evaluate(len(samples)):
        name = key.removeprefix('object/')
        if not re.match('bbox_|segm_A|boundary_|failed', name):
            assert f'`{name}`' in page, name
    for metric in names:
        assert f'`{metric.removeprefix("mmcuts3d.")}`' in page
    # The metric of one's own, on three images: found, half found, empty.
    masks = np.zeros((3, *SIZE), bool)
    masks[0, :20, :20] = masks[1, :20, 50:70] = masks[2, 60:80, :20] = True
    images = [{'id': number} for number in range(3)]
    names = {
        'images': images,
        'truth': [
            {'image_id': n, 'segmentation': encode_mask(masks[i])}
            for n, i in ((0, 0), (1, 0), (1, 1))
        ],
        'predictions': [
            {'image_id': n, 'score': 1, 'segmentation': encode_mask(masks[0])}
            for n in range(3)
        ],
    }
    exec(own, names)
    assert names['values'] == names['statistics'].values == {'covered': 50}
    with pytest.raises(ValueError, match='iou_thr'):
        names['ImagesCovered'](0)
    metric = names['ImagesCoveredMetric'](ann_file=str(path))
    assert 0 <= measure(metric, samples)['object/covered'] <= 100


@pytest.mark.parametrize('from_file', [True, False])
def test_an_error_without_words_is_an_error(scene, from_file, monkeypatch):
    path, samples, _ = scene
    messages = []
    monkeypatch.setattr(
        'mmcuts3d.evaluation.metrics.instance_metric._warn', messages.append
    )
    # As an image that could not be read: its size is not known.
    failed = samples[0].clone()
    failed.set_metainfo({'error': '', 'ori_shape': (1, 1)})
    metric = METRICS.build(
        {
            'type': 'mmcuts3d.ClassAgnosticCocoMetric',
            'ann_file': str(path) if from_file else None,
        }
    )
    got = measure(metric, [failed, *samples[1:]])
    assert got['object/failed_images'] == 1
    assert [message.startswith('/images/2.jpg') for message in messages] == [
        True
    ]
