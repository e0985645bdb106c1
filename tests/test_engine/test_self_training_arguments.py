"""Self-training with arguments that fit or not, without a run."""

from types import SimpleNamespace

import pytest
import torch
from helpers.labeling import CONFIG, BrightnessLabeler, write_images
from mmengine.config import Config
from mmengine.registry import DATASETS, MODELS, init_default_scope
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner

from mmcuts3d.engine.hooks import SelfTrainingHook
from mmcuts3d.engine.hooks.self_training_hook import weights_fingerprint
from mmcuts3d.engine.labeling import label_folder
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


def runner_stub(kind=IterBasedTrainLoop, max_iters=4, **dataset):
    loop = kind.__new__(kind)
    loop._max_iters, loop._iter = max_iters, 0
    dataset = SimpleNamespace(**dataset)
    return SimpleNamespace(
        train_loop=loop,
        iter=0,
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
    label_folder(model, loader, tmp_path / 'first', 'first', score_thr=0.9)
    first = tmp_path / 'first' / 'pseudo_labels.json'
    runner = runner_stub(ann_file=str(first))
    runner.model = model
    masks = []
    for score_thr in (0.8, 0.7):  # every mask has a score of 0.75
        hook = SelfTrainingHook([2], loader, tmp_path / 'rounds', score_thr)
        path = hook._make_labels(runner, 1)
        masks.append(len(read_labels(path)['annotations']))
    assert masks == [0, 6]


class Endless:
    """Stands for mmengine's iterator, whose class the hook takes again."""

    def __init__(self, dataloader):
        self.dataloader = dataloader


def test_nested_settings_of_the_dataloader_stay(tmp_path):
    """A change deep inside keeps its neighbours, lists are replaced."""
    init_default_scope('mmdet')
    images = write_images(tmp_path / 'images')
    labels = {
        'images': [
            {'id': 1, 'file_name': '0.png', 'height': 24, 'width': 32},
        ],
        'annotations': [
            {
                'id': 1,
                'image_id': 1,
                'category_id': 1,
                'bbox': [4, 6, 16, 12],
                'area': 192,
                'iscrowd': 0,
                'segmentation': [[4, 6, 20, 6, 20, 18, 4, 18]],
            }
        ],
        'categories': [{'id': 1, 'name': 'object'}],
    }
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
                'pipeline': [{'type': 'mmcuts3d.LoadPhotograph'}],
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
