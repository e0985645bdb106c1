"""A label store of hard masks, and its images."""

import numpy as np
from PIL import Image

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    open_store,
    write_json,
)

from .hard_masks import NAMES, SCORES, SIZE, masks


def make_store(folder):
    """Labels of three images: all masks, none, one with confidence."""
    rng = np.random.default_rng(0)
    rows = [instance_to_annotation(m, SCORES[n]) for n, m in masks().items()]
    levels = rng.integers(0, 7, (5, 6)) / 6
    sure = [instance_to_annotation(masks()['ring'], 0.75, levels)]
    records = [
        ImageRecord(name, *SIZE, number, annotations)
        for number, (name, annotations) in enumerate(
            zip(NAMES, (rows, [], sure), strict=True), 1
        )
    ]
    (folder / 'labels').mkdir()
    path = folder / 'labels' / 'pseudo_labels.json'
    write_json(path, build_labels(records))
    for name in NAMES:
        image = folder / 'images' / name
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (*SIZE, 3), np.uint8)).save(image)
    return open_store(path)
