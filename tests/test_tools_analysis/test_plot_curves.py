"""Curves from logs that mmengine's runner wrote, joined over a resume."""

import json

import cv2
import numpy as np
import pytest
import torch
from helpers import ROOT
from mmengine.config import Config
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner


class Falling(BaseModel):
    """A loss that falls."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        if mode == 'loss':
            return {'loss': self.weight**2}
        return [self.weight]


class Ap(BaseMetric):
    """An AP that depends on nothing."""

    default_prefix = 'object'

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return {'segm_AP': 12.5, 'segm_AR100': 20.0}


@pytest.fixture
def work_dir(tmp_path):
    """A run of six iterations, validated after each second one."""
    hooks = Config.fromfile(ROOT / 'configs/_base_/default_runtime.py')
    hooks = hooks.default_hooks.to_dict()
    hooks['logger']['interval'] = 1
    hooks.pop('visualization')
    hooks.pop('checkpoint')
    loader = {
        'dataset': [{'inputs': torch.zeros(1)}] * 2,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'batch_size': 1,
    }
    Runner(
        Falling(),
        str(tmp_path / 'run'),
        train_dataloader=loader,
        val_dataloader=loader,
        train_cfg={'by_epoch': False, 'max_iters': 6, 'val_interval': 2},
        val_cfg={},
        val_evaluator=Evaluator(Ap()),
        optim_wrapper={'optimizer': {'type': 'SGD', 'lr': 0.1}},
        default_hooks=hooks,
        log_processor={'by_epoch': False, 'window_size': 1},
        log_level='ERROR',
        experiment_name=tmp_path.name,
    ).train()
    return tmp_path / 'run'


def test_a_run_of_the_runner(load_tool, work_dir, tmp_path, capsys):
    tool = load_tool('plot_curves')
    curves = tool.read_run(work_dir)
    steps, losses = curves['training']['loss']
    assert steps == [1, 2, 3, 4, 5, 6]
    # w shrinks by 1 - 2 lr, the loss by its square.
    assert np.allclose(losses, [0.64**n for n in range(6)])
    assert curves['validation']['object/segm_AP'] == ([2, 4, 6], [12.5] * 3)
    out = tmp_path / 'new' / 'curves.png'
    assert tool.main([str(work_dir), '--out', str(out)]) == 0
    picture = cv2.imread(str(out))
    assert picture is not None and (picture < 200).any()
    assert tool.main([str(work_dir), '--list']) == 0
    assert 'object/segm_AR100' in capsys.readouterr().out


def test_validations_of_a_run_count_its_iterations(work_dir):
    """What TensorBoard and WandB show as well, from our default_runtime."""
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [r['step'] for r in rows if 'object/segm_AP' in r] == [2, 4, 6]


def write_log(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return path


def test_resumed_run_replaces_what_it_did_again(load_tool, tmp_path):
    first = [{'loss': n, 'lr': 1, 'step': n} for n in (10, 20, 30)]
    first.append({'coco/bbox_mAP': 0.1, 'step': 0})  # in epochs: at 30
    again = [{'loss': -n, 'lr': 1, 'step': n} for n in (20, 30, 40)]
    again.append({'coco/bbox_mAP': 0.2, 'step': 0})
    for name, rows in (('20260101_000001', first), ('20260102_000001', again)):
        write_log(tmp_path / name / 'vis_data' / 'scalars.json', rows)
    curves = load_tool('plot_curves').read_run(tmp_path)
    assert curves['training']['loss'] == (
        [10, 20, 30, 40],
        [10, -20, -30, -40],
    )
    assert curves['validation']['coco/bbox_mAP'] == ([40], [0.2])


def test_two_logs_in_one_picture(load_tool, tmp_path):
    logs = [
        write_log(
            tmp_path / f'{name}.json',
            [{'loss': n * sign, 'step': n} for n in range(5)],
        )
        for name, sign in (('up', 1), ('down', -1))
    ]
    out = tmp_path / 'both.png'
    words = [*map(str, logs), '--keys', 'loss', '--out', str(out)]
    assert load_tool('plot_curves').main(words) == 0
    assert out.stat().st_size > 1000


def test_torn_last_line_is_said_and_others_are_errors(
    load_tool, tmp_path, capsys
):
    tool = load_tool('plot_curves')
    log = write_log(tmp_path / 'log.json', [{'loss': 1, 'step': 1}])
    good = log.read_text()
    log.write_text(good + '{"loss": 2, "st')
    with pytest.warns(UserWarning, match='torn'):
        assert tool.read_run(log)['training']['loss'] == ([1], [1])
    log.write_text('{"loss": 2, "st\n' + good)
    with pytest.raises(ValueError, match='line 1 of'):
        tool.read_run(log)


def test_bad_requests(load_tool, tmp_path, capsys):
    tool = load_tool('plot_curves')
    with pytest.raises(ValueError, match=r'scalars\.json'):
        tool.main([str(tmp_path)])
    log = write_log(tmp_path / 'log.json', [{'loss': 1, 'step': 1}])
    with pytest.raises(ValueError, match='mAP'):
        tool.main([str(log), '--keys', 'mAP'])
    with pytest.raises(SystemExit):
        tool.main([str(log), '--out', 'x.pdf'])
    assert '.png' in capsys.readouterr().err
