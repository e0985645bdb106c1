"""Instances with two confidence levels of their own each, and a sample."""

import numpy as np
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.datasets.transforms import LevelMasks

FRAME = (60, 90)


def discs(number, seed, frame=FRAME):
    """Discs of different sizes, so that no two masks are alike."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: frame[0], : frame[1]]
    centers = rng.uniform([15, 15], np.subtract(frame, 15), (number, 2))
    radii = rng.uniform(6, 20, number)
    masks = [
        (rows - y) ** 2 + (columns - x) ** 2 <= r**2
        for (y, x), r in zip(centers, radii, strict=True)
    ]
    return np.stack(masks) if number else np.zeros((0, *frame), bool)


def two_levels(masks, seed=7):
    """Each instance has two levels that no other one has."""
    rng = np.random.default_rng(seed)
    levels = np.zeros(masks.shape, np.uint8)
    for index, mask in enumerate(masks):
        pair = 100 + 20 * index, 110 + 20 * index
        levels[index] = rng.choice(pair, mask.shape) * mask
    return levels


def boxes_of(masks):
    boxes = np.zeros((len(masks), 4), dtype=np.float32)
    for box, mask in zip(boxes, masks, strict=True):
        rows, columns = np.nonzero(mask)
        box[:] = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return boxes


def sample_of(masks, levels=None):
    """What stands in a pipeline after loading: masks, perhaps with levels."""
    frame = masks.shape[1:]
    image = np.random.default_rng(0).integers(
        0, 256, (*frame, 3), dtype=np.uint8
    )
    if levels is None:
        gt_masks = BitmapMasks(masks.astype(np.uint8), *frame)
    else:
        gt_masks = LevelMasks.from_levels(levels.astype(np.uint8), *frame)
    return {
        'img': image,
        'img_shape': frame,
        'ori_shape': frame,
        'gt_bboxes': HorizontalBoxes(boxes_of(masks)),
        'gt_bboxes_labels': np.zeros(len(masks), dtype=np.int64),
        'gt_ignore_flags': np.zeros(len(masks), dtype=bool),
        'gt_masks': gt_masks,
    }
