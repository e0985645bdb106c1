"""Two trainings from one seed are one training, to the last digit."""

from pathlib import Path

import pytest
import torch
from helpers import ROOT
from helpers.training import DEMO, tiny_config
from mmengine.config import Config
from mmengine.runner import CheckpointLoader, Runner


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(name, seed):
    """Weights and losses of the demo's training data, small, two rounds.

    The first call makes the labels, later ones find them.
    """
    config = tiny_config(4)
    recipe = Config.fromfile(ROOT / 'configs' / 'cuts3d' / DEMO)
    config.train_dataloader.dataset = recipe.train_dataloader.dataset
    dataset = config.train_dataloader.dataset.dataset
    dataset.ann_file = 'labels/pseudo_labels.json'
    dataset.data_prefix = {'img': 'scenes/color'}
    dataset.pipeline[2].scale = (96, 96)
    (hook,) = recipe.custom_hooks
    hook.update(begins=[2], out_dir=name, score_thr=0.0)
    hook.dataloader = config.train_cfg.labels.dataloader
    config.custom_hooks = [hook]
    config.randomness = dict(recipe.randomness, **seed)
    config.default_hooks.logger.interval = 1
    config.work_dir = config.experiment_name = name
    runner = Runner.from_cfg(config)
    runner.train()
    history = runner.message_hub.get_scalar('train/loss')
    # mmengine's loader: where that of its fork has run before in a process,
    # plain torch.load refuses the histories of a checkpoint.
    path = str(Path(name) / 'iter_4.pth')
    weights = CheckpointLoader.load_checkpoint(path, 'cpu')['state_dict']
    return weights, list(history.data[0])


def test_training_repeats_to_the_digit():
    first, losses = train('first', {})
    again, same = train('again', {})
    assert len(losses) == 4
    assert losses == same
    assert first.keys() == again.keys()
    for name, value in first.items():
        assert torch.equal(value, again[name]), name
    _, others = train('other', {'seed': 1})
    assert others[0] != losses[0]
