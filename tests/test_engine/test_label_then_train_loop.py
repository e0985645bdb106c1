"""Labels before training: made once, used again, resumed where torn."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.cuts import touching
from helpers.labeling import CONFIG, BrightnessLabeler, write_images
from helpers.training import LABELS, Watcher, tiny_config
from mmengine.runner import Runner
from PIL import Image

from mmcuts3d.engine.loops.label_then_train_loop import make_labels
from mmcuts3d.labels import read_labels
from mmcuts3d.models.features import classical_features
from mmcuts3d.registry import LOOPS

RUNNER = SimpleNamespace(model=torch.nn.Linear(1, 1), cfg={})


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Watcher.before, Watcher.after = [], []
    return tmp_path


@pytest.fixture
def bright(folder):
    """Labels by brightness: seven images, the fourth is none."""
    images = write_images(folder / 'images')
    dataset = {
        **CONFIG['test_dataloader']['dataset'],
        'data_prefix': {'img': str(images)},
    }
    return {
        'model': CONFIG['model'],
        'dataloader': {**CONFIG['test_dataloader'], 'dataset': dataset},
        'out_dir': str(folder / 'labels'),
    }


def test_one_run_labels_and_trains(folder):
    """From an empty folder; the labels are those of the method."""
    Runner.from_cfg(tiny_config(2)).train()
    labels = read_labels('labels/pseudo_labels.json')
    assert len(labels['images']) == 5
    expected = {}
    for image in labels['images']:
        name = image['file_name']
        color = np.asarray(Image.open(Path('scenes/color') / name))
        depth = np.asarray(Image.open(Path('scenes/depth') / name))
        depth = depth.astype(np.float64)
        depth = (depth - depth.min()) / (depth.max() - depth.min())
        found = touching()(color, classical_features(color), depth)
        expected[image['id']] = [float(score) for score in found.scores]
    actual = {image['id']: [] for image in labels['images']}
    for row in labels['annotations']:
        actual[row['image_id']].append(row['score'])
    for image_id, scores in expected.items():
        scores.sort(reverse=True)
        np.testing.assert_allclose(actual[image_id], scores, atol=1e-6)

    counts = {image_id: len(scores) for image_id, scores in actual.items()}
    assert [seen['iter'] for seen in Watcher.before] == [0, 1]
    for seen in Watcher.before:
        assert seen['size'] == 2
        assert seen['images'].items() <= counts.items()
    assert (folder / 'work' / 'iter_2.pth').is_file()


def test_labels_are_made_once(bright):
    statistics = make_labels(RUNNER, **bright)
    assert statistics['num_masks'] == 6
    assert statistics['num_errors'] == 1
    path = Path(bright['out_dir'], 'pseudo_labels.json')
    content = path.read_bytes()
    BrightnessLabeler.seen = []
    assert make_labels(RUNNER, **bright) == statistics
    assert [Path(name).name for name in BrightnessLabeler.seen] == ['3.png']
    assert path.read_bytes() == content


def test_how_images_are_loaded_is_no_reason_to_label_anew(bright):
    make_labels(RUNNER, **bright)
    bright['dataloader'] = {**bright['dataloader'], 'batch_size': 1}
    BrightnessLabeler.seen = []
    make_labels(RUNNER, **bright)
    assert len(BrightnessLabeler.seen) == 1
    bright['model'] = {**bright['model'], 'threshold': 200}
    with pytest.raises(ValueError, match='fingerprint|overwrite'):
        make_labels(RUNNER, **bright)


def test_torn_labels_are_completed(bright):
    make_labels(RUNNER, **bright)
    out = Path(bright['out_dir'])
    content = (out / 'pseudo_labels.json').read_bytes()
    (out / 'pseudo_labels.json').unlink()
    (journal,) = out.glob('records.*')
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b''.join(lines[:-2]) + lines[-2][:20])
    BrightnessLabeler.seen = []
    make_labels(RUNNER, **bright)
    names = [Path(name).name for name in BrightnessLabeler.seen]
    assert names == ['3.png', '5.png', '6.png']
    assert (out / 'pseudo_labels.json').read_bytes() == content


def test_no_labels_no_training(bright):
    bright['model'] = {**bright['model'], 'threshold': 300}
    with pytest.raises(ValueError, match=r'6 images \(1 errors') as error:
        make_labels(RUNNER, **bright)
    assert bright['out_dir'] in str(error.value)
    errors = json.loads(Path(bright['out_dir'], 'errors.json').read_text())
    assert len(errors) == 1


def test_the_dataset_reads_what_is_made(bright, monkeypatch):
    made = {}
    monkeypatch.setattr(
        'mmcuts3d.engine.loops.label_then_train_loop.make_labels',
        lambda runner, **labels: made.update(labels) or 1 / 0,
    )

    def begin(ann_file, **labels):
        inner = {'type': 'mmcuts3d.PseudoLabelDataset', 'ann_file': ann_file}
        config = {
            'type': 'mmcuts3d.LabelThenTrainLoop',
            'runner': RUNNER,
            'dataloader': {'dataset': {'type': 'Mix', 'dataset': inner}},
            'max_iters': 1,
            'labels': {**bright, **labels},
        }
        with pytest.raises((ZeroDivisionError, ValueError)) as error:
            LOOPS.build(config)
        return str(error.value)

    begin('labels/pseudo_labels.json')
    assert made['store'] == 'jsonl'
    begin('labels')
    assert made['store'] is None
    begin('labels', store='parquet')
    assert made['store'] == 'parquet'
    made.clear()
    said = begin('labels/pseudo_labels.json', store='parquet')
    assert 'Parquet store has no pseudo_labels.json' in said and not made


@pytest.mark.parametrize('change', ['without', 'with'])
def test_settings_of_the_labels(change):
    labels = {**LABELS, 'overwrite': True}
    if change == 'without':
        labels = {'model': {}, 'dataloader': {}}
    with pytest.raises(ValueError, match=r'`labels`.*`out_dir`, but got \['):
        LOOPS.build(
            {
                'type': 'mmcuts3d.LabelThenTrainLoop',
                'runner': RUNNER,
                'dataloader': {},
                'max_iters': 1,
                'labels': labels,
            }
        )
