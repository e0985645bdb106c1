"""A run whose loss is no number ends, and leaves no checkpoint of it."""

import pytest
from helpers import ROOT
from helpers.training import tiny_config
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmcuts3d.engine.hooks import FiniteLossHook
from mmcuts3d.registry import HOOKS


@HOOKS.register_module(force=True)
class Spoil(Hook):
    """Weights that are no numbers, from the third iteration on."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 2:
            head = runner.model.rpn_head.rpn_cls
            head.weight.data.fill_(float('nan'))


def test_nan_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = tiny_config(5)
    config.custom_hooks.append({'type': 'mmcuts3d.Spoil'})
    config.default_hooks.check_loss.interval = 1
    with pytest.raises(FloatingPointError, match='iteration 3.*loss_rpn_cls'):
        Runner.from_cfg(config).train()
    names = sorted(path.name for path in (tmp_path / 'work').glob('*.pth'))
    assert names == ['iter_1.pth', 'iter_2.pth']


def test_recipes_look_at_their_loss():
    for path in (ROOT / 'configs' / 'cuts3d').glob('cascade*.py'):
        hooks = Config.fromfile(path).default_hooks
        assert hooks.check_loss.type == 'mmcuts3d.FiniteLossHook', path.name


def test_a_wrong_interval_is_refused():
    with pytest.raises(ValueError, match='`interval`.*but got 0'):
        FiniteLossHook(interval=0)
