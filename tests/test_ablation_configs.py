"""Configs of readings hold the readings; those of the paper its method."""

import inspect
from types import MappingProxyType

import pytest
from helpers import ROOT
from mmengine.config import Config

import mmcuts3d.registry  # noqa: F401  before mmengine reads a config
from mmcuts3d.cuts import CutS3D, readings

FOLDER = ROOT / 'configs'
REFERENCE = FOLDER / 'cuts3d' / 'cuts3d_classical_rgbd-scenes.py'
READINGS = {
    'paper': readings.PAPER_READING,
    'published': readings.PUBLISHED,
    'adaptive': readings.ADAPTIVE,
}
ON_IMAGENET = sorted((FOLDER / 'cuts3d').glob('cuts3d_*imagenet.py'))
DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(CutS3D).parameters.items()
}


def load(path):
    return Config.fromfile(path).to_dict()


def path_of(name):
    return FOLDER / 'ablations' / f'cuts3d-{name}_classical_rgbd-scenes.py'


@pytest.mark.parametrize('name', READINGS)
def test_config_holds_its_reading(name):
    assert load(path_of(name))['model']['cut'] == dict(READINGS[name])


@pytest.mark.parametrize('name', READINGS)
def test_method_takes_the_reading(name):
    cut = CutS3D(**load(path_of(name))['model']['cut'])
    for key, value in READINGS[name].items():
        place = cut if hasattr(cut, key) else cut.local_cut
        assert getattr(place, key) == value


@pytest.mark.parametrize('name', READINGS)
def test_only_the_cut_is_another(name):
    config, reference = load(path_of(name)), load(REFERENCE)
    del config['model']['cut']
    reference['model'].pop('cut', None)
    assert config == reference


def test_every_reading_has_a_config():
    constants = [
        value
        for key, value in vars(readings).items()
        if key.isupper() and isinstance(value, MappingProxyType)
    ]
    assert len(constants) == len(READINGS)
    assert all(
        any(value is reading for reading in READINGS.values())
        for value in constants
    )
    files = {path.name for path in (FOLDER / 'ablations').glob('*.py')}
    assert files == {path_of(name).name for name in READINGS}


def test_there_are_two_configs_of_the_recipe():
    assert len(ON_IMAGENET) == 2


@pytest.mark.parametrize('path', ON_IMAGENET, ids=lambda path: path.stem)
def test_recipe_is_the_published_method(path):
    cut = {**DEFAULTS, **load(path)['model']['cut']}
    assert {key: cut[key] for key in readings.PUBLISHED} == dict(
        readings.PUBLISHED
    )
