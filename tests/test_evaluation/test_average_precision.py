"""AP and AR equal pycocotools on files, to the last digit, by each backend."""

import builtins
import contextlib
import io
import json

import numpy as np
import pytest
from helpers import shared_data
from helpers.coco import (
    SIZE,
    box_of,
    measure,
    predictions_like,
    random_mask,
    reference,
    sample_of,
    write_truth,
)
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from mmcuts3d.evaluation import ClassAgnosticCocoMetric, evaluate_coco
from mmcuts3d.labels import encode_mask

BACKENDS = ['pycocotools', 'faster_coco_eval']


@pytest.fixture(params=BACKENDS)
def backend(request):
    pytest.importorskip(request.param)
    return request.param


def row_of(image_id, mask, **more):
    code = encode_mask(mask)
    return {
        'image_id': image_id,
        'bbox': coco_mask.toBbox(code).tolist(),
        'segmentation': code,
        'area': float(coco_mask.area(code)),
        **more,
    }


def square(side, top=0, left=0):
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def random_sets(rng, images, num_false=6, levels=8):
    """Ground truth and noisy copies of it, three images in four."""
    truth, predictions = [], []
    for image in images:
        if image['id'] % 4 == 0:
            continue
        masks = [random_mask(rng) for _ in range(rng.integers(1, 7))]
        for mask in masks:
            crowd = int(rng.random() < 0.2)
            truth.append(row_of(image['id'], mask, iscrowd=crowd))
        found = [np.roll(m, rng.integers(-6, 7, 2), (0, 1)) for m in masks]
        found += [random_mask(rng) for _ in range(num_false)]
        for mask in found:
            score = float(rng.integers(0, levels) / levels)
            predictions.append(row_of(image['id'], mask, score=score))
    return truth, predictions


def degenerate(name):
    rng = np.random.default_rng(5)
    images = [
        {'id': number, 'file_name': '', 'height': SIZE[0], 'width': SIZE[1]}
        # Neither in order nor from 1.
        for number in (9, 4, 7, 3, 6, 11)
    ]
    truth, found = random_sets(rng, images)
    empty = np.zeros(SIZE, bool)
    if name == 'no predictions':
        found = []
    elif name == 'no ground truth':
        truth = []
    elif name == 'nothing':
        truth, found = [], []
    elif name == 'only crowds':
        truth = [{**row, 'iscrowd': 1} for row in truth]
    elif name == 'equal scores':
        found = [{**row, 'score': 0.5} for row in found]
    elif name == 'scores of 0':
        found = [{**row, 'score': 0.0} for row in found]
    elif name == 'empty masks':
        truth += [row_of(n, empty, iscrowd=0) for n in (3, 4)]
        found += [row_of(n, empty, score=0.9) for n in (3, 4, 6)]
    elif name == 'duplicates':
        found = [row for row in found for _ in range(3)]
        truth = [row for row in truth for _ in range(2)]
    elif name == 'more than 100':
        truth, found = random_sets(rng, images, num_false=150, levels=400)
    elif name == 'one pixel':
        truth = [row_of(3, square(1, n, n), iscrowd=0) for n in range(0, 40)]
        found = [row_of(3, square(1, n, n), score=n / 80) for n in range(80)]
    elif name == 'borders of areas':
        sides = (31, 32, 33, 95, 96, 97)
        truth = [row_of(3, square(side), iscrowd=0) for side in sides]
        truth += [row_of(7, square(side, 9, 9), iscrowd=0) for side in sides]
        found = [row_of(3, square(s), score=0.5 + s / 200) for s in sides]
        found += [row_of(7, square(s, 11, 9), score=0.5) for s in sides]
    elif name == 'other areas':  # polygons have not the area of their pixels
        truth = [{**row, 'area': row['area'] * 0.7} for row in truth]
    else:
        raise AssertionError(name)
    return images, truth, found


