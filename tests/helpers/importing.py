"""What tests of imports share: small masks, and masks of records."""

import base64
import io

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

SIZE = (20, 30)


def rectangle(top, left, bottom, right):
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


def decoded(record):
    return [
        coco_mask.decode(row['segmentation']).astype(bool)
        for row in record.annotations
    ]


def same(found, expected, least=1.0):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        iou = (one & other).sum() / (one | other).sum()
        assert iou >= least


def png(values):
    file = io.BytesIO()
    Image.fromarray(values).save(file, format='PNG')
    return base64.b64encode(file.getvalue()).decode()
