"""tools/train.py on every config: it starts, or says in a sentence why not."""

import runpy

import pytest
import torch
from helpers import ROOT
from mmengine.config import Config

from mmcuts3d.engine.config_data import check_training

CONFIGS = ROOT / 'configs'
NAME = 'cascade-mask-rcnn_r50_fpn_cuts3d'
FILES = sorted(
    path
    for folder in ('cuts3d', 'evaluation')
    for path in (CONFIGS / folder).glob('*.py')
)
FIRST = CONFIGS / 'cuts3d' / f'{NAME}_4xb1-160k_imagenet.py'
ROUND = CONFIGS / 'cuts3d' / f'{NAME}-self-train-r1_8xb1-80k_imagenet.py'
DEMO = '1xb2-demo_rgbd-scenes'
FULL_PRECISION = 'mmcuts3d.ParameterwiseClipOptimWrapper'


@pytest.fixture
def train(tmp_path, monkeypatch, capsys):
    """What the command says in an empty folder before anything is built."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')

    def run(path, *words):
        tool = str(ROOT / 'tools' / 'train.py')
        monkeypatch.setattr('sys.argv', [tool, str(path), *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(tool, run_name='__main__')
        assert stop.value.code == 1
        return capsys.readouterr().err.removesuffix('\n')

    return run


def touch(*names):
    for name in names:
        name.parent.mkdir(parents=True, exist_ok=True)
        name.touch()


@pytest.mark.parametrize(
    'path',
    [path for path in FILES if DEMO not in path.stem],
    ids=lambda path: path.stem,
)
def test_what_is_not_here_is_said_in_a_sentence(train, path):
    words = train(path)
    assert words.startswith(str(path)) and '\n' not in words
    config = Config.fromfile(path)
    if config.get('train_dataloader') is None:
        assert 'python tools/test.py' in words
        return
    dataset = config.train_dataloader.dataset.dataset
    assert f'the labels {dataset.data_root}{dataset.ann_file}' in words
    for tool in ('generate_pseudo_labels.py', 'merge_rounds.py'):
        assert f'tools/{tool}' in words


def test_the_demo_needs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (path,) = (path for path in FILES if DEMO in path.stem)
    check_training(Config.fromfile(path), path)


def test_weights_before_are_named_with_their_command(train, tmp_path):
    labels = tmp_path / 'data/imagenet/annotations/cuts3d_self_training_r1'
    touch(labels / 'manifest.json')
    words = train(ROUND)
    assert f'work_dirs/{FIRST.stem}/iter_160000.pth, which' in words
    assert f'`python tools/train.py {FIRST}` makes them' in words
    words = train(ROUND, '--resume', 'other.pth')
    assert 'the weights other.pth' in words and '--resume' in words
    words = train(ROUND, '--cfg-options', 'load_from=mine/a.pth')
    assert 'the weights mine/a.pth' in words
    assert 'tools/train.py ' not in words
    for option in ('load_from=https://host/a.pth', 'load_from=None'):
        assert 'weights' not in train(ROUND, '--cfg-options', option)


def test_ground_truth_is_named(train, tmp_path):
    touch(tmp_path / 'data/imagenet/annotations/cuts3d_pseudo_labels')
    words = train(FIRST)
    assert 'data/coco/annotations/instances_val2017.json' in words
    assert 'docs/datasets.md' in words
    without = [
        f'val_{part}=None' for part in ('cfg', 'dataloader', 'evaluator')
    ]
    assert all(option in words for option in without)
    config = Config.fromfile(FIRST)
    config.optim_wrapper.type = FULL_PRECISION
    config.merge_from_dict(dict.fromkeys(_keys(without)))
    check_training(config, FIRST)


def _keys(options):
    return [option.partition('=')[0] for option in options]


@pytest.mark.skipif(torch.cuda.is_available(), reason='for a CPU')
def test_mixed_precision_without_a_gpu_is_named(tmp_path, monkeypatch, train):
    touch(
        tmp_path / 'data/imagenet/annotations/cuts3d_pseudo_labels',
        tmp_path / 'data/coco/annotations/instances_val2017.json',
    )
    words = train(FIRST)
    assert f'optim_wrapper.type={FULL_PRECISION}' in words
    config = Config.fromfile(FIRST)
    config.optim_wrapper.type = FULL_PRECISION
    check_training(config, FIRST)


def test_labels_elsewhere_are_not_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Config.fromfile(FIRST)
    config.optim_wrapper.type = FULL_PRECISION
    touch(tmp_path / 'data/coco/annotations/instances_val2017.json')
    with pytest.raises(ValueError, match='trains on the labels data/imagenet'):
        check_training(config, FIRST)
    dataset = config.train_dataloader.dataset.dataset
    dataset.data_root = 's3://bucket/imagenet/'
    check_training(config, FIRST)
    dataset.data_root = 'data/imagenet/'
    config.train_cfg.labels = {'out_dir': 'made/in/the/run'}
    check_training(config, FIRST)