@pytest.mark.parametrize('iou_type', ['bbox', 'segm'])
@pytest.mark.parametrize(
    'name',
    [
        'no predictions',
        'no ground truth',
        'nothing',
        'only crowds',
        'equal scores',
        'scores of 0',
        'empty masks',
        'duplicates',
        'more than 100',
        'one pixel',
        'borders of areas',
        'other areas',
    ],
)
def test_equals_pycocotools_on_degenerate_sets(
    tmp_path, backend, name, iou_type
):
    sets = degenerate(name)
    got = evaluate_coco(*sets, iou_type, backend=backend)
    expected = reference(tmp_path, *sets, iou_type)
    assert got == pytest.approx(expected, abs=1e-6)
    if name in ('no ground truth', 'nothing', 'only crowds'):
        assert set(got.values()) == {-1}
    else:
        assert max(got.values()) > (-1 if name == 'no predictions' else 1)


@pytest.mark.parametrize('seed', range(6))
def test_equals_pycocotools_on_random_sets(tmp_path, backend, seed):
    rng = np.random.default_rng(seed)
    truth = {
        image_id: [random_mask(rng) for _ in range(rng.integers(0, 7))]
        for image_id in range(5, 13)
    }
    truth[5] = [random_mask(rng)]
    ann_file = write_truth(tmp_path / 'gt.json', truth, crowds=(2, 5))
    found = {key: predictions_like(rng, masks) for key, masks in truth.items()}
    samples = [sample_of(key, *found[key]) for key in truth]
    got = measure(
        ClassAgnosticCocoMetric(str(ann_file), backend=backend), samples
    )
    content = json.loads(ann_file.read_text())
    predictions = [
        row_of(key, mask, score=float(score))
        for key, (masks, _, scores) in found.items()
        for mask, score in zip(masks, scores, strict=True)
    ]
    sets = (content['images'], content['annotations'], predictions)
    for iou_type in ('bbox', 'segm'):
        for name, value in reference(tmp_path, *sets, iou_type).items():
            key = f'object/{iou_type}_{name}'
            assert got[key] == pytest.approx(value, abs=1e-6), key
    assert got['object/failed_images'] == 0


@pytest.mark.parametrize('iou_type', ['bbox', 'segm', 'boundary'])
def test_by_hand(backend, iou_type):
    # Three instances, one of each size. By falling score: a hit of the small
    # one, a false mask of medium size, a hit of the medium one.
    images = [{'id': n, 'height': 120, 'width': 150} for n in ('a', 'b')]
    small, medium, large = square(10), square(40, 60, 60), square(100)
    truth = [
        row_of('a', small, iscrowd=0),
        row_of('a', medium, iscrowd=0),
        row_of('b', large, iscrowd=0),
    ]
    found = [
        row_of('a', medium, score=0.7),
        row_of('a', small, score=0.9),
        row_of('b', square(40, 80, 110), score=0.8),
    ]
    got = evaluate_coco(images, truth, found, iou_type, backend=backend)
    # 101 recall points: 34 up to recall 1/3 with precision 1, 33 up to 2/3
    # with precision 2/3, nothing beyond.
    average = 100 * (34 + 33 * 2 / 3) / 101
    assert got == pytest.approx(
        {
            'AP': average,
            'AP50': average,
            'AP75': average,
            'AP_S': 100,
            'AP_M': 50,  # behind the false one
            'AP_L': 0,
            'AR1': 100 / 3,
            'AR10': 200 / 3,
            'AR100': 200 / 3,
        }
    )


