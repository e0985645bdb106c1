"""Statistics of batch normalisation, against those of all that passed."""

import multiprocessing
import os
import socket

import pytest
import torch
from helpers.training import tiny_config
from mmengine.dist import init_dist
from mmengine.hooks import CheckpointHook, Hook, IterTimerHook
from mmengine.model import BaseModel
from mmengine.runner import Runner, get_priority
from mmengine.structures import BaseDataElement
from torch import nn

from mmcuts3d.engine.hooks import (
    PreciseBNHook,
    SelfTrainingHook,
    precise_bn_hook,
)

SAMPLES = 12


class Numbers(torch.utils.data.Dataset):
    """Fields of numbers, a different mean and spread for each sample."""

    def __len__(self):
        return SAMPLES

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        field = torch.randn(3, 4, 4, generator=generator)
        return {'inputs': (1 + index) * field + 3 * index, 'number': index}


class Net(BaseModel):
    def __init__(self):
        super().__init__()
        self.seen = []
        self.layers = nn.ModuleDict(
            {
                'first': nn.BatchNorm2d(3),
                'conv': nn.Conv2d(3, 2, 1),
                'second': nn.BatchNorm2d(2),
                'frozen': nn.BatchNorm2d(2),
                'unused': nn.BatchNorm2d(2),
            }
        )

    def train(self, mode=True):
        super().train(mode)
        self.layers['frozen'].eval()
        return self

    def forward(self, inputs, number=None, mode='tensor'):
        self.seen.append([int(one) for one in number])
        x = torch.stack(inputs)
        for name in ('first', 'conv', 'second', 'frozen'):
            x = self.layers[name](x)
        return {'loss': x.square().mean()} if mode == 'loss' else x


class Notes(Hook):
    """Notes the statistics after each iteration, and what was trained on."""

    priority = 'LOW'

    def __init__(self):
        self.trained, self.means = [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.trained.append([int(one) for one in data_batch['number']])

    def after_train_iter(self, runner, batch_idx, **kwargs):
        first = runner.model.layers['first']
        self.means.append(first.running_mean.clone())


def run(
    work_dir,
    max_iters=4,
    hook=None,
    workers=0,
    val_interval=None,
    **changes,
):
    torch.manual_seed(0)
    notes = Notes()
    runner = Runner(
        model=Net(),
        work_dir=str(work_dir),
        train_dataloader={
            'dataset': Numbers(),
            'sampler': {'type': 'InfiniteSampler', 'shuffle': True},
            'batch_size': 3,
            'num_workers': workers,
            'persistent_workers': workers > 0,
        },
        train_cfg={
            'by_epoch': False,
            'max_iters': max_iters,
            'val_interval': val_interval or 1000,
        },
        optim_wrapper={'optimizer': {'type': 'SGD', 'lr': 0.0}},
        custom_hooks=[notes, *([hook] if hook else [])],
        default_hooks={
            'checkpoint': {
                'type': 'CheckpointHook',
                'by_epoch': False,
                'interval': 2,
            }
        },
        randomness={'seed': 5},
        log_level='WARNING',
        default_scope='mmengine',
        **changes,
    )
    runner.train()
    return runner, notes


def of_all(layer):
    return layer.running_mean, layer.running_var


def test_statistics_are_those_of_all_that_passed(tmp_path, monkeypatch):
    hook = PreciseBNHook(num_batches=SAMPLES // 3)
    passed = {'first': [], 'second': []}
    through = precise_bn_hook._pass_through

    def watch(model, batch):
        handles = [
            model.layers[name].register_forward_pre_hook(
                lambda _, inputs, into=into: into.append(inputs[0].clone())
            )
            for name, into in passed.items()
        ]
        through(model, batch)
        for handle in handles:
            handle.remove()

    monkeypatch.setattr(precise_bn_hook, '_pass_through', watch)
    runner, _ = run(tmp_path, hook=hook)
    layers = runner.model.layers
    # Each sample once, so that the first layer has those of the whole set.
    everything = torch.stack(
        [Numbers()[index]['inputs'] for index in range(SAMPLES)]
    )
    torch.testing.assert_close(
        layers['first'].running_mean, everything.mean(dim=(0, 2, 3))
    )
    torch.testing.assert_close(
        layers['first'].running_var,
        everything.var(dim=(0, 2, 3), unbiased=False),
    )
    second = torch.cat(passed['second'])
    assert len(second) == SAMPLES
    torch.testing.assert_close(
        layers['second'].running_mean, second.mean(dim=(0, 2, 3))
    )
    torch.testing.assert_close(
        layers['second'].running_var,
        second.var(dim=(0, 2, 3), unbiased=False),
    )
    # Not the mean of the variances of batches, which do not vary alike.
    batches = torch.stack([one.var(dim=(0, 2, 3)) for one in passed['first']])
    assert (layers['first'].running_var > 1.1 * batches.mean(dim=0)).all()
    for name in ('frozen', 'unused'):
        assert torch.equal(layers[name].running_mean, torch.zeros(2))
        assert torch.equal(layers[name].running_var, torch.ones(2))
    assert int(layers['first'].num_batches_tracked) == 4  # those of training
    saved = torch.load(tmp_path / 'iter_4.pth', weights_only=False)
    for name in ('running_mean', 'running_var'):
        assert torch.equal(
            saved['state_dict'][f'layers.first.{name}'],
            getattr(layers['first'], name),
        )


@pytest.mark.parametrize('workers', [0, 1])
def test_the_data_of_the_training_go_on(tmp_path, workers):
    hook = PreciseBNHook(num_batches=2, interval=1)
    _, plain = run(tmp_path / 'plain', workers=workers)
    runner, notes = run(tmp_path / 'precise', hook=hook, workers=workers)
    assert notes.trained == plain.trained
    assert not torch.equal(notes.means[0], plain.means[0])
    # Other batches each time.
    drawn = [
        batch for batch in runner.model.seen if batch not in notes.trained
    ]
    assert len(runner.model.seen) == 4 * 3 and len(drawn) > 2


@pytest.mark.parametrize(
    ('interval', 'val_interval', 'expected'),
    [(None, 2, [2, 4, 5]), (3, 2, [3, 5]), (None, None, [5])],
)
def test_it_comes_before_validations_and_at_the_end(
    tmp_path, monkeypatch, interval, val_interval, expected
):
    done = []
    hook = PreciseBNHook(num_batches=1, interval=interval)
    monkeypatch.setattr(
        precise_bn_hook,
        '_set_statistics',
        lambda layers, moments: done.append(hook.runner.iter + 1),
    )
    changes = {}
    if val_interval:
        changes = {
            'val_dataloader': {
                'dataset': Numbers(),
                'sampler': {'type': 'DefaultSampler', 'shuffle': False},
                'batch_size': 6,
            },
            'val_cfg': {},
            'val_evaluator': {'type': 'DumpResults', 'out_file_path': 'x.pkl'},
        }
    hook.before_run = lambda runner: setattr(hook, 'runner', runner)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Net, 'val_step', lambda *_: [BaseDataElement()])
    run(tmp_path, 5, hook, val_interval=val_interval, **changes)
    assert done == expected


def test_a_resumed_run_computes_the_same(tmp_path):
    hook = {'type': 'mmcuts3d.PreciseBNHook', 'num_batches': 2, 'interval': 2}
    whole, _ = run(tmp_path / 'whole', hook=dict(hook))
    run(tmp_path / 'parts', max_iters=2, hook=dict(hook))
    parts, notes = run(tmp_path / 'parts', hook=dict(hook), resume=True)
    assert len(notes.trained) == 2
    for one, other in zip(
        of_all(whole.model.layers['first']),
        of_all(parts.model.layers['first']),
        strict=True,
    ):
        assert torch.equal(one, other)


def process(rank, port, answers):
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
    )
    init_dist('pytorch', 'gloo')
    layer = nn.BatchNorm2d(3).train()
    with torch.no_grad(), precise_bn_hook._watched([layer]) as moments:
        for batch in share(rank):
            layer(batch)
    precise_bn_hook._set_statistics([layer], moments)
    answers.put((rank, *(one.tolist() for one in of_all(layer))))


