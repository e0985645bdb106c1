"""Rounds of self-training in a run that is short but whole."""

import copy
import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.training import LABELS, Watcher, tiny_config
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import (
    Runner,
    load_checkpoint,
)

from mmcuts3d.engine.labeling import LabelingJob, run_labeling
from mmcuts3d.engine.labeling.merging import FileMerge, ShardMerge
from mmcuts3d.labels import merge_rounds, open_store, read_labels

# Round 1 takes whatever an untrained detector predicts, round 2 nothing.
THRESHOLDS = [0.2, 0.99]
IOU = 0.1
ROUNDS = {
    'type': 'mmcuts3d.SelfTrainingHook',
    'begins': [2, 3],
    'dataloader': LABELS['dataloader'],
    'out_dir': 'rounds',
    'score_thr': THRESHOLDS,
    'iou_thr': IOU,
    'lr': 0.004,
    'train_dataloader': {
        'batch_size': 1,
        'dataset': {'filter_cfg': {'min_size': 32}},
    },
}
SCHEDULE = [
    {'type': 'LinearLR', 'start_factor': 0.5, 'by_epoch': False, 'end': 2},
    {
        'type': 'LinearLR',
        'start_factor': 0.25,
        'by_epoch': False,
        'begin': 2,
        'end': 4,
    },
]


def config_of_run():
    config = tiny_config(4, [ROUNDS])
    config.param_scheduler = SCHEDULE
    return config


def labels_of(path):
    return read_labels(Path(path))


