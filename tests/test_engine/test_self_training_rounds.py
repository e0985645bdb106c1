"""What a round predicts with, keeps, and leaves behind."""

import json
import math
from types import SimpleNamespace

import pytest
import torch
from helpers.training import LABELS, tiny_config
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import Runner, load_checkpoint

from mmcuts3d.engine.hooks import SelfTrainingHook
from mmcuts3d.engine.hooks.round_record import RoundRecord
from mmcuts3d.engine.labeling import LabelingJob, run_labeling
from mmcuts3d.labels import read_labels

ROUND = {
    'type': 'mmcuts3d.SelfTrainingHook',
    'begins': [2],
    'dataloader': LABELS['dataloader'],
    'out_dir': 'rounds',
    'score_thr': 0.2,
    'iou_thr': 0.1,
}
VALIDATION = {
    'val_dataloader': LABELS['dataloader'],
    'val_evaluator': {
        'type': 'mmcuts3d.ClassAgnosticCocoMetric',
        'ann_file': 'scenes/instances.json',
    },
    'val_cfg': {'type': 'ValLoop'},
}


@pytest.fixture(scope='module')
def averaged(tmp_path_factory):
    """Three iterations with an average of the weights, and one round."""
    folder = tmp_path_factory.mktemp('run')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        config = tiny_config(3, [{**ROUND, 'max_per_image': 3}])
        # Weights of the first moment for good, so that they differ.
        config.custom_hooks.insert(
            0, {'type': 'EMAHook', 'momentum': 1e-6, 'priority': 'NORMAL'}
        )
        config.merge_from_dict(VALIDATION)
        config.train_cfg.val_interval = 1
        runner = Runner.from_cfg(config)
        runner.train()
        yield SimpleNamespace(folder=folder, runner=runner)


def predicted(folder, weights):
    """Labels by the weights of a checkpoint, as a user would make them."""
    init_default_scope('mmdet')
    config = tiny_config(3)
    model = MODELS.build(config.model)
    load_checkpoint(model, str(weights))
    job = LabelingJob(
        model,
        LABELS['dataloader'],
        folder / 'again',
        score_thr=0.2,
        max_per_image=3,
        overwrite=True,
    )
    return read_labels(run_labeling(job).label_file)['annotations']


def test_averaged_weights_predict(averaged, monkeypatch, tmp_path):
    """A checkpoint has the averages as its `state_dict`."""
    monkeypatch.chdir(averaged.folder)
    (labels,) = averaged.folder.glob('rounds/round_1_*')
    mine = read_labels(labels / 'pseudo_labels.json')['annotations']
    saved = torch.load('work/iter_2.pth', weights_only=False)
    weights = {'state_dict': saved['state_dict']}
    torch.save(weights, tmp_path / 'average.pth')
    plain = {
        name.removeprefix('module.'): value
        for name, value in saved['ema_state_dict'].items()
        if name != 'steps'
    }
    torch.save({'state_dict': plain}, tmp_path / 'plain.pth')
    by_average = predicted(tmp_path, tmp_path / 'average.pth')
    assert mine == by_average
    assert mine != predicted(tmp_path, tmp_path / 'plain.pth')


def test_training_goes_on_with_its_own_weights(averaged):
    """Swapped out again: the last step moved what was trained."""
    hook = next(
        hook
        for hook in averaged.runner.hooks
        if type(hook).__name__ == 'EMAHook'
    )
    trained = averaged.runner.model.state_dict()
    average = hook.ema_model.module.state_dict()
    name = 'backbone.conv1.weight'
    assert not torch.equal(trained[name], average[name])
    saved = torch.load(
        averaged.folder / 'work' / 'iter_3.pth', weights_only=False
    )
    assert torch.equal(
        saved['ema_state_dict'][f'module.{name}'], trained[name]
    )


def test_at_most_so_many_an_image(averaged):
    (labels,) = averaged.folder.glob('rounds/round_1_*')
    rows = read_labels(labels / 'pseudo_labels.json')['annotations']
    counts = {}
    for row in rows:
        counts[row['image_id']] = counts.get(row['image_id'], 0) + 1
    assert max(counts.values()) == 3


