"""The command that measures pseudo-masks, and what it is called on."""

import importlib.util
import json

import cv2
import numpy as np
import pytest
from helpers import ROOT
from helpers.evaluate_labels import NUMBER, SIZE, name_of, square
from pycocotools import mask as coco_mask

from mmcuts3d.labels import encode_mask


@pytest.fixture
def tool():
    path = ROOT / 'tools' / 'analysis' / 'evaluate_labels.py'
    spec = importlib.util.spec_from_file_location('evaluate_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path):
    """Images of two bright squares (the last of none), with their masks.

    Squares are of kinds 3 and 8, and ids count from 100.
    """
    folder = tmp_path / 'images'
    folder.mkdir()
    images, annotations = [], []
    for number in range(NUMBER):
        pixels = np.full((*SIZE, 3), 20, np.uint8)
        last = number == NUMBER - 1
        for kind, left in () if last else ((3, 2), (8, 40)):
            pixels[square(left)] = 230
            rle = encode_mask(square(left))
            annotations.append(
                {
                    'id': len(annotations),
                    'image_id': 100 + number,
                    'category_id': kind,
                    'iscrowd': 0,
                    'bbox': coco_mask.toBbox(rle).tolist(),
                    'area': int(coco_mask.area(rle)),
                    'segmentation': rle,
                }
            )
        cv2.imwrite(str(folder / name_of(number)), pixels)
        images.append(
            {
                'id': 100 + number,
                'file_name': name_of(number),
                'height': SIZE[0],
                'width': SIZE[1],
            }
        )
    content = {
        'images': images,
        'annotations': annotations,
        'categories': [{'id': 3, 'name': 'cup'}, {'id': 8, 'name': 'box'}],
    }
    (tmp_path / 'truth.json').write_text(json.dumps(content))
    return tmp_path
