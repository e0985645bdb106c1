"""Training goes on where a batch has nothing to learn from."""

import copy
import math
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.training import tiny_config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from PIL import Image

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    write_json,
)
from mmcuts3d.registry import HOOKS, TRANSFORMS

SIZE = (96, 96)


@HOOKS.register_module(force=True)
class LossWatcher(Hook):
    """Losses, and instances of each image."""

    losses, instances = [], []

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ):
        self.losses.append({k: float(v) for k, v in outputs.items()})
        self.instances.append(
            [len(one.gt_instances) for one in data_batch['data_samples']]
        )


@TRANSFORMS.register_module(force=True)
class LoseAll:
    """As a crop beside all instances does."""

    def __call__(self, results):
        none = np.zeros(len(results['gt_masks']), bool)
        for key in ('gt_masks', 'gt_bboxes'):
            results[key] = results[key][np.flatnonzero(none)]
        for key in ('gt_bboxes_labels', 'gt_ignore_flags'):
            results[key] = results[key][none]
        return results


def labels_in(folder, numbers, confidence=True):
    """Images with so many masks each, and the file of their labels."""
    (folder / 'images').mkdir()
    rng = np.random.default_rng(0)
    records = []
    for place, number in enumerate(numbers):
        name = f'{place}.png'
        pixels = rng.integers(0, 255, (*SIZE, 3), np.uint8)
        Image.fromarray(pixels).save(folder / 'images' / name)
        rows = []
        for k in range(number):
            mask = np.zeros(SIZE, bool)
            mask[10 : 10 + 40, 5 + 30 * k : 30 + 30 * k] = True
            pixels[mask] = 250
            levels = np.full((12, 12), 0.5) if confidence else None
            rows.append(instance_to_annotation(mask, 0.9, levels))
        records.append(ImageRecord(name, *SIZE, place + 1, rows))
    write_json(folder / 'labels.json', build_labels(records))


@pytest.fixture
def train(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(numbers, transforms=(), outer=(), keep_empty=True, **labels):
        monkeypatch.setattr(LossWatcher, 'losses', [])
        monkeypatch.setattr(LossWatcher, 'instances', [])
        labels_in(tmp_path, numbers, **labels)
        config = tiny_config(3)
        config.custom_hooks = [{'type': 'mmcuts3d.LossWatcher'}]
        config.train_cfg = {
            'type': 'IterBasedTrainLoop',
            'max_iters': 3,
            'val_interval': 10,
        }
        dataset = config.train_dataloader.dataset
        dataset.ann_file = 'labels.json'
        dataset.data_prefix = {'img': 'images'}
        dataset.filter_cfg = {'filter_empty_gt': not keep_empty}
        load, labels_, resize, pack = dataset.pipeline
        dataset.pipeline = [load, labels_, resize, *transforms]
        config.train_dataloader.dataset = {
            'type': 'MultiImageMixDataset',
            'dataset': copy.deepcopy(dataset),
            'pipeline': [*outer, pack],
        }
        Runner.from_cfg(config).train()
        return SimpleNamespace(
            losses=LossWatcher.losses, instances=LossWatcher.instances
        )

    return run


PASTE = {
    'type': 'mmcuts3d.ConfidentCopyPaste',
    'blend': {'type': 'mmcuts3d.AlphaBlend'},
    'mask_occluded_thr': 0,
}


def finite(run):
    return all(
        math.isfinite(value) for row in run.losses for value in row.values()
    )


def test_images_without_instances(train):
    run = train([0, 0])
    assert run.instances == [[0, 0]] * 3 and finite(run)
    assert run.losses[0]['loss_rpn_cls'] > 0  # there is background to learn


def test_all_masks_vanish_on_the_way(train):
    run = train([2, 2], [{'type': 'mmcuts3d.LoseAll'}], [PASTE])
    assert run.instances == [[0, 0]] * 3 and finite(run)


def test_some_images_are_empty(train):
    run = train([0, 2, 1], outer=[PASTE])
    assert finite(run)
    assert any(number for batch in run.instances for number in batch)


def test_one_image_is_pasted_into_itself(train):
    run = train([2], outer=[PASTE], keep_empty=False)
    assert finite(run)
    assert all(number >= 2 for batch in run.instances for number in batch)


def test_labels_without_maps(train):
    run = train([2, 1], outer=[PASTE], confidence=False)
    assert finite(run)


def test_nothing_to_train_on_is_said_at_the_start(train):
    with pytest.raises(ValueError, match=r'labels\.json.*none of which'):
        train([0, 0], keep_empty=False)