def test_a_round_leaves_statistics_and_what_was_measured(averaged):
    text = (averaged.folder / 'rounds' / 'rounds.json').read_text()
    first, second = json.loads(text)
    assert (first['round'], first['begin']) == (0, 0)
    assert [row['iter'] for row in first['validation']] == [1, 2]
    assert [row['iter'] for row in second['validation']] == [3]
    metrics = second['validation'][0]['metrics']
    assert any(name.endswith('AP') for name in metrics), metrics
    assert (second['round'], second['begin']) == (1, 2)
    assert second['labels'] == 'round_1.json'
    labels = read_labels(averaged.folder / 'rounds' / 'round_1.json')
    assert second['statistics']['num_masks'] == len(labels['annotations'])
    assert second['score_thr'] == 0.2


def test_a_round_leaves_a_page(averaged):
    rounds = averaged.folder / 'rounds'
    page = (rounds / 'round_1.html').read_text('utf-8')
    merged = read_labels(rounds / 'round_1.json')['annotations']
    (folder,) = rounds.glob('round_1_*')
    found = read_labels(folder / 'pseudo_labels.json')['annotations']
    before = read_labels(averaged.folder / 'labels' / 'pseudo_labels.json')
    kept = sum(row['score'] > 0.2 for row in found)
    stay = len(merged) - kept
    for name, count in (
        ('predictions kept', kept),
        ('predictions below the score', len(found) - kept),
        ('labels before that stay', stay),
        (
            'labels before that a prediction covers',
            len(before['annotations']) - stay,
        ),
    ):
        assert f'<td>{name}</td><td>{count}</td>' in page
    assert kept and 'Before and after' in page
    # The end of training adds what was measured.
    assert 'segm_AP50; last:' in page.replace('coco/', '')
    assert 'Best images' in page and 'could not be read' not in page


def test_a_round_uses_no_confidence_and_makes_no_maps(averaged):
    dataset = averaged.runner.train_dataloader.dataset
    assert not dataset.confidence.any
    instances = dataset[0]['data_samples'].gt_instances
    assert len(instances) and 'confidences' not in instances


def test_kept_confidence_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hook = {**ROUND, 'begins': [1], 'keep_confidence': True}
    hook['score_thr'] = 0.99  # old labels alone
    runner = Runner.from_cfg(tiny_config(2, [hook]))
    runner.train()
    dataset = runner.train_dataloader.dataset
    assert dataset.confidence.any
    assert str(dataset.ann_file).endswith('round_1.json')
    least = min(
        dataset[i]['data_samples'].gt_instances.confidences.masks.min()
        for i in range(len(dataset))
    )
    assert least < 240


def test_a_wrong_number_is_refused():
    settings = {k: v for k, v in ROUND.items() if k != 'type'}
    with pytest.raises(ValueError, match='`max_per_image`.*but got 0'):
        SelfTrainingHook(**settings, max_per_image=0)


def test_a_resumed_record_forgets_what_comes_again(tmp_path):
    record = RoundRecord(tmp_path)
    record.validated(2, {'AP': 0.1})
    record.begin(1, 2, statistics={'mean_score': math.nan})
    record.validated(4, {'AP': 0.2})
    record.begin(2, 4)
    record.validated(6, {'AP': 0.3})
    rounds = json.loads(record.path.read_text())
    assert rounds[1]['statistics'] == {'mean_score': None}
    resumed = RoundRecord(tmp_path)
    resumed.resume(3)
    assert [one['round'] for one in resumed.rounds] == [0, 1]
    resumed.validated(4, {'AP': 0.4})
    rows = json.loads(resumed.path.read_text())[1]['validation']
    assert rows == [{'iter': 4, 'metrics': {'AP': 0.4}}]
    anew = RoundRecord(tmp_path)
    anew.resume(0)
    assert anew.rounds == [{'round': 0, 'begin': 0, 'validation': []}]


def test_another_file_of_that_name_is_named(tmp_path):
    (tmp_path / 'rounds.json').write_text('{"round": 1}')
    with pytest.raises(ValueError, match='rounds.json to be a list of rounds'):
        RoundRecord(tmp_path).resume(1)
