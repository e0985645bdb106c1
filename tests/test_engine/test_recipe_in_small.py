"""The recipe's optimisation in a run that is short but whole.

Clipping by parameter, no decay of norms, statistics of batch normalisation
before a round of self-training, in CutLER's detector; then on from a
checkpoint inside the round.
"""

import os
from types import SimpleNamespace

import pytest
import torch
from helpers import ROOT
from helpers.training import LABELS, Watcher, tiny_config
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import Runner, load_checkpoint

from mmcuts3d.engine.hooks import precise_bn_hook
from mmcuts3d.engine.labeling import LabelingJob, run_labeling
from mmcuts3d.labels import merge_rounds, read_labels

SCHEDULE = ROOT / 'configs' / '_base_' / 'schedules' / 'schedule_160k.py'
CUTLER = (
    ROOT
    / 'configs/_base_/models'
    / 'cascade-mask-rcnn-cutler_r50_fpn_class-agnostic.py'
)
ROUND = {
    'type': 'mmcuts3d.SelfTrainingHook',
    'begins': [2],
    'dataloader': LABELS['dataloader'],
    'out_dir': 'rounds',
    'score_thr': 0.2,
    'lr': 0.004,
}


def config_of_run():
    recipe = Config.fromfile(SCHEDULE)
    config = tiny_config(4, [ROUND, *recipe.custom_hooks])
    config.custom_hooks[-1].update(num_batches=2, interval=2)
    config.optim_wrapper = recipe.optim_wrapper
    config.optim_wrapper.type = 'mmcuts3d.ParameterwiseClipOptimWrapper'
    cutler = Config.fromfile(CUTLER).model
    model = config.model
    model.backbone.norm_eval = False
    head = model.roi_head
    head.type = cutler.roi_head.type
    head.stage_loss_weights = cutler.roi_head.stage_loss_weights
    head.mask_head = head.mask_head[:1]
    for stage, rcnn in zip(
        model.train_cfg.rcnn, cutler.train_cfg.rcnn, strict=True
    ):
        stage.sampler.update(rcnn.sampler, num=64)
    return config


def state(iteration):
    path = f'work/iter_{iteration}.pth'
    return torch.load(path, weights_only=False)


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Four iterations, a round after two; then again from the third."""
    folder = tmp_path_factory.mktemp('run')
    before, drawn = os.getcwd(), []
    through = precise_bn_hook._pass_through

    def watch(model, batch):
        drawn.append([sample.img_id for sample in batch['data_samples']])
        through(model, batch)

    patch = pytest.MonkeyPatch()
    patch.setattr(precise_bn_hook, '_pass_through', watch)
    os.chdir(folder)
    try:
        Watcher.before, Watcher.after = [], []
        Runner.from_cfg(config_of_run()).train()
        first = SimpleNamespace(
            before=Watcher.before, drawn=list(drawn), last=state(4)
        )
        Watcher.before, Watcher.after = [], []
        drawn.clear()
        config = config_of_run()
        config.resume, config.load_from = True, 'work/iter_3.pth'
        Runner.from_cfg(config).train()
        yield SimpleNamespace(
            first=first,
            again=SimpleNamespace(
                before=Watcher.before, drawn=drawn, last=state(4)
            ),
        )
    finally:
        os.chdir(before)
        patch.undo()


def test_norms_do_not_decay(run):
    init_default_scope('mmdet')
    model = MODELS.build(config_of_run().model)
    norms = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, torch.nn.BatchNorm2d)
        for parameter in module.parameters()
    }
    expected = [
        0.0 if id(parameter) in norms else 5e-5
        for parameter in model.parameters()
        if parameter.requires_grad
    ]
    assert {0.0, 5e-5} == set(expected)
    groups = run.first.last['optimizer']['param_groups']
    assert [group['weight_decay'] for group in groups] == expected


def test_a_round_predicts_with_the_statistics_of_its_checkpoint(run):
    """They were computed before the predictions, or these would differ."""
    init_default_scope('mmdet')
    model = MODELS.build(config_of_run().model)
    load_checkpoint(model, 'work/iter_2.pth')
    run_labeling(LabelingJob(model, LABELS['dataloader'], 'again'))
    predicted = read_labels('again/pseudo_labels.json')
    assert len(predicted['annotations']) > 0
    first = read_labels('labels/pseudo_labels.json')
    expected = merge_rounds(first, predicted, ROUND['score_thr'], 0.5)
    actual = read_labels('rounds/round_1.json')
    assert actual['annotations'] == expected['annotations']


def test_statistics_come_twice_and_again_after_a_resume(run):
    assert len(run.first.drawn) == 4  # two batches, at iterations 2 and 4
    assert run.again.drawn == run.first.drawn[2:]


def test_a_resumed_round_has_its_data_and_its_settings(run):
    first, again = run.first, run.again
    assert [one['iter'] for one in again.before] == [3]
    assert again.before[0]['images'] == first.before[3]['images']
    assert again.before[0]['lr'] == first.before[3]['lr'] == 0.004
    for one, other in zip(
        first.last['optimizer']['param_groups'],
        again.last['optimizer']['param_groups'],
        strict=True,
    ):
        assert one == other
    for value in again.last['state_dict'].values():
        assert value.isfinite().all()
