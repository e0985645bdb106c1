"""A config of the user's own, two lines long, on each that is shipped."""

import functools
import importlib.util
import inspect
import re

import mmdet.registry  # noqa: F401
import mmengine.registry
import pytest
from helpers import ROOT
from mmengine.config import Config
from mmengine.runner import Runner

import mmcuts3d.registry  # noqa: F401
from mmcuts3d.engine.config import load_config
from mmcuts3d.labels import read_labels

FOLDER = ROOT / 'configs'
CONFIGS = sorted(
    p for p in FOLDER.rglob('*.py') if not {'_base_', 'rows'} & set(p.parts)
)
RECIPE = (
    FOLDER
    / 'cuts3d'
    / 'cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-demo_rgbd-scenes.py'
)
#: Where mmengine looks for the types of configs.
REGISTRIES = [name for name in mmengine.registry.__all__ if name.isupper()]
#: Names that a runner reads (`vis_backends` is mmdet's), and our settings.
READ = {*inspect.signature(Runner.__init__).parameters}
READ |= {'sync_bn', 'vis_backends'}
FOLLOWED = {'data_root', 'labels_dir', 'max_iters', 'first_round'}
#: Of a scale of ablations: read by tools/ablations.py, or of its base.
OF_SCALES = {'without_confidence', 'labeling', 'variants'}
#: What mmengine puts for `{{_base_.x}}`, and what it takes from outside.
PLACEHOLDER = re.compile(r'_[a-z]\w*_[0-9a-f]{6}|\{\{|\}\}')


def strings(node):
    """Every string below ``node``, keys included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from strings(value)


def inherit(path, tmp_path, *lines):
    """A config on another, named by its path or by `mmcuts3d::`."""
    mine = tmp_path / 'mine.py'
    mine.write_text('\n'.join([f'_base_ = {str(path)!r}', *lines, '']))
    return mine


each_config = pytest.mark.parametrize(
    'path', CONFIGS, ids=lambda p: p.relative_to(FOLDER).as_posix()
)


@functools.cache
def shipped(path):
    """A shipped config, to be read only."""
    return Config.fromfile(path)


@each_config
def test_inherited_is_the_same(path, tmp_path):
    config = shipped(path)
    direct = config.to_dict()
    inherited = load_config(inherit(path, tmp_path))
    assert inherited.to_dict() == direct
    assert [s for s in strings(direct) if PLACEHOLDER.search(s)] == []
    # A name at the top is one that a runner reads, or one that is followed.
    names = set(config) - READ
    if path.parent.name == 'scales':
        names -= OF_SCALES
    assert names <= FOLLOWED
    for name in names:
        assert f'$MMCUTS3D_{name.upper()}:' in config.text


def types(node, scope=None):
    """(scope, name) of all types; the scope is that of mmengine's bases."""
    if isinstance(node, dict):
        scope = node.get('_scope_') or scope
        for key, value in node.items():
            if isinstance(value, str) and key.endswith('type'):
                yield scope, value
            else:
                yield from types(value, scope)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from types(value, scope)


def found_in(scope, name):
    """{registry: what the name means there}, in a scope."""
    found = {}
    for key in REGISTRIES:
        registry = getattr(mmengine.registry, key)
        with registry.switch_scope_and_registry(scope) as one:
            found[key] = one.get(name)
    return found


@each_config
def test_types_mean_the_same_below_a_base_by_name(path):
    """mmengine reads bases named ``mmcuts3d::`` in our scope, not mmdet's."""
    names = {
        name
        for scope, name in types(shipped(path).to_dict())
        if scope is None and '.' not in name
    }
    changed = {
        name
        for name in names
        if found_in('mmdet', name) != found_in('mmcuts3d', name)
    }
    assert not changed, 'write mmdet. before these types'


@pytest.mark.parametrize('name', REGISTRIES)
def test_every_registry_knows_our_scope(name):
    registry = getattr(mmengine.registry, name)
    with registry.switch_scope_and_registry('mmcuts3d') as one:
        assert (one.name, one.scope) == (registry.name, 'mmcuts3d')


def test_placeholder_is_recognised(tmp_path):
    """The fault itself: part of a string is made of a base's variable."""
    base = tmp_path / 'base.py'
    base.write_text("root = 'data/'\n")
    mine = inherit(base, tmp_path, "folder = {{_base_.root}} + 'train'")
    assert PLACEHOLDER.search(Config.fromfile(mine).folder)


