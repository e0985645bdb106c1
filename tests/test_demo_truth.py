"""The demo measures against ground truth as other tools write it."""

import cv2
import numpy as np
import pytest
from helpers import ROOT
from helpers.foreign_coco import NAMES, SIZE, changed, foreign, write

from mmcuts3d.labels import check_labels


@pytest.fixture
def stages(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'tools'))
    from demo_parts import stages

    return stages


@pytest.fixture
def stage(stages, tmp_path):
    (tmp_path / 'images').mkdir()
    for name in NAMES:
        pixels = cv2.imencode('.png', np.zeros((*SIZE, 3), np.uint8))[1]
        (tmp_path / 'images' / name).write_bytes(pixels.tobytes())
    labels = foreign()
    for row in labels['annotations']:
        row['score'] = 0.9
    write(tmp_path / 'pseudo_labels.json', check_labels(labels))
    write(tmp_path / 'errors.json', [])
    return stages.Stage('labels', tmp_path / 'pseudo_labels.json')


@pytest.mark.parametrize(
    'changes',
    [
        {('images', n, 'id'): str(n + 1) for n in range(3)},
        {('images', n, 'height'): None for n in range(3)},
        {('annotations', n, 'iscrowd'): '0' for n in range(6)},
        {
            ('annotations', 0, 'segmentation'): [],
            ('annotations', 1, 'area'): 0,
        },
    ],
)
def test_labels_that_are_perfect(stages, stage, tmp_path, changes):
    path = write(tmp_path / 'truth.json', changed(changes))
    row = stages.measure(stage, str(path), str(tmp_path / 'images'))
    assert row['AP'] == row['box_AP'] == 100


def test_labels_of_other_images_are_refused(stages, stage, tmp_path):
    path = write(tmp_path / 'truth.json', foreign(first_id=2))
    with pytest.raises(ValueError, match=r"1 others, such as 'plain\.png'"):
        stages.measure(stage, str(path))
