"""The metric against numbers made by hand, and on bad input."""

import numpy as np
import pytest
import torch
from helpers.coco import (
    NAMES,
    SIZE,
    box_of,
    measure,
    predictions_like,
    random_mask,
    sample_of,
    write_truth,
)
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData

from mmcuts3d.evaluation import ClassAgnosticCocoMetric
from mmcuts3d.labels import encode_mask
from mmcuts3d.registry import METRICS


def test_perfect_predictions_give_100(tmp_path):
    rng = np.random.default_rng(0)
    truth = {n: [random_mask(rng) for _ in range(4)] for n in range(3)}
    ann_file = write_truth(tmp_path / 'gt.json', truth)
    samples = [
        sample_of(n, masks, [box_of(mask) for mask in masks], [0.5] * 4)
        for n, masks in truth.items()
    ]
    values = measure(ClassAgnosticCocoMetric(str(ann_file)), samples)
    for iou_type in ('bbox', 'segm'):
        for name in ('AP', 'AP50', 'AP75', 'AR10', 'AR100'):
            assert values[f'object/{iou_type}_{name}'] == pytest.approx(100)
        # One of four instances with one prediction an image.
        assert values[f'object/{iou_type}_AR1'] == pytest.approx(25)


def test_recall_by_hand(tmp_path):
    # Two instances; the first is found with IoU 40/50 = 0.8: recalled at 7
    # of the 10 thresholds, 0.50 to 0.80. The other is missed.
    masks = np.zeros((2, *SIZE), bool)
    masks[0, :10, :50] = True
    masks[1, 50:90, 50:90] = True
    found = np.zeros((1, *SIZE), bool)
    found[0, :10, :40] = True
    ann_file = write_truth(tmp_path / 'gt.json', {1: masks})
    sample = sample_of(1, found, [[0, 0, 40, 10]], [0.3])
    values = measure(ClassAgnosticCocoMetric(str(ann_file)), [sample])
    for iou_type in ('bbox', 'segm'):
        for number in (1, 10, 100):
            recall = values[f'object/{iou_type}_AR{number}']
            assert recall == pytest.approx(100 * 0.5 * 0.7)
        # Precision 1 up to recall 0.5: 51 of 101 recall points.
        ap50 = values[f'object/{iou_type}_AP50']
        assert ap50 == pytest.approx(100 * 51 / 101)
        assert values[f'object/{iou_type}_AP_L'] == -1


def test_no_predictions_and_no_ground_truth(tmp_path):
    empty = ([], np.zeros((0, 4)), [])
    some = {1: [random_mask(np.random.default_rng(0))], 2: []}
    ann_file = write_truth(tmp_path / 'gt.json', some)
    samples = [sample_of(1, *empty), sample_of(2, *empty)]
    values = measure(ClassAgnosticCocoMetric(str(ann_file)), samples)
    assert values['object/segm_AP'] == values['object/bbox_AR100'] == 0
    ann_file = write_truth(tmp_path / 'none.json', {1: [], 2: []})
    found = sample_of(1, some[1], [box_of(some[1][0])], [0.9])
    values = measure(ClassAgnosticCocoMetric(str(ann_file)), [found])
    for name in NAMES:
        assert values[f'object/segm_{name}'] == -1


def test_ground_truth_from_the_samples_is_the_same(tmp_path):
    rng = np.random.default_rng(3)
    truth = {n: [random_mask(rng) for _ in range(3)] for n in range(4)}
    truth[2] = []
    ann_file = write_truth(tmp_path / 'gt.json', truth, crowds=(1,))
    found = {key: predictions_like(rng, masks) for key, masks in truth.items()}
    expected = measure(
        ClassAgnosticCocoMetric(str(ann_file)),
        [sample_of(key, *found[key]) for key in truth],
    )
    listed, held = [], []
    for key, masks in truth.items():
        crowd = [key == 0 and index == 0 for index in range(len(masks))]
        instances = [
            {
                'bbox': box_of(mask).tolist(),
                'bbox_label': index,
                'mask': encode_mask(mask),
                'ignore_flag': int(crowd[index]),
            }
            for index, mask in enumerate(masks)
        ]
        listed.append(sample_of(key, *found[key], instances=instances))
        sample = sample_of(key, *found[key])
        for name, wanted in (('gt', False), ('ignored', True)):
            of_kind = [
                mask
                for mask, is_crowd in zip(masks, crowd, strict=True)
                if is_crowd == wanted
            ]
            boxes = np.array([box_of(mask) for mask in of_kind])
            group = InstanceData(
                bboxes=torch.from_numpy(boxes.astype(np.float32)).view(-1, 4),
                labels=torch.zeros(len(of_kind), dtype=torch.long),
                masks=BitmapMasks(
                    np.array(of_kind, np.uint8).reshape(-1, *SIZE), *SIZE
                ),
            )
            setattr(sample, f'{name}_instances', group)
        held.append(sample)
    for samples in (listed, held):
        values = measure(ClassAgnosticCocoMetric(), samples)
        assert values == pytest.approx(expected)


