"""Ground truth files and data samples for the tests of metrics."""

import contextlib
import io
import json

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmcuts3d.labels import encode_mask

NAMES = ['AP', 'AP50', 'AP75', 'AP_S', 'AP_M', 'AP_L', 'AR1', 'AR10', 'AR100']
SIZE = (120, 150)


def random_mask(rng, size=SIZE):
    mask = np.zeros(size, bool)
    height, width = rng.integers(3, 100, 2)
    top = rng.integers(0, size[0] - 3)
    left = rng.integers(0, size[1] - 3)
    mask[top : top + height, left : left + width] = True
    return mask


def box_of(mask):
    rows, columns = np.nonzero(mask)
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return np.array(box, np.float32)


def write_truth(path, truth, crowds=()):
    """Ground truth of {image id: masks}, of several categories."""
    images, annotations = [], []
    for image_id, masks in truth.items():
        images.append(
            {
                'id': image_id,
                'file_name': f'{image_id}.jpg',
                'height': SIZE[0],
                'width': SIZE[1],
            }
        )
        for mask in masks:
            rle = encode_mask(mask)
            number = len(annotations) + 1
            annotations.append(
                {
                    'id': number,
                    'image_id': image_id,
                    'category_id': 1 + number % 3,
                    'iscrowd': int(number in crowds),
                    'bbox': coco_mask.toBbox(rle).tolist(),
                    'area': int(mask.sum()),
                    'segmentation': rle,
                }
            )
    categories = [{'id': n, 'name': f'kind {n}'} for n in (1, 2, 3)]
    content = {
        'images': images,
        'annotations': annotations,
        'categories': categories,
    }
    path.write_text(json.dumps(content))
    return path


def sample_of(image_id, masks, boxes, scores, **metainfo):
    shape = metainfo.pop('ori_shape', SIZE)
    sample = DetDataSample(
        metainfo={
            'img_id': image_id,
            'img_path': f'/images/{image_id}.jpg',
            'ori_shape': shape,
            **metainfo,
        }
    )
    stacked = np.array(masks, bool).reshape(-1, *shape)
    sample.pred_instances = InstanceData(
        bboxes=torch.tensor(np.array(boxes), dtype=torch.float32).view(-1, 4),
        labels=torch.arange(len(scores)) % 2,  # not looked at
        scores=torch.tensor(np.array(scores), dtype=torch.float32),
        masks=torch.from_numpy(stacked),
    )
    return sample


def measure(metric, samples):
    evaluator = Evaluator(metric)
    for sample in samples:
        evaluator.process([sample])
    return evaluator.evaluate(len(samples))


def predictions_like(rng, masks):
    """Noisy copies of masks, false ones, and scores with ties."""
    found = [np.roll(mask, rng.integers(-9, 10, 2), (0, 1)) for mask in masks]
    found += [random_mask(rng) for _ in range(rng.integers(0, 6))]
    found = [found[index] for index in rng.permutation(len(found))]
    boxes = [box_of(mask) for mask in found]
    scores = rng.integers(0, 8, len(found)) / 8
    return found, boxes, scores.astype(np.float32)


def reference(folder, images, truth, predictions, iou_type):
    """pycocotools through its own files, summary and stdout, in percent."""
    content = {
        'images': images,
        'annotations': [
            {**row, 'id': number, 'category_id': 1}
            for number, row in enumerate(truth, start=1)
        ],
        'categories': [{'id': 1, 'name': 'any'}],
    }
    key = 'bbox' if iou_type == 'bbox' else 'segmentation'
    results = [
        {
            'image_id': row['image_id'],
            'category_id': 1,
            'score': row['score'],
            key: row[key],
        }
        for row in predictions
    ]
    (folder / 'truth.json').write_text(json.dumps(content))
    (folder / 'results.json').write_text(json.dumps(results))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / 'truth.json'))
        if results:
            found = coco.loadRes(str(folder / 'results.json'))
        else:  # loadRes() does not read an empty file
            found = COCO()
            found.dataset = {**content, 'annotations': []}
            found.createIndex()
        evaluation = COCOeval(coco, found, iou_type)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return {
        # -1, where there is nothing to measure, is no share.
        name: value * (100 if value >= 0 else 1)
        for name, value in zip(NAMES, evaluation.stats[:9], strict=True)
    }
