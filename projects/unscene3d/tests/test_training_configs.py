"""The configs of self-training, and the commands that take them."""

import runpy
import sys

import pytest
from helpers import ROOT
from mmengine.config import Config

import mmcuts3d.registry  # noqa: F401
from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.registry import MODELS
from projects.unscene3d.tests.tiny_scenes import (
    batch_of,
    packed,
    tiny_scene,
    true_masks,
)
from projects.unscene3d.unscene3d.training import (
    read_scene_labels,
    write_scene_labels,
)

FOLDER = ROOT / 'projects' / 'unscene3d' / 'configs'
CONFIGS = [
    FOLDER / f'unscene3d_{name}.py' for name in ('scannet', 'room-demo')
]
TOOL = ROOT / 'projects' / 'unscene3d' / 'tools' / 'self_train.py'


def config_of(path):
    return Config.fromfile(path)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_config_is_that_of_a_training(path):
    config = config_of(path)
    check_purpose(config, path, 'train')
    config.model.backbone.engine = 'torch'
    scene, segments = tiny_scene(0)
    item = packed(scene, true_masks(scene, segments))
    if path.stem.endswith('scannet'):  # 40 million parameters: thinner here
        config.model.backbone.update(
            channels=[c // 8 for c in config.model.backbone.channels],
            up_channels=[c // 8 for c in config.model.backbone.up_channels],
        )
    model = MODELS.build(config.model)
    data = model.data_preprocessor(batch_of(item), True)
    losses = model(**data, mode='loss')
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    idle = [n for n, p in model.named_parameters() if p.grad is None]
    assert idle == []


def test_sizes_of_the_paper():
    config = config_of(CONFIGS[0])
    decoder = config.model.decoder
    assert (decoder.num_queries, decoder.channels) == (100, 128)
    assert decoder.num_layers == 3
    assert config.train_dataloader.batch_size == 8
    assert config.train_cfg.max_epochs == 600
    assert config.self_training.rounds == 4
    assert config.self_training.later.train_cfg.max_epochs == 50
    assert config.self_training.rule.max_new == 5


#: Of scenes of a thousand vertices.
SMALL = dict(
    segmenter=dict(min_vertices=20, smooth=0),
    cut=dict(min_nodes=1, min_size=1),
)


def tiny_config(folder, labeler=None):
    """The demo on tiny scenes, one epoch."""
    path = folder / 'tiny.py'
    labels = f'labeler = {labeler!r}'
    path.write_text(
        f"""
_base_ = {str(CONFIGS[1])!r}
custom_imports = dict(imports=[
    'projects.unscene3d.unscene3d', 'projects.unscene3d.tests.tiny_scenes'])
train_dataloader = dict(dataset=dict(
    scenes=dict(_delete_=True, type='mmcuts3d.TinyScenes', number=2),
    labels={str(folder / 'first')!r}))
train_cfg = dict(max_epochs=1)
param_scheduler = None
{labels}
self_training = dict(rounds=1, later=None)
"""
    )
    return path


@pytest.fixture
def run(monkeypatch):
    """Runs a command in this process: imports take most of its time."""

    def run_it(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [str(tool), *map(str, arguments)])
        runpy.run_path(str(tool), run_name='__main__')

    return run_it


def write_first(folder):
    for seed in range(2):
        scene, segments = tiny_scene(seed)
        write_scene_labels(
            folder / 'first', scene.name, true_masks(scene, segments)
        )


def test_the_command_of_the_core_trains(tmp_path, run):
    write_first(tmp_path)
    work = tmp_path / 'work'
    run(
        ROOT / 'tools' / 'train.py',
        tiny_config(tmp_path),
        '--work-dir',
        work,
    )
    assert (work / 'epoch_1.pth').is_file()


def test_the_command_of_the_project(tmp_path, run, capsys):
    config, work = tiny_config(tmp_path), tmp_path / 'work'
    with pytest.raises(SystemExit):
        run(TOOL, config, '--work-dir', work)
    (line,) = capsys.readouterr().err.splitlines()
    assert '2 of 2: tiny_0, tiny_1' in line
    write_first(tmp_path)
    with pytest.raises(SystemExit):
        run(TOOL, config, '--rounds', 0)
    assert 'at least 1' in capsys.readouterr().err
    run(TOOL, config, '--work-dir', work)
    table = capsys.readouterr().out
    assert 'covered' in table and str(work) in table
    assert (work / 'rounds.json').is_file()


def test_the_command_labels_first(tmp_path, run, capsys):
    """Scenes without pseudo-masks, by the labeler of the config."""
    config, work = tiny_config(tmp_path, SMALL), tmp_path / 'work'
    run(TOOL, config, '--work-dir', work)
    said = capsys.readouterr().out
    assert '2/2 tiny_1' in said and 'covered' in said
    assert read_scene_labels(tmp_path / 'first', 'tiny_0').masks.any()


@pytest.mark.parametrize(
    'path', sorted(FOLDER.glob('pseudo-masks*.py')), ids=lambda p: p.stem
)
def test_labelers_are_built(path):
    config = config_of(path)
    for one in config.labeler.features:
        if one.type == 'mmcuts3d.LiftedFeatures':
            assert one.features.weights == 'dino_vitb8'
            one.features.weights = None
            one.features.arch = 'tiny'
    labeler = MODELS.build(config.labeler)
    assert labeler.needs_frames == ('dino' in path.stem)
    if 'dino' in path.stem:  # the paper's values
        assert (labeler.cut.tau, labeler.cut.min_nodes) == (0.65, 8)
        assert labeler.segmenter.min_vertices == 50
        assert labeler.segmenter.k == 0.005