def test_equals_pycocotools_on_real_annotations(tmp_path, backend):
    ann_file = shared_data('coco_photos', 'instances.json')
    rng = np.random.default_rng(0)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(ann_file))
    samples, predictions = [], []
    for image in coco.dataset['images']:
        rows = coco.loadAnns(coco.getAnnIds(image['id']))
        masks = [coco.annToMask(row).astype(bool) for row in rows]
        # Every second instance, moved.
        found = [np.roll(mask, rng.integers(-4, 5), 1) for mask in masks[::2]]
        boxes = [box_of(mask) for mask in found]
        scores = rng.random(len(found)).astype(np.float32)
        predictions += [
            row_of(image['id'], mask, score=float(score))
            for mask, score in zip(found, scores, strict=True)
        ]
        shape = (image['height'], image['width'])
        samples.append(
            sample_of(image['id'], found, boxes, scores, ori_shape=shape)
        )
    metric = ClassAgnosticCocoMetric(str(ann_file), backend=backend)
    got = measure(metric, samples)
    sets = (coco.dataset['images'], coco.dataset['annotations'], predictions)
    for name, value in reference(tmp_path, *sets, 'segm').items():
        assert got[f'object/segm_{name}'] == pytest.approx(value, abs=1e-6)
    assert 10 < got['object/segm_AP'] < 60


@pytest.mark.parametrize('stray', [99, '11', 11.5])
def test_rows_of_unknown_images_are_refused(backend, stray):
    images, truth, found = degenerate('duplicates')
    row = row_of(stray, square(9), score=1.0, iscrowd=0)
    for rows, what in (
        (([*truth, row], found), 'annotations'),
        ((truth, [*found, row, row]), 'predictions'),
    ):
        number = 1 if what == 'annotations' else 2
        message = f'{what} .* got {number} with others: {stray!r}'
        with pytest.raises(ValueError, match=message):
            evaluate_coco(images, *rows, 'bbox', backend=backend)


def test_images_of_one_id_are_refused(backend):
    images, truth, found = degenerate('duplicates')
    with pytest.raises(ValueError, match='listed once, but got image'):
        evaluate_coco(
            [*images, images[0]], truth, found, 'bbox', backend=backend
        )


def test_box_only_annotations_are_crowds_for_masks(backend):
    """Found in boxes as others; in masks neither right nor wrong."""
    images, truth, found = degenerate('duplicates')
    marked = [{**row, 'box_only': True} for row in truth]
    crowds = [{**row, 'iscrowd': 1} for row in truth]
    boxes = evaluate_coco(images, truth, found, 'bbox', backend=backend)
    got = evaluate_coco(images, marked, found, 'bbox', backend=backend)
    assert got == boxes
    masks = evaluate_coco(images, crowds, found, 'segm', backend=backend)
    got = evaluate_coco(images, marked, found, 'segm', backend=backend)
    assert got == masks != boxes


def test_inputs_are_left_as_they_are(backend):
    sets = degenerate('duplicates')
    before = json.dumps(sets)
    for iou_type in ('bbox', 'segm', 'boundary'):
        evaluate_coco(*sets, iou_type, backend=backend)
    assert json.dumps(sets) == before


def test_names_are_checked(monkeypatch):
    with pytest.raises(ValueError, match=r"`iou_type`.*'boundary'.*'box'"):
        evaluate_coco([], [], [], 'box')
    with pytest.raises(ValueError, match=r"`backend`.*but got 'coco'"):
        ClassAgnosticCocoMetric(backend='coco')
    true_import = builtins.__import__

    def import_without(name, *rest, **named):
        if name == 'faster_coco_eval':
            raise ImportError(name)
        return true_import(name, *rest, **named)

    monkeypatch.setattr(builtins, '__import__', import_without)
    with pytest.raises(ImportError, match='pip install .faster-coco-eval'):
        evaluate_coco([], [], [], 'bbox', backend='faster_coco_eval')
    with pytest.raises(ImportError, match="or use 'pycocotools'"):
        ClassAgnosticCocoMetric(backend='faster_coco_eval')


@pytest.mark.parametrize('max_dets', [(), (10, 1), (1, 1), (0, 10)])
def test_numbers_of_predictions_must_rise(max_dets):
    sets = degenerate('duplicates')
    with pytest.raises(ValueError, match='`max_dets` to be positive numbers'):
        evaluate_coco(*sets, 'bbox', max_dets)
