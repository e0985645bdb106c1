"""Labeling a folder: kill and resume, bad images, progress."""

import json
import math

import numpy as np
import pytest
from helpers.labeling import CONFIG, BrightnessLabeler
from PIL import Image
from pycocotools.coco import COCO
from rich.console import Console

from mmcuts3d.engine.executors.progress import LabelingProgress
from mmcuts3d.engine.labeling import (
    LabelingJob,
    folder_dataloader,
    labeling_fingerprint,
    run_labeling,
)
from mmcuts3d.labels import decode_confidence, read_labels
from mmcuts3d.registry import MODELS


def label(images, out, **settings):
    loader = folder_dataloader(CONFIG['test_dataloader'], images)
    job = LabelingJob(CONFIG['model'], loader, out, **settings)
    return run_labeling(job)


def test_a_folder_with_a_bad_image_gets_done(images, tmp_path):
    result = label(images, tmp_path / 'out')
    assert result.statistics == {
        'num_images': 6,
        'num_masks': 6,
        'num_errors': 1,
        'mean_score': 0.75,
    }
    coco = COCO(str(tmp_path / 'out' / 'pseudo_labels.json'))
    assert coco.getImgIds() == [1, 2, 3, 5, 6, 7]
    for number, annotation in enumerate(coco.loadAnns(coco.getAnnIds())):
        image = coco.imgs[annotation['image_id']]
        mask = coco.annToMask(annotation).astype(bool)
        assert mask.shape == (24, image['width'])
        expected = np.zeros(mask.shape, bool)
        expected[6:18, 4:20] = True
        union = (mask | expected).sum()
        assert (mask & expected).sum() / union > 0.9, number
        assert (decode_confidence(annotation['confidence']) == 0.5).all()
    errors = json.loads((tmp_path / 'out' / 'errors.json').read_text())
    assert [error['file_name'] for error in errors] == ['3.png']
    assert '3.png to be a readable image' in errors[0]['error']


def test_a_killed_run_goes_on_where_it_stopped(images, tmp_path):
    label(images, tmp_path / 'whole')
    BrightnessLabeler.seen = []
    BrightnessLabeler.fail_after = 5
    with pytest.raises(RuntimeError, match='killed'):
        label(images, tmp_path / 'out')
    assert not (tmp_path / 'out' / 'pseudo_labels.json').exists()
    BrightnessLabeler.seen = []
    BrightnessLabeler.fail_after = math.inf
    label(images, tmp_path / 'out')
    # Two batches of two were on the disk; the bad image is tried again.
    seen = [path.rpartition('/')[2] for path in BrightnessLabeler.seen]
    assert seen == ['3.png', '4.png', '5.png', '6.png']
    for name in ('pseudo_labels.json', 'errors.json'):
        whole = (tmp_path / 'whole' / name).read_text()
        assert (tmp_path / 'out' / name).read_text() == whole


def test_running_again_changes_nothing_and_runs_nothing(images, tmp_path):
    (images / '3.png').unlink()
    first = label(images, tmp_path / 'out')
    content = (tmp_path / 'out' / 'pseudo_labels.json').read_bytes()
    BrightnessLabeler.seen = []
    assert label(images, tmp_path / 'out') == first
    assert BrightnessLabeler.seen == []
    assert (tmp_path / 'out' / 'pseudo_labels.json').read_bytes() == content


def test_a_repaired_image_joins_the_labels(images, tmp_path):
    label(images, tmp_path / 'out')
    image = Image.new('RGB', (32, 24), 'white')
    image.save(images / '3.png')
    result = label(images, tmp_path / 'out')
    assert result.num_images == 7
    assert result.num_errors == 0
    labels = read_labels(tmp_path / 'out' / 'pseudo_labels.json')
    assert [image['id'] for image in labels['images']] == list(range(1, 8))


