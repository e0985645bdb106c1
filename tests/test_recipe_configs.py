"""The paper's recipe as configs: numbers of its tables, and what follows."""

import pytest
from helpers import ROOT
from mmengine.config import Config

import mmcuts3d.registry  # noqa: F401

FOLDER = ROOT / 'configs' / 'cuts3d'
NAME = 'cascade-mask-rcnn_r50_fpn_cuts3d'
#: By what the name ends with: iterations, rate, weight decay, batch, least
#: ratio of copy-paste (supplement, Tables 8 and 9, E.2, E.3; CutLER).
TABLES = {
    '_4xb1-160k_imagenet': (160_000, 1e-2, 5e-5, 4, 0.3),
    '_8xb1-160k-no-confidence_imagenet': (160_000, 1e-2, 5e-5, 8, 0.3),
    '-self-train-r1_8xb1-80k_imagenet': (80_000, 5e-3, 1e-4, 8, 0.5),
    '-self-train-r2_8xb1-80k_imagenet': (80_000, 5e-3, 1e-4, 8, 0.5),
    '-self-train-r3_8xb1-80k_imagenet': (80_000, 5e-3, 1e-4, 8, 0.5),
    '-self-train_8xb1-14k_coco': (14_000, 5e-3, 1e-4, 8, 0.5),
    '-3rounds_4xb1-400k_imagenet': (400_000, 1e-2, 5e-5, 4, 0.3),
}
STEMS = [
    NAME + kind + ending for kind in ('', '-diffncuts') for ending in TABLES
]
ALL = [*STEMS, 'cascade-mask-rcnn-cutler_r50_fpn_cuts3d_4xb1-160k_imagenet']


def load(stem):
    return Config.fromfile(FOLDER / f'{stem}.py')


def dataset_of(config):
    return config.train_dataloader.dataset.dataset


def test_every_training_on_imagenet_and_coco_is_here():
    found = {path.stem for path in FOLDER.glob('*_r50_fpn_*.py')}
    assert found == set(ALL)


@pytest.mark.parametrize('stem', ALL)
def test_numbers_are_those_of_the_tables(stem):
    config = load(stem)
    ending = next(end for end in TABLES if stem.endswith(end))
    iterations, rate, decay, batch, ratio = TABLES[ending]
    assert config.train_cfg.max_iters == iterations
    assert config.optim_wrapper.optimizer == {
        'type': 'SGD',
        'lr': rate,
        'momentum': 0.9,
        'weight_decay': decay,
    }
    gpus = int(stem.rpartition('xb1')[0][-1])
    assert config.train_dataloader.batch_size * gpus == batch
    if config.get('auto_scale_lr') is not None:
        assert config.auto_scale_lr.base_batch_size == batch
    assert config.param_scheduler[0].end == 1000
    paste = config.train_dataloader.dataset.pipeline[0]
    assert (paste.min_ratio, paste.max_ratio) == (ratio, 1.0)
    without = 'no-confidence' in stem or '-self-train' in stem
    assert dataset_of(config).get('confidence', True) is not without


@pytest.mark.parametrize('stem', ALL)
def test_optimisation_is_cutlers(stem):
    """AMP, clipping by parameter, no decay of norms, SyncBN, PreciseBN."""
    config = load(stem)
    wrapper = config.optim_wrapper
    assert wrapper.type == 'mmcuts3d.ParameterwiseClipAmpOptimWrapper'
    assert wrapper.clip_grad == {'max_norm': 1.0, 'norm_type': 2}
    assert wrapper.paramwise_cfg == {'norm_decay_mult': 0.0}
    assert config.sync_bn == 'torch'
    hooks = {hook.type: hook for hook in config.custom_hooks}
    assert hooks['mmcuts3d.PreciseBNHook'].num_batches == 200
    assert ('mmcuts3d.SelfTrainingHook' in hooks) == ('3rounds' in stem)


@pytest.mark.parametrize('stem', ALL)
def test_drop_loss_is_of_the_first_training_alone(stem):
    config = load(stem)
    heads = {head.type for head in config.model.roi_head.bbox_head}
    first = '-self-train' not in stem
    assert heads == {
        'mmcuts3d.DropLossBBoxHead' if first else 'mmdet.Shared2FCBBoxHead'
    }
    assert config.model.train_cfg.rpn_proposal.max_per_img == (
        4000 if first else 1000
    )


@pytest.mark.parametrize('stem', [s for s in STEMS if 'self-train' in s])
def test_weights_are_those_of_the_training_before(stem):
    """A config of this folder, of the same labels, at its end."""
    folder, before, file = load(stem).load_from.split('/')
    assert (folder, before in STEMS) == ('work_dirs', True)
    assert file == f'iter_{load(before).train_cfg.max_iters}.pth'
    assert ('diffncuts' in before) == ('diffncuts' in stem)
    if '80k' in stem:
        number = int(stem.partition('-r')[2].partition('-r')[2][0])
        ends = '_4xb1-160k_imagenet', '-r1_', '-r2_'
        assert ends[number - 1] in before


def test_labels_of_two_features_do_not_meet():
    """Every config of DiffNCuts reads, and writes, files of its own."""
    for stem in STEMS:
        config = load(stem)
        files = [dataset_of(config).ann_file]
        files += [
            hook.out_dir for hook in config.custom_hooks if 'out_dir' in hook
        ]
        for file in files:
            assert ('cuts3d-diffncuts' in file) == ('diffncuts' in stem), stem
    images = {'coco': 'train2017/', 'imagenet': 'train/'}
    for stem in STEMS:
        dataset = dataset_of(load(stem))
        place = stem.rpartition('_')[2]
        assert dataset.data_root == f'data/{place}/'
        assert dataset.data_prefix.img == images[place]


@pytest.mark.parametrize('ending', TABLES)
def test_labels_are_all_that_differs_by_features(ending):
    configs = [load(NAME + kind + ending) for kind in ('', '-diffncuts')]
    for config in configs:
        dataset_of(config).ann_file = ''
        config.load_from = ''
        for hook in config.custom_hooks:
            hook.pop('out_dir', None)
    assert configs[0].to_dict() == configs[1].to_dict()


def test_the_head_names_the_labels_of_the_config():
    for stem in ALL:
        text = (FOLDER / f'{stem}.py').read_text('utf-8')
        head = text[: text.index('_base_')]
        words = dataset_of(load(stem)).ann_file.rpartition('/')[2]
        assert 'labels' in head.lower()
        if 'generate_pseudo_labels.py' in head and '-self-train-r' not in stem:
            assert words in head, stem