def counts_of(path):
    labels = labels_of(path)
    counts = {image['id']: 0 for image in labels['images']}
    for row in labels['annotations']:
        counts[row['image_id']] += 1
    return counts


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Four iterations, self-training after two and after three."""
    folder = tmp_path_factory.mktemp('run')
    before = os.getcwd()
    os.chdir(folder)
    try:
        Watcher.before, Watcher.after = [], []
        Runner.from_cfg(config_of_run()).train()
        yield SimpleNamespace(
            folder=folder, before=Watcher.before, after=Watcher.after
        )
    finally:
        os.chdir(before)


@pytest.fixture
def here(run, monkeypatch):
    """Inside the folder of the run, with nothing noted yet."""
    monkeypatch.chdir(run.folder)
    monkeypatch.setattr(Watcher, 'before', [])
    monkeypatch.setattr(Watcher, 'after', [])
    init_default_scope('mmdet')
    return run.folder


def test_a_round_merges_predictions_with_the_labels_before(run, here):
    """The predictions are made again, from the checkpoint of that moment."""
    config = tiny_config(4)
    model = MODELS.build(config.model)
    load_checkpoint(model, 'work/iter_2.pth')
    run_labeling(LabelingJob(model, LABELS['dataloader'], 'again'))
    predicted = labels_of('again/pseudo_labels.json')
    assert len(predicted['annotations']) > 10
    first = labels_of('labels/pseudo_labels.json')
    expected = merge_rounds(first, predicted, THRESHOLDS[0], IOU)
    actual = labels_of('rounds/round_1.json')
    assert actual['images'] == expected['images']
    assert actual['annotations'] == expected['annotations']
    # A detector predicts no Spatial Confidence, and a round trains without.
    assert all('confidence' in row for row in first['annotations'])
    assert not any('confidence' in row for row in actual['annotations'])

    second = labels_of('rounds/round_2.json')
    assert second['annotations'] == actual['annotations']


def test_training_goes_on_with_the_new_labels(run):
    paths = [
        'labels/pseudo_labels.json',
        'labels/pseudo_labels.json',
        'rounds/round_1.json',
        'rounds/round_2.json',
    ]
    paths = [run.folder / path for path in paths]
    assert counts_of(paths[0]) != counts_of(paths[2])
    for number, (seen, path) in enumerate(zip(run.before, paths, strict=True)):
        assert seen['iter'] == number
        assert seen['images'].items() <= counts_of(path).items()
    names = [Path(seen['ann_file']).name for seen in run.after]
    # The watcher looks before a round is made.
    assert names[:2] == ['pseudo_labels.json', 'pseudo_labels.json']
    assert names[2:] == ['round_1.json', 'round_2.json']
    assert all(seen['training'] for seen in run.after)


def test_the_training_dataloader_changes_where_it_is_told(run):
    assert [seen['size'] for seen in run.before] == [2, 2, 1, 1]


def test_the_optimizer_begins_anew(run):
    """Its momentum of old labels goes; the watcher looks right after."""
    states = [seen['state'] for seen in run.after]
    assert states[0] > 0
    assert states[1:3] == [0, 0]
    assert states[3] == states[0]


def test_the_learning_rate_of_a_round(run):
    base = 0.02
    rates = [seen['lr'] for seen in run.before]
    # The second warm-up reaches its end with the start of round 2.
    assert rates == pytest.approx([base / 2, base, 0.004 / 4, 0.004 * 4])
    assert run.after[1]['lr'] == 0.004


@pytest.mark.parametrize('stop', [2, 3])
def test_a_resumed_run_goes_on_in_its_round(run, here, stop):
    labels = here / 'rounds' / f'round_{stop - 1}.json'
    content = labels.read_bytes()
    folders = set(here.glob('rounds/*_*_*'))
    config = config_of_run()
    config.resume = True
    config.load_from = f'work/iter_{stop}.pth'
    config.work_dir = 'resumed'
    Runner.from_cfg(config).train()
    assert [seen['iter'] for seen in Watcher.before] == [2, 3][stop - 2 :]
    first = Watcher.before[0]
    assert first['size'] == 1
    assert first['images'].items() <= counts_of(labels).items()
    # The round's own position, not that of the whole run.
    assert first['images'].keys() == run.before[stop]['images'].keys()
    assert first['lr'] == pytest.approx(run.before[stop]['lr'])
    assert labels.read_bytes() == content
    if stop == 3:  # no round begins after it: nothing is predicted
        assert set(here.glob('rounds/*_*_*')) == folders


@pytest.mark.parametrize('store', ['jsonl', 'parquet'])
@pytest.mark.parametrize('at', ['predicting', 'merging'])
def test_a_run_that_dies_in_a_round_makes_the_same_labels(
    run, here, monkeypatch, at, store
):
    """It resumes where the round begins, with the weights of that moment."""
    config = config_of_run()
    config.work_dir = f'dies_{at}_{store}'
    config.default_hooks.checkpoint.interval = 100  # nobody else saves
    hook = config.custom_hooks[-1]
    hook.update(out_dir=f'rounds_{at}_{store}', store=store)
    dying = LabelingJob if at == 'predicting' else kind_of_merge(store)
    count = Counter()

    class Dies(BaseException):
        """As kill -9, nobody catches it."""

    whole = dying.label if store == 'parquet' else dying.finish
    name = whole.__name__

    def dies(job, *args, **kwargs):
        count['calls'] += 1
        # The labels that training begins with are made by a job too.
        if count['calls'] > (at == 'predicting'):
            raise Dies
        return whole(job, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(dying, name, dies)
        with pytest.raises(Dies):
            Runner.from_cfg(copy.deepcopy(config)).train()
    assert not (here / hook.out_dir / 'round_1.json').exists()
    saved = Path(config.work_dir, 'last_checkpoint').read_text()
    assert Path(saved).name == 'iter_2.pth'
    config.resume = True
    Runner.from_cfg(config).train()
    expected = open_store('rounds/round_1.json')
    suffix = '' if store == 'parquet' else '.json'
    found = open_store(f'{hook.out_dir}/round_1{suffix}')
    assert [r.to_dict() for r in found] == [r.to_dict() for r in expected]


def kind_of_merge(store):
    return ShardMerge if store == 'parquet' else FileMerge


def test_a_round_that_is_gone_is_named(run, here):
    config = config_of_run()
    config.resume = True
    config.load_from = 'work/iter_3.pth'
    config.work_dir = 'resumed'
    config.custom_hooks[-1].out_dir = 'elsewhere'
    with pytest.raises(ValueError, match=r'elsewhere/round_2\.json') as error:
        Runner.from_cfg(config).train()
    assert 'iteration 3' in str(error.value)


def test_a_round_in_shards_is_the_round_of_files(run, here):
    """Both stores, from the labels on; and it resumes in its folder."""
    config = config_of_run()
    config.train_dataloader.dataset.ann_file = 'sharded'
    labels = {**LABELS, 'out_dir': 'sharded', 'store': 'parquet'}
    config.train_cfg.labels = labels
    hook = config.custom_hooks[-1]
    hook.update(out_dir='sharded_rounds', store='parquet', begins=[2, 3])
    config.work_dir = 'work_sharded'
    Runner.from_cfg(config).train()
    assert open_store('sharded').info.backend == 'parquet'
    names = [Path(seen['ann_file']).name for seen in Watcher.after]
    assert names == ['sharded', 'sharded', 'round_1', 'round_2']
    for number in (1, 2):
        found = open_store(f'sharded_rounds/round_{number}')
        assert found.info.backend == 'parquet'
        expected = open_store(f'rounds/round_{number}.json')
        assert [r.to_dict() for r in found] == [r.to_dict() for r in expected]
    for seen, other in zip(Watcher.before, run.before, strict=True):
        assert seen == other
    Watcher.before, Watcher.after = [], []
    again = config_of_run()
    again.train_dataloader.dataset.ann_file = 'sharded'
    again.train_cfg.labels = labels
    again.custom_hooks[-1].update(out_dir='sharded_rounds', store='parquet')
    again.resume = True
    again.load_from = 'work_sharded/iter_3.pth'
    again.work_dir = 'resumed_sharded'
    Runner.from_cfg(again).train()
    assert Path(Watcher.after[0]['ann_file']).name == 'round_2'
