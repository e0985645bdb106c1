"""Every setting of a labeler, its value, and where that comes from."""

import json

import pytest
from mmengine.registry import init_default_scope

from mmcuts3d.cli import main
from mmcuts3d.cli.settings import METHODS, stages_of, texts_of
from mmcuts3d.cuts import CutS3D, SemanticCut, preset
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.config_kinds import is_labeler
from mmcuts3d.files import config_names


def labelers():
    """By name: all configs whose model labels, and the place of it."""
    init_default_scope('mmdet')
    for name in config_names():
        config = load_config(name)
        labels = (config.get('train_cfg') or {}).get('labels')
        if labels:
            yield name, labels.model.to_dict()
        elif is_labeler(config.get('model') or {}):
            yield name, config.model.to_dict()


def test_every_labeler_is_explained():
    count = 0
    for _name, model in labelers():
        stages = {stage.name: stage for stage in stages_of(model, 'model')}
        assert 'model.cut' in stages or len(stages) > 1
        found = {
            setting.name: setting
            for stage in stages.values()
            for setting in stage.settings
        }
        for setting in found.values():
            assert setting.origin in ('config', 'preset', 'default')
        for path, value in leaves(model.get('cut') or {}, 'model.cut'):
            if path == 'model.cut.preset' or path in stages:
                continue
            assert found[path].origin == 'config'
            same = found[path].value
            assert (list(same) if isinstance(value, list) else same) == value
        count += 1
    assert count > 15


def leaves(settings, place):
    for name, value in settings.items():
        path = f'{place}.{name}'
        if isinstance(value, dict) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def test_presets_and_defaults_are_told_apart():
    model = {
        'type': 'mmcuts3d.CutS3DLabeler',
        'features': {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 4},
        'depth': {'type': 'mmcuts3d.FlatDepth'},
        'cut': {'preset': 'guarded', 'semantic': {'tau_ncut': 0.3}},
    }
    stages = stages_of(model, 'model')
    found = {s.name: s for stage in stages for s in stage.settings}
    assert found['model.cut.semantic.tau_ncut'].origin == 'config'
    assert found['model.cut.semantic.tau_ncut'].value == 0.3
    rule = found['model.cut.semantic.corner_rule']
    assert (rule.origin, rule.value) == ('preset', 'any_sign')
    assert preset('guarded')['semantic']['corner_rule'] == 'any_sign'
    assert found['model.cut.semantic.eps'].origin == 'default'
    assert found['model.features.patch_size'].origin == 'config'
    assert found['model.cut.local.creases'].value is None  # off
    kinds = {stage.name: stage.kind for stage in stages}
    assert kinds['model.features'] == 'ClassicalFeatures'
    assert kinds['model.cut.semantic'] == 'SemanticCut'


def test_texts_are_those_of_the_docstring():
    texts = texts_of(CutS3D)
    assert texts['num_instances'].startswith('N, steps per image.')
    assert 'supplement, Table 7' in texts['num_instances']
    assert 'Otsu' in texts_of(SemanticCut)['tau_ncut']
    assert set(METHODS) == {
        'CutS3DLabeler',
        'MaskCutLabeler',
        'VoteCutLabeler',
    }


def test_on_a_terminal(capsys):
    words = ['explain', 'cuts3d_classical_image-folder']
    change = ['--cfg-options', 'model.cut.semantic.tau_ncut=0.25']
    assert main([*words, *change]) == 0
    text = capsys.readouterr().out
    assert 'tau_ncut = 0.25  [config]' in text
    assert 'semantic: SemanticCut' in text
    assert max(map(len, text.splitlines()[1:])) <= 79
    assert main([*words, '--brief']) == 0
    assert len(capsys.readouterr().out) < len(text) / 2
    assert main([*words, '--json', *change]) == 0
    rows = {row['stage']: row for row in json.loads(capsys.readouterr().out)}
    value = rows['model.cut.semantic']['settings']
    assert value['model.cut.semantic.tau_ncut']['value'] == 0.25


def test_what_has_no_stages_is_told_so(capsys):
    assert main(['explain', 'solov2_r50_fpn_cuts3d_4xb1-160k_imagenet']) == 1
    assert 'Expected the config of a labeler' in capsys.readouterr().err
    with pytest.raises(ValueError, match='registered model'):
        stages_of(
            {
                'type': 'CutS3DLabeler',
                'features': {'type': 'mmcuts3d.NoSuchFeatures'},
            },
            'model',
        )
