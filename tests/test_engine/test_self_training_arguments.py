"""Self-training with arguments that fit or not, without a run."""

from types import SimpleNamespace

import pytest
import torch
from helpers.labeling import CONFIG, BrightnessLabeler, write_images
from mmengine.config import Config
from mmengine.optim import LinearLR, OptimWrapper, build_optim_wrapper
from mmengine.registry import DATASETS, MODELS, init_default_scope
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner

from mmcuts3d.datasets import PseudoLabelDataset
from mmcuts3d.engine.hooks import SelfTrainingHook
from mmcuts3d.engine.labeling import (
    LabelingJob,
    run_labeling,
    weights_fingerprint,
)
from mmcuts3d.labels import read_labels, write_json

SETTINGS = {
    'begins': [2, 3],
    'dataloader': {'dataset': {'type': 'mmcuts3d.ImageFolder'}},
    'out_dir': 'rounds',
    'score_thr': [0.7, 0.65],
}


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'begins': []}, r'`begins` to be rising.*\[\]'),
        ({'begins': 300}, '`begins` to be rising.*300'),
        ({'begins': [5, 5]}, '`begins` to be rising'),
        ({'begins': [7, 5]}, '`begins` to be rising'),
        ({'begins': [0, 5]}, '`begins` to be rising'),
        ({'score_thr': [0.5]}, '`score_thr` .*2 rounds, but got 1'),
        ({'dataloader': {'batch_size': 1}}, r"`dataset`, but got \['batch"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        SelfTrainingHook(**{**SETTINGS, **change})


def one_square(size, box):
    """Labels of one image with one square."""
    x, y, width, height = box
    right, low = x + width, y + height
    row = {
        'id': 1,
        'image_id': 1,
        'category_id': 1,
        'bbox': box,
        'area': width * height,
        'iscrowd': 0,
        'segmentation': [[x, y, right, y, right, low, x, low]],
    }
    image = {
        'id': 1,
        'file_name': '0.png',
        'height': size[0],
        'width': size[1],
    }
    return {
        'images': [image],
        'annotations': [row],
        'categories': [{'id': 1, 'name': 'object'}],
    }


def runner_stub(kind=IterBasedTrainLoop, max_iters=4, **dataset):
    loop = kind.__new__(kind)
    loop._max_iters, loop._iter = max_iters, 0
    dataset = SimpleNamespace(**dataset)
    return SimpleNamespace(
        cfg={},
        train_loop=loop,
        iter=0,
        hooks=[],
        work_dir='nowhere',
        train_dataloader=SimpleNamespace(dataset=dataset),
    )


@pytest.mark.parametrize(
    ('runner', 'message'),
    [
        (runner_stub(EpochBasedTrainLoop), 'iteration-based.*EpochBased'),
        (runner_stub(max_iters=3, ann_file='a'), r'`max_iters` 3.*\[2, 3\]'),
        (runner_stub(datasets=[]), '`train_dataloader`.*`ann_file`'),
    ],
)
def test_a_run_that_does_not_fit(runner, message):
    with pytest.raises(ValueError, match=message):
        SelfTrainingHook(**SETTINGS).before_train(runner)


def test_the_same_weights_with_another_threshold(tmp_path):
    """Predictions that a threshold left out must not be missed later."""
    init_default_scope('mmdet')
    dataset = {
        **CONFIG['test_dataloader']['dataset'],
        'data_prefix': {'img': str(write_images(tmp_path / 'images'))},
    }
    loader = {**CONFIG['test_dataloader'], 'dataset': dataset}
    model = MODELS.build(CONFIG['model'])
    BrightnessLabeler.seen = []
    job = LabelingJob(model, loader, tmp_path / 'first', score_thr=0.9)
    run_labeling(job)
    first = tmp_path / 'first' / 'pseudo_labels.json'
    runner = runner_stub(ann_file=str(first))
    runner.model = model
    masks = []
    for score_thr in (0.8, 0.7):  # every mask has a score of 0.75
        hook = SelfTrainingHook([2], loader, tmp_path / 'rounds', score_thr)
        path = hook._make_labels(runner, 1)
        masks.append(len(read_labels(path)['annotations']))
    assert masks == [0, 6]


@pytest.mark.parametrize('scheduled', [False, True])
@pytest.mark.parametrize('scale', [1.0, 0.25])
def test_the_rate_of_a_round_keeps_the_ratios_of_groups(scheduled, scale):
    """`lr_mult` stays, and so does what `auto_scale_lr` multiplied by."""
    parts = torch.nn.ModuleDict(
        {name: torch.nn.Linear(1, 1) for name in ('backbone', 'head')}
    )
    wrapper = build_optim_wrapper(
        parts,
        {
            'optimizer': {'type': 'SGD', 'lr': 0.02},
            'paramwise_cfg': {'custom_keys': {'backbone': {'lr_mult': 0.1}}},
        },
    )
    for group in wrapper.param_groups:
        group['lr'] *= scale  # Runner.scale_lr
    if scheduled:
        scheduler = LinearLR(wrapper, 0.5, begin=0, end=9, by_epoch=False)
    rates = {group['lr'] for group in wrapper.param_groups}
    assert len(rates) == 2
    hook = SelfTrainingHook(**{**SETTINGS, 'lr': 0.005})
    hook._current_labels = lambda runner: 'labels.json'
    hook._make_labels = lambda runner, number: number
    hook._train_on = lambda runner, labels: None
    runner = runner_stub()
    runner.optim_wrapper = wrapper
    hook.before_train(runner)
    for runner.iter in range(3):  # rounds begin after the second and third
        hook.after_train_iter(runner, runner.iter)
        if runner.iter:
            new = sorted({g['lr'] for g in wrapper.param_groups})
            assert new == pytest.approx([0.0005 * scale, 0.005 * scale])
        if scheduled:
            wrapper.optimizer.step()
            scheduler.step()
    # As checkpoints hold them, so that a resumed run knows the ratios too.
    saved = wrapper.optimizer.state_dict()['param_groups']
    first = sorted({group['initial_lr'] for group in saved})
    assert first == pytest.approx([0.002 * scale, 0.02 * scale])


def test_an_optimizer_without_a_rate():
    runner = runner_stub()
    parameter = torch.nn.Parameter(torch.zeros(1))
    wrapper = OptimWrapper(torch.optim.SGD([parameter], lr=0.0))
    runner.optim_wrapper = wrapper
    hook = SelfTrainingHook(**{**SETTINGS, 'lr': 0.005})
    hook._current_labels = lambda runner: 'labels.json'
    with pytest.raises(ValueError, match='SGD without one'):
        hook.before_train(runner)


def test_labels_made_on_the_fly_are_refused_at_the_start(tmp_path):
    """Not after the first prediction: no file, no round."""
    init_default_scope('mmdet')
    images = str(write_images(tmp_path / 'images'))
    labeler = {
        'type': 'mmcuts3d.CutS3DPseudoLabeler',
        'labeler': {'type': 'mmcuts3d.CutS3DLabeler'},
    }
    folder = {
        **CONFIG['test_dataloader']['dataset'],
        'data_prefix': {'img': images},
        'pipeline': [{'type': 'mmcuts3d.LoadImage'}, labeler],
    }
    labels = write_json(
        tmp_path / 'labels.json', one_square((24, 32), [4, 6, 16, 12])
    )
    of_file = {
        'type': 'mmcuts3d.PseudoLabelDataset',
        'ann_file': str(labels),
        'data_prefix': {'img': images},
        'pipeline': [{'type': 'mmcuts3d.LoadImage'}],
        'serialize_data': False,
    }
    hook = SelfTrainingHook(**SETTINGS)

    def start(dataset):
        runner = runner_stub()
        runner.train_dataloader.dataset = DATASETS.build(dataset)
        hook.before_train(runner)

    start(of_file)
    relabeled = {**of_file, 'pipeline': folder['pipeline']}
    for dataset in (folder, relabeled):
        with pytest.raises(ValueError, match='on the fly.*PseudoLabelDataset'):
            start(dataset)
    runner = runner_stub(ann_file=str(tmp_path / 'gone.json'))
    with pytest.raises(ValueError, match=r'gone\.json'):
        hook.before_train(runner)


class Endless:
    """Stands for mmengine's iterator, whose class the hook takes again."""

    def __init__(self, dataloader):
        self.dataloader = dataloader


def test_nested_settings_of_the_dataloader_stay(tmp_path):
    """A change deep inside keeps its neighbours, lists are replaced."""
    init_default_scope('mmdet')
    images = write_images(tmp_path / 'images')
    labels = one_square((24, 32), [4, 6, 16, 12])
    path = write_json(tmp_path / 'labels.json', labels)
    loader = {
        'batch_size': 4,
        'num_workers': 0,
        'sampler': {'type': 'InfiniteSampler', 'shuffle': True},
        'dataset': {
            'type': 'MultiImageMixDataset',
            'dataset': {
                'type': 'mmcuts3d.PseudoLabelDataset',
                'ann_file': 'nowhere.json',
                'data_prefix': {'img': str(images)},
                'pipeline': [{'type': 'mmcuts3d.LoadImage'}],
                'serialize_data': False,
            },
            'pipeline': [],
        },
    }
    change = {
        'batch_size': 2,
        'dataset': {
            'pipeline': [{'type': 'mmcuts3d.AlphaBlend'}],
            'dataset': {'min_score': 0.5},
        },
    }
    loop = IterBasedTrainLoop.__new__(IterBasedTrainLoop)
    loop.dataloader_iterator = Endless(None)
    config = Config({'train_dataloader': loader})
    runner = SimpleNamespace(
        cfg=config,
        seed=0,
        train_loop=loop,
        train_dataloader=SimpleNamespace(
            dataset=PseudoLabelDataset.__new__(PseudoLabelDataset)
        ),
        build_dataloader=Runner.build_dataloader,
    )
    hook = SelfTrainingHook(
        [2], SETTINGS['dataloader'], tmp_path, train_dataloader=change
    )
    hook._train_on(runner, path)
    built = loop.dataloader
    assert loop.dataloader_iterator.dataloader is built
    assert built.batch_size == 2
    inner = built.dataset.dataset
    assert type(inner) is DATASETS.get('mmcuts3d.PseudoLabelDataset')
    assert inner.ann_file == str(path)
    assert inner.min_score == 0.5
    assert not inner.confidence.any
    assert inner.data_prefix == {'img': str(images)}
    assert len(built.dataset.pipeline) == 1
    assert config.train_dataloader.batch_size == 4  # the run's stays


def test_the_fingerprint_of_weights():
    one, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    other.load_state_dict(one.state_dict())
    assert weights_fingerprint(one) == weights_fingerprint(other)
    with torch.no_grad():
        other.bias[0] += 1e-7
    assert weights_fingerprint(one) != weights_fingerprint(other)
    half = torch.nn.BatchNorm2d(3).bfloat16()
    assert len(weights_fingerprint(half)) == 16
