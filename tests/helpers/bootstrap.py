"""Sets of images to draw from, and what a draw is when written out."""

import numpy as np
from pycocotools import mask as coco_mask

from helpers.coco import SIZE, predictions_like, random_mask
from mmcuts3d.labels import encode_mask


def row_of(image_id, mask, **more):
    rle = encode_mask(mask)
    return {
        'image_id': image_id,
        'segmentation': rle,
        'bbox': coco_mask.toBbox(rle).tolist(),
        'area': float(mask.sum()),
        'iscrowd': 0,
        **more,
    }


def random_set(seed, ids=(7, 3, 12, 5, 9, 4), runs=1):
    """Images, ground truth with crowds, and noisy runs with tied scores.

    One image has neither, one only predictions, one only ground truth.
    """
    rng = np.random.default_rng(seed)
    images = [{'id': key, 'height': SIZE[0], 'width': SIZE[1]} for key in ids]
    truth, found = [], [[] for _ in range(runs)]
    for place, key in enumerate(ids):
        masks = [random_mask(rng) for _ in range(rng.integers(1, 6))]
        if place in (0, 1):
            masks = []
        truth += [
            row_of(
                key,
                mask,
                iscrowd=int(rng.random() < 0.25),
                category_id=1 + number % 2,
            )
            for number, mask in enumerate(masks)
        ]
        for rows in found:
            guesses, _, scores = predictions_like(rng, masks)
            for mask, score in zip(guesses, scores, strict=True):
                if place not in (0, 2):
                    rows.append(row_of(key, mask, score=float(score)))
    return images, truth, *found


def copied(indices, images, *lists):
    """The set as drawn: each copy an image of its own, in the order of ids."""
    ids = sorted(image['id'] for image in images)
    drawn = [ids[index] for index in sorted(indices)]
    of_id = {image['id']: image for image in images}
    renamed = [
        [
            {**row, 'image_id': number}
            for number, key in enumerate(drawn, start=1)
            for row in rows
            if row['image_id'] == key
        ]
        for rows in lists
    ]
    images = [
        {**of_id[key], 'id': number}
        for number, key in enumerate(drawn, start=1)
    ]
    return images, *renamed