def test_other_settings_need_overwriting(images, tmp_path):
    label(images, tmp_path / 'out')
    with pytest.raises(ValueError, match='overwrite'):
        label(images, tmp_path / 'out', score_thr=0.8)
    result = label(images, tmp_path / 'out', overwrite=True, score_thr=0.8)
    assert result.num_images == 6
    assert result.num_masks == 0
    assert math.isnan(result.mean_score)


def test_the_model_keeps_its_mode(images, tmp_path):
    model = MODELS.build(CONFIG['model']).train()
    loader = folder_dataloader(CONFIG['test_dataloader'], images)
    run_labeling(LabelingJob(model, loader, tmp_path / 'out'))
    assert model.training


def test_a_detectors_dataset_becomes_a_folder(images):
    loader = {
        'batch_size': 1,
        'dataset': {
            'type': 'CocoDataset',
            'data_root': '/data',
            'ann_file': 'val.json',
            'pipeline': [
                {'type': 'LoadImageFromFile', 'backend_args': None},
                {'type': 'Resize', 'scale': (4, 4)},
            ],
        },
    }
    dataset = folder_dataloader(loader, images)['dataset']
    assert dataset == {
        'type': 'mmcuts3d.ImageFolder',
        'data_root': '',
        'data_prefix': {'img': str(images)},
        'ann_file': '',
        'test_mode': True,
        'pipeline': [
            {'type': 'mmcuts3d.LoadImage'},
            {'type': 'Resize', 'scale': (4, 4)},
        ],
    }
    assert loader['dataset']['type'] == 'CocoDataset'
    own = {'dataset': {**CONFIG['test_dataloader']['dataset'], 'skip': ['x']}}
    assert folder_dataloader(own, images)['dataset']['skip'] == ['x']
    with pytest.raises(ValueError, match='`pipeline`'):
        folder_dataloader({'dataset': {'type': 'RepeatDataset'}}, images)


def test_how_a_labeler_computes_is_not_in_the_fingerprint():
    plain = {'type': 'mmcuts3d.CutS3DLabeler', 'cut': {'num_instances': 2}}
    together = {**plain, 'batched': {'workers': 8}}
    assert labeling_fingerprint(plain) == labeling_fingerprint(together)
    other = {**together, 'cut': {'num_instances': 3}}
    assert labeling_fingerprint(other) != labeling_fingerprint(together)


def test_the_fingerprint_stands_for_all_parts(tmp_path):
    weights = tmp_path / 'weights.pth'
    weights.write_bytes(b'1')
    first = labeling_fingerprint({'a': 1, 'b': (2,)}, 0.5)
    assert first == labeling_fingerprint({'b': (2,), 'a': 1}, 0.5)
    with_weights = labeling_fingerprint(checkpoint=str(weights))
    weights.write_bytes(b'2')
    others = {
        first,
        with_weights,
        labeling_fingerprint({'a': 1, 'b': (3,)}, 0.5),
        labeling_fingerprint({'a': 1, 'b': (2,)}, 0.6),
        labeling_fingerprint(checkpoint=str(weights)),
        labeling_fingerprint(checkpoint='by-name'),
    }
    assert len(others) == 6


def test_progress_goes_to_the_log_without_a_terminal(monkeypatch):
    lines = []
    monkeypatch.setattr(
        'mmcuts3d.engine.executors.progress.print_log',
        lambda message, **_: lines.append(message),
    )
    with LabelingProgress(4, interval=0) as progress:
        for _ in range(4):
            progress.update(1)
    assert len(lines) == 5
    assert 'labeling: 3/4, ' in lines[2]
    assert 'images/s, ETA 0:00:0' in lines[2]
    assert 'labeled 4 images' in lines[4]


def test_progress_is_a_bar_on_a_terminal(tmp_path):
    with open(tmp_path / 'screen', 'w') as screen:
        console = Console(file=screen, force_terminal=True, width=100)
        with LabelingProgress(4, console=console) as progress:
            progress.update(4)
    text = (tmp_path / 'screen').read_text()
    assert '4/4' in text
    assert 'images/s' in text
    assert 'ETA' in text