def share(rank):
    """Three batches of two samples for the first, two of three, moved."""
    generator = torch.Generator().manual_seed(rank)
    sizes = ([2, 2, 2], [3, 3])[rank]
    return [
        7 * rank + torch.randn(size, 3, 4, 4, generator=generator)
        for size in sizes
    ]


@pytest.mark.skipif(torch.cuda.is_available(), reason='for a CPU')
def test_processes_have_the_statistics_of_all():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context('fork')
    answers = context.Queue()
    processes = [
        context.Process(target=process, args=(rank, port, answers))
        for rank in range(2)
    ]
    for one in processes:
        one.start()
    found = sorted(answers.get(timeout=120) for _ in processes)
    for one in processes:
        one.join(timeout=60)
    everything = torch.cat([*share(0), *share(1)])
    for _, mean, variance in found:
        torch.testing.assert_close(
            torch.tensor(mean), everything.mean(dim=(0, 2, 3))
        )
        torch.testing.assert_close(
            torch.tensor(variance),
            everything.var(dim=(0, 2, 3), unbiased=False),
        )


def test_a_detector_is_passed_through(tmp_path, monkeypatch):
    """Its statistics change with the hook, and the training does not."""
    monkeypatch.chdir(tmp_path)
    found = {}
    for name in ('plain', 'precise'):
        config = tiny_config(1)
        config.model.backbone.norm_eval = False
        if name == 'precise':
            hook = {'type': 'mmcuts3d.PreciseBNHook', 'num_batches': 2}
            config.custom_hooks.append(hook)
        runner = Runner.from_cfg(config)
        runner.train()
        found[name] = runner.model.state_dict()
    changed = {
        key.rsplit('.', 1)[-1]
        for key, value in found['plain'].items()
        if not torch.equal(value, found['precise'][key])
    }
    assert changed == {'running_mean', 'running_var'}
    assert all(value.isfinite().all() for value in found['precise'].values())


def test_it_comes_before_self_training_and_checkpoints():
    order = [IterTimerHook, PreciseBNHook, SelfTrainingHook, CheckpointHook]
    places = [get_priority(hook.priority) for hook in order]
    assert places == sorted(places)
    assert places[1] < places[2] < places[3]


def test_without_a_layer_in_training_mode_it_says_so(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(
        precise_bn_hook, 'print_log', lambda words, **_: said.append(words)
    )
    original = Net.train
    monkeypatch.setattr(
        Net, 'train', lambda self, mode=True: original(self, False)
    )
    run(tmp_path, hook=PreciseBNHook(num_batches=1))
    assert len(said) == 1 and 'does nothing' in said[0]


def test_wrong_arguments_are_refused(tmp_path):
    for name in ('num_batches', 'interval'):
        with pytest.raises(ValueError, match=f'`{name}`.*at least 1.*got 0'):
            PreciseBNHook(**{name: 0})
    config = tiny_config(1)
    runner = type('Fake', (), {'train_loop': config})()
    with pytest.raises(ValueError, match='iteration-based for PreciseBNHook'):
        PreciseBNHook().before_train(runner)
