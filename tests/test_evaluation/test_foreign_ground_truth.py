"""Ground truth of other people is measured as it is meant, or refused."""

import warnings

import numpy as np
import pytest
import torch
from helpers.coco import measure, sample_of
from helpers.foreign_coco import SIZE, SQUARES, changed, foreign, write

from mmcuts3d.evaluation import ClassAgnosticCocoMetric, load_ground_truth
from mmcuts3d.evaluation.functional.quality import label_quality
from mmcuts3d.evaluation.inputs import sample_ground_truth
from mmcuts3d.evaluation.metrics import SegmentationSplitMetric
from mmcuts3d.labels.coco import segmentation_to_rle


def perfect(image_id, extra=()):
    masks = []
    for x, y, width, height in (*SQUARES, *extra):
        mask = np.zeros(SIZE, bool)
        mask[y : y + height, x : x + width] = True
        masks.append(mask)
    boxes = [[x, y, x + w, y + h] for x, y, w, h in (*SQUARES, *extra)]
    return sample_of(
        image_id, masks, boxes, [0.9] * len(masks), ori_shape=SIZE
    )


def crowds(values):
    return {('annotations', n, 'iscrowd'): v for n, v in enumerate(values)}


@pytest.mark.parametrize('spell', [int, str, float, 'img-{}'.format])
def test_ids_of_any_kind_find_their_images(tmp_path, spell):
    content = foreign()
    for row in content['images']:
        row['id'] = spell(row['id'])
    for row in content['annotations']:
        row['image_id'] = spell(row['image_id'])
    path = str(write(tmp_path / 'truth.json', content))
    # Datasets of this package number images; those of others do not.
    for ids in ([1, 2, 3], [spell(n) for n in (1, 2, 3)]):
        got = measure(ClassAgnosticCocoMetric(path), [perfect(n) for n in ids])
        assert got['object/segm_AP'] == got['object/bbox_AP'] == 100
    with pytest.raises(ValueError, match='which is not in it'):
        measure(ClassAgnosticCocoMetric(path), [perfect('img-9')])


def test_crowds_as_text(tmp_path):
    for values, instances in ((['0'] * 6, 6), (['1', '0'] * 3, 3)):
        path = write(tmp_path / 'truth.json', changed(crowds(values)))
        rows = load_ground_truth(path)[1]
        assert sum(row['iscrowd'] == 0 for row in rows) == instances


@pytest.mark.parametrize('mask', [[], None, [[8, 10, 32, 40]], [[]]])
def test_one_annotation_without_a_mask_spoils_nothing(tmp_path, mask):
    changes = {('annotations', 0, 'segmentation'): mask}
    path = write(tmp_path / 'truth.json', changed(changes))
    with pytest.warns(UserWarning, match=r'truth\.json: 1 of 6 .* no mask'):
        metric = ClassAgnosticCocoMetric(str(path))
    samples = [perfect(n) for n in (1, 2, 3)]
    got = measure(metric, samples)
    assert got['object/segm_AP'] == got['object/bbox_AP'] == 100
    # Nobody knows its mask: what is found in its box is neither right nor
    # wrong, and what is found elsewhere is still wrong.
    samples[0] = perfect(1, [(2, 50, 9, 9)])
    samples[0].pred_instances.scores[-1] = 1
    wrong = measure(metric, samples)
    assert wrong['object/segm_AP'] < 100
    split = SegmentationSplitMetric(ann_file=str(path))
    assert (
        measure(split, [perfect(n) for n in (1, 2, 3)])['object/missed'] == 0
    )


def test_all_measures_leave_it_out_alike(tmp_path):
    changes = {('annotations', 0, 'segmentation'): []}
    path = write(tmp_path / 'truth.json', changed(changes))
    with pytest.warns(UserWarning, match='no mask'):
        images, truth = load_ground_truth(path)
    found = [
        {**row, 'score': 0.5}
        for row in load_ground_truth(write(path, foreign()))[1][1:]
    ]
    values = label_quality(images, truth, found)
    assert values['segm_AP'] == values['segm_AR100'] == 100
    assert values['segm_AR_same2'] == 100 and values['missed'] == 0
    assert values['segm_AR_same1'] == 100
    assert values['bbox_AR100'] == pytest.approx(100 * 5 / 6)
    assert values['bbox_AR_same2'] == pytest.approx(100 * 5 / 6)


def test_a_file_of_boxes_stays_one_of_boxes(tmp_path):
    changes = {('annotations', n, 'segmentation'): ... for n in range(6)}
    path = write(tmp_path / 'truth.json', changed(changes))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        rows = load_ground_truth(path)[1]
    assert not any('segmentation' in row or 'box_only' in row for row in rows)


def test_samples_of_other_datasets():
    box = [8.0, 10.0, 32.0, 40.0]
    good = foreign()['annotations'][0]['segmentation']
    sample = {'img_id': 4, 'ori_shape': SIZE, 'instances': []}
    for mask in (good, [[3, 3], *good], segmentation_to_rle(good, *SIZE)):
        sample['instances'] = [{'bbox': box, 'bbox_label': 0, 'mask': mask}]
        row = sample_ground_truth(sample)[0]
        assert row['segmentation'] == segmentation_to_rle(good, *SIZE)
        assert row['area'] == 720
    for mask in ({'size': list(SIZE), 'counts': "b'0'"}, [[1, 2, 3]], [1] * 6):
        sample['instances'][0]['mask'] = mask
        with pytest.raises(ValueError, match='Image 4: '):
            sample_ground_truth(sample)


def test_broken_codes_of_a_model_are_named():
    sample = perfect(1).to_dict()
    sample['pred_instances'] = {
        'bboxes': torch.zeros(1, 4),
        'scores': torch.ones(1),
        'masks': [{'size': list(SIZE), 'counts': b'00P'}],
    }
    metric = ClassAgnosticCocoMetric()
    with pytest.raises(ValueError, match=r'1\.jpg: .*cut off'):
        metric.process({}, [sample])


def test_missing_files_say_how_they_are_made(tmp_path):
    for path in (tmp_path / 'none.json', tmp_path / 'none' / 'none.json'):
        with pytest.raises(ValueError, match=r'none\.json.*datasets\.md'):
            load_ground_truth(path)
    with pytest.raises(ValueError, match='but got a folder'):
        load_ground_truth(tmp_path)
