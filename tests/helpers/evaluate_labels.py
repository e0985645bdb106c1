"""Images of two squares, labels that are off, and calls of the command."""

import csv
import json

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    encode_mask,
    instance_to_annotation,
)

SIZE = (48, 64)
NUMBER = 9


def square(left, top=10, side=14):
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def name_of(number):
    return f'photo_{number}.png'


def write_labels(path, shift, numbers=range(NUMBER), size=SIZE):
    """Both squares of each image, further off from image to image."""
    records = []
    for number in numbers:
        rows = [
            instance_to_annotation(square(left + shift * number), score)
            for left, score in ((2, 0.9), (40, 0.6))
        ]
        if size != SIZE:
            rows = []
        records.append(
            # Ids of its own, in another order than those of the truth.
            ImageRecord(name_of(number), *size, NUMBER - number, rows)
        )
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(build_labels(records)))
    return str(path)


def results(data, keys, ids=range(100, 100 + NUMBER)):
    rows = []
    for image_id in ids:
        rle = encode_mask(square(3))
        row = {
            'image_id': image_id,
            'category_id': 17,
            'score': 3.5,
            'segmentation': rle,
            'bbox': coco_mask.toBbox(rle).tolist(),
        }
        rows.append({key: row[key] for key in keys})
    path = data / 'results.json'
    path.write_text(json.dumps(rows))
    return str(path)


def words(data, *runs, out='out', **options):
    rest = [
        *('--ann', data / 'truth.json', '--images', data / 'images'),
        *('--out', data / out, '--samples', 60, '--pictures', 2),
    ]
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        rest += [f'--{name.replace("_", "-")}', *values]
    return [str(word) for word in (*runs, *rest) if word is not True]


def read(data, name, out='out'):
    text = (data / out / name).read_text(encoding='utf-8')
    if name.endswith('.json'):
        return json.loads(text)
    if name.endswith('.csv'):
        return list(csv.DictReader(text.splitlines()))
    return text