def test_failed_images_are_named_and_cost_recall(tmp_path):
    rng = np.random.default_rng(0)
    truth = {n: [random_mask(rng)] for n in range(1, 4)}
    ann_file = write_truth(tmp_path / 'gt.json', truth)
    perfect = [
        sample_of(n, masks, [box_of(masks[0])], [0.5])
        for n, masks in truth.items()
    ]
    failed = DetDataSample(
        metainfo={
            'img_id': 2,
            'img_path': '/images/2.jpg',
            'ori_shape': (1, 1),
            'error': 'it is truncated',
        }
    )
    samples = [perfect[0], failed]
    messages = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            'mmcuts3d.evaluation.metrics.instance_metric._warn',
            messages.append,
        )
        values = measure(ClassAgnosticCocoMetric(str(ann_file)), samples)
    assert values['object/failed_images'] == 1
    assert values['object/segm_AR100'] == pytest.approx(100 / 3)
    assert '/images/2.jpg' in messages[0] and 'truncated' in messages[0]
    assert '1 of 3 images' in messages[1]


def test_score_threshold_and_number_of_predictions(tmp_path):
    rng = np.random.default_rng(1)
    masks = [random_mask(rng) for _ in range(20)]
    boxes = [box_of(mask) for mask in masks]
    scores = np.linspace(1, 0.05, 20)
    ann_file = str(write_truth(tmp_path / 'gt.json', {1: masks}))
    sample = sample_of(1, masks, boxes, scores)
    metric = ClassAgnosticCocoMetric(ann_file, 'bbox', score_thr=0.5)
    values = measure(metric, [sample])
    kept = (scores >= 0.5).sum()
    assert values['object/bbox_AR100'] == pytest.approx(100 * kept / 20)
    assert not any('segm' in key for key in values)
    metric = ClassAgnosticCocoMetric(ann_file, max_per_image=12, prefix='x')
    values = measure(metric, [sample])
    assert values['x/segm_AR12'] == pytest.approx(100 * 12 / 20)
    assert 'x/segm_AR100' not in values


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r'`metric`.*proposal'):
        ClassAgnosticCocoMetric(metric='proposal')
    with pytest.raises(ValueError, match='above 10, but got 5'):
        ClassAgnosticCocoMetric(max_per_image=5)
    with pytest.raises(ValueError, match=r'nowhere\.json'):
        ClassAgnosticCocoMetric(str(tmp_path / 'nowhere.json'))
    masks = [random_mask(np.random.default_rng(0))]
    ann_file = str(write_truth(tmp_path / 'gt.json', {1: masks}))
    metric = METRICS.build(
        {'type': 'mmcuts3d.ClassAgnosticCocoMetric', 'ann_file': ann_file}
    )
    good = sample_of(1, masks, [box_of(masks[0])], [0.5])
    wrong_id = sample_of(9, masks, [box_of(masks[0])], [0.5])
    with pytest.raises(ValueError, match='id 9, which is not in it'):
        measure(metric, [wrong_id])
    metric.results.clear()
    wrong_size = good.clone()
    wrong_size.set_metainfo({'ori_shape': (60, 75)})
    with pytest.raises(ValueError, match=r'\(60, 75\).*\(120, 150\)'):
        measure(metric, [wrong_size])
    image = masks[0][:60, :75] | True
    smaller = sample_of(1, [image], [[0, 0, 75, 60]], [1], ori_shape=(60, 75))
    with pytest.raises(ValueError, match=r'\(120, 150\).*\(60, 75\)'):
        measure(metric, [smaller])
    metric.results.clear()
    without = sample_of(1, masks, [box_of(masks[0])], [0.5])
    del without.pred_instances.masks
    with pytest.raises(ValueError, match="`masks` for metric 'segm'"):
        measure(metric, [without])
    with pytest.raises(ValueError, match='`instances` or `gt_instances`'):
        measure(ClassAgnosticCocoMetric(), [good])


def test_a_missing_file_says_where_files_come_from(tmp_path):
    with pytest.raises(
        ValueError, match=r'none\.json, where there is .*docs/datasets\.md'
    ):
        ClassAgnosticCocoMetric(str(tmp_path / 'none.json'))
