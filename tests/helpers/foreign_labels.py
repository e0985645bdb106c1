"""Label files as CutLER and CuVLER write them."""

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.labels import encode_mask

HEIGHT, WIDTH = 30, 40


def square(top, left, side, shape=(HEIGHT, WIDTH)):
    mask = np.zeros(shape, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def their_labels(scores=None):
    """Two images with masks, one without; height and width exchanged."""
    masks = [square(2, 3, 10), square(15, 20, 12), square(5, 30, 8)]
    images = [
        {
            'id': number,
            'file_name': f'n01/{number}.JPEG',
            'height': WIDTH,
            'width': HEIGHT,
            'date_captured': '2023-01-01',
            'license': 1,
        }
        for number in (1, 2, 3)
    ]
    annotations = []
    for number, (mask, image) in enumerate(
        zip(masks, (1, 1, 2), strict=True), start=1
    ):
        code = encode_mask(mask)
        row = {
            'id': number,
            'image_id': image,
            'category_id': 1,
            'iscrowd': 0,
            'area': int(mask.sum()),
            'bbox': coco_mask.toBbox(code).tolist(),
            'segmentation': code,
            'height': WIDTH,
            'width': HEIGHT,
        }
        if scores:
            row['score'] = scores[number - 1]
        annotations.append(row)
    return {
        'info': {'description': 'ImageNet-1K: pseudo-masks'},
        'licenses': [],
        'categories': [{'id': 1, 'name': 'fg', 'supercategory': 'fg'}],
        'images': images,
        'annotations': annotations,
    }, masks