@pytest.mark.parametrize('by', ['inheritance', 'options', 'environment'])
def test_settings_are_followed(by, tmp_path, monkeypatch):
    values = {'max_iters': 8, 'data_root': 'my data', 'labels_dir': 'out'}
    if by == 'inheritance':
        lines = [f'{name} = {value!r}' for name, value in values.items()]
        config = load_config(inherit(RECIPE, tmp_path, *lines))
    elif by == 'options':
        config = load_config(RECIPE, values)
    else:
        for name, value in values.items():
            monkeypatch.setenv(f'MMCUTS3D_{name.upper()}', str(value))
        config = Config.fromfile(RECIPE)
    assert config.train_cfg.max_iters == 8
    assert config.custom_hooks[0].begins == [4]
    assert config.train_cfg.val_interval == config.first_round == 4
    labels = config.train_cfg.labels
    assert labels.model.depth.root == 'my data/train/depth'
    assert labels.dataloader.dataset.data_root == 'my data/train'
    assert config.custom_hooks[0].dataloader == labels.dataloader
    assert labels.out_dir == 'out'
    dataset = config.train_dataloader.dataset.dataset
    assert dataset.ann_file == 'out/pseudo_labels.json'
    assert dataset.data_prefix.img == 'my data/train/color'
    assert config.val_evaluator.ann_file == 'my data/val/instances.json'
    text = config.pretty_text
    assert 'data/rgbd_scenes' not in text
    assert 'rgbd_scenes_labels' not in text


def test_settings_of_labelers_are_followed():
    path = FOLDER / 'cuts3d' / 'cuts3d_classical_image-folder.py'
    config = load_config(path, {'data_root': '/mine'})
    assert config.test_dataloader.dataset.data_root == '/mine'
    assert config.model.depth.root == '/mine/depth'


def test_first_round_is_a_setting_of_its_own(tmp_path):
    config = load_config(RECIPE, {'max_iters': 10, 'first_round': 2})
    assert config.custom_hooks[0].begins == [2]
    assert load_config(RECIPE).custom_hooks[0].begins == [300]
    long = load_config(RECIPE, {'max_iters': 1000})
    assert long.custom_hooks[0].begins == [300]


def test_options_are_stronger_than_what_follows():
    config = load_config(RECIPE, {'max_iters': 8, 'train_cfg.val_interval': 5})
    assert config.train_cfg.val_interval == 5


@pytest.mark.parametrize(
    'options,words',
    [
        ({'max_iters': 'many'}, r'`max_iters` to be a whole number.*many'),
        ({'max_iters': 2.5}, r'`max_iters` to be a whole number.*2\.5'),
        ({'data_root': 2024}, r'`data_root` to be text.*2024'),
        ({'labels_dir': "a'b"}, r'`labels_dir` to be text without quotes'),
    ],
)
def test_settings_of_another_kind_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        load_config(RECIPE, options)


def test_inherited_recipe_trains_and_resumes(tmp_path, monkeypatch):
    """By the command, from an empty folder, then one iteration more.

    The base is named as the package has it.
    """
    base = f'mmcuts3d::{RECIPE.relative_to(FOLDER).as_posix()}'
    spec = importlib.util.spec_from_file_location(
        'tool_train', ROOT / 'tools' / 'train.py'
    )
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    small = {
        'train_cfg.labels.dataloader': 3,
        'custom_hooks.0.dataloader': 3,
        'val_dataloader': 1,
        'test_dataloader': 1,
    }
    options = [
        word
        for key, number in small.items()
        for word in (
            f'{key}.dataset.num_scenes={number}',
            f'{key}.dataset.size=(96,96)',
        )
    ]

    def run(length, *words):
        mine = inherit(base, tmp_path, f'max_iters = {length}')
        command = [str(mine), *words, '--cfg-options', *options]
        monkeypatch.setattr('sys.argv', ['train.py', *command])
        train.main()

    options += ['data_root=scenes', 'labels_dir=labels', 'first_round=1']
    run(1 + 1)
    labels = tmp_path / 'labels' / 'pseudo_labels.json'
    made = read_labels(labels)
    assert (tmp_path / 'scenes' / 'train' / 'color').is_dir()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith('_')]
    last = tmp_path / 'work_dirs' / 'mine' / 'last_checkpoint'
    assert last.read_text().endswith('iter_2.pth')
    run(3, '--resume')
    assert last.read_text().endswith('iter_3.pth')
    assert read_labels(labels)['annotations'] == made['annotations']
