"""The learning rate over the 400,000 iterations of the three-round config."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import ROOT
from mmengine.config import Config
from mmengine.hooks import ParamSchedulerHook
from mmengine.registry import HOOKS, PARAM_SCHEDULERS, init_default_scope
from mmengine.runner import get_priority

NAME = 'cascade-mask-rcnn_r50_fpn_cuts3d-3rounds_4xb1-400k_imagenet.py'
WARM_UP = 0.001 + 0.999 * np.arange(1000) / 999


@pytest.fixture(scope='module')
def config():
    return Config.fromfile(ROOT / 'configs' / 'cuts3d' / NAME)


@pytest.fixture
def hook(config, monkeypatch):
    init_default_scope('mmdet')
    hook = HOOKS.build(copy.deepcopy(config.custom_hooks[0]))
    monkeypatch.setattr(hook, '_make_labels', lambda runner, number: number)
    monkeypatch.setattr(hook, '_train_on', lambda runner, labels: None)
    return hook


def rates_of(config, hook):
    """(400000, 2) learning rate and weight decay of every iteration."""
    settings = dict(config.optim_wrapper.optimizer)
    assert settings.pop('type') == 'SGD'
    optimizer = torch.optim.SGD(
        [torch.nn.Parameter(torch.zeros(1))], **settings
    )
    schedulers = [
        PARAM_SCHEDULERS.build({**entry, 'optimizer': optimizer})
        for entry in copy.deepcopy(config.param_scheduler)
    ]
    (group,) = optimizer.param_groups
    wrapper = SimpleNamespace(
        optimizer=optimizer, param_groups=optimizer.param_groups
    )
    runner = SimpleNamespace(optim_wrapper=wrapper)
    optimizer.step()  # before the schedulers, or PyTorch warns
    rates = np.empty((config.train_cfg.max_iters, 2))
    for runner.iter in range(len(rates)):
        rates[runner.iter] = group['lr'], group['weight_decay']
        hook.after_train_iter(runner, runner.iter)
        for scheduler in schedulers:
            scheduler.step()
    return rates


def test_the_rates_are_those_of_the_tables(config, hook):
    # The hook sets the rate before the schedulers multiply it.
    scheduler_priority = get_priority(ParamSchedulerHook.priority)
    assert get_priority(hook.priority) < scheduler_priority

    expected = np.empty(400_000)
    expected[:80_000] = 1e-2  # Table 8
    expected[80_000:160_000] = 1e-2 * 0.02  # CutLER
    expected[160_000:] = 5e-3  # Table 9
    for begin in (0, 160_000, 240_000, 320_000):
        expected[begin : begin + 1000] *= WARM_UP
    decay = np.where(np.arange(400_000) < 160_000, 5e-5, 1e-4)
    rates = rates_of(config, hook)
    np.testing.assert_allclose(rates[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(rates[:, 1], decay, rtol=1e-12)


def test_the_batch_of_a_round_is_that_of_table_9(config, hook):
    assert config.train_dataloader.batch_size * 4 == 4  # Table 8
    change = hook.train_dataloader
    assert change['batch_size'] * 4 == 8
    paste, pack = change['dataset']['pipeline']
    assert (paste['min_ratio'], paste['max_ratio']) == (0.5, 1.0)
    first = config.train_dataloader.dataset.pipeline[0]
    assert (first['min_ratio'], first['max_ratio']) == (0.3, 1.0)
    assert pack['type'] == 'mmcuts3d.PackPseudoLabels'
    single = Config.fromfile(
        ROOT / 'configs' / '_base_' / 'datasets' / 'imagenet_self-training.py'
    )
    assert change['dataset']['pipeline'] == (
        single.train_dataloader.dataset.pipeline
    )
