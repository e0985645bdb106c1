"""A perfect run is perfect, however the ground truth is written."""

import json
import os

import cv2
import numpy as np
import pytest
from helpers.foreign_coco import NAMES, SIZE, changed, foreign, write

from mmcuts3d.labels import check_labels


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'images').mkdir()
    for name in NAMES:
        pixels = cv2.imencode('.png', np.zeros((*SIZE, 3), np.uint8))[1]
        (tmp_path / 'images' / name).write_bytes(pixels.tobytes())
    run = foreign()
    for row in run['annotations']:
        row['score'] = 0.9
    write(tmp_path / 'run.json', check_labels(run))
    return tmp_path


def evaluate(tool, folder, run='run.json', pictures=1):
    tool.main(
        [
            str(folder / run),
            *('--ann', str(folder / 'truth.json'), '--out', str(folder / 'o')),
            *('--samples', '60', '--pictures', str(pictures)),
            *(('--images', str(folder / 'images')) if pictures else ()),
        ]
    )
    text = (folder / 'o' / 'evaluation.json').read_text()
    metrics = json.loads(text)['runs'][0]['metrics']
    return [metrics[key]['value'] for key in ('bbox_AP', 'segm_AP')]


def names(spell):
    return {('images', n, 'file_name'): spell(x) for n, x in enumerate(NAMES)}


@pytest.mark.parametrize(
    'changes',
    [
        names(lambda name: f'images\\{name}'),
        names(lambda name: f'/data/photos/{name.upper()}'),
        {
            **{('images', n, 'height'): 80 for n in range(3)},
            **{('images', n, 'width'): '60' for n in range(3)},
        },
        {
            ('annotations', 0, 'segmentation'): [[70, 2, 76, 8]],
            ('annotations', 1, 'bbox'): [],
            ('annotations', 2, 'iscrowd'): '0',
            ('annotations', 3, 'area'): None,
        },
        {
            ('images', 0, 'id'): '1',
            ('annotations', 0, 'image_id'): 1.0,
            ('annotations', 1, 'image_id'): '1',
        },
    ],
)
def test_a_perfect_run_is_perfect(tool, folder, changes):
    write(folder / 'truth.json', changed(changes))
    assert evaluate(tool, folder) == [100, 100]


def test_without_images_names_are_matched_with_the_run(tool, folder):
    write(folder / 'truth.json', changed(names(lambda name: f'x\\{name}')))
    assert evaluate(tool, folder, pictures=0) == [100, 100]


def test_results_with_ids_as_text(tool, folder):
    write(folder / 'truth.json', foreign())
    rows = json.loads((folder / 'run.json').read_text())['annotations']
    for row in rows:
        row['image_id'] = str(row['image_id'])
    write(folder / 'results.json', rows)
    assert evaluate(tool, folder, 'results.json') == [100, 100]
    rows[3]['segmentation']['counts'] = "b'0'"
    write(folder / 'results.json', rows)
    with pytest.raises(ValueError, match=r'results\[3\] of .with s.*bytes'):
        evaluate(tool, folder, 'results.json')


def test_what_is_no_file_of_labels_is_named(tool, folder):
    write(folder / 'truth.json', foreign())
    os.mkfifo(folder / 'pipe')
    with pytest.raises(ValueError, match='pipe to be .*, but got a FIFO'):
        evaluate(tool, folder, 'pipe')
