"""Labels of three images, and the images."""

import numpy as np
import pytest
from helpers.hard_masks import NAMES, SCORES, SIZE, masks
from PIL import Image

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    open_store,
    write_json,
)


@pytest.fixture
def store(tmp_path):
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
    (tmp_path / 'labels').mkdir()
    path = tmp_path / 'labels' / 'pseudo_labels.json'
    write_json(path, build_labels(records))
    for name in NAMES:
        image = tmp_path / 'images' / name
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (*SIZE, 3), np.uint8)).save(image)
    return open_store(path)
