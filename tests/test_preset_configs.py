"""Configs name presets; the table of differences from the paper is whole."""

from dataclasses import fields, is_dataclass
from typing import get_args

import pytest
from helpers import ROOT
from mmengine.config import Config

import mmcuts3d.registry  # noqa: F401  before mmengine reads a config
from mmcuts3d.cuts import PRESETS, CutS3D, Preset, preset

FOLDER = ROOT / 'configs'
REFERENCE = FOLDER / 'cuts3d' / 'cuts3d_classical_rgbd-scenes.py'
#: `touching` is the preset of the plain labeling configs.
NAMES = [name for name in get_args(Preset) if name != 'touching']
ON_IMAGENET = sorted((FOLDER / 'cuts3d').glob('cuts3d_*imagenet.py'))
COLUMNS = list(get_args(Preset))
#: Parts that can be None, and their settings.
OPTIONAL = {
    'local.creases': ('weight', 'sigma', 'noise'),
    'local.trust': ('noise',),
    'local.colours': ('weight', 'where'),
    'semantic.sharpening': ('beta', 'sigma', 'pair_rule'),
}


def load(path):
    return Config.fromfile(path).to_dict()


def path_of(name):
    return FOLDER / 'ablations' / f'cuts3d-{name}_classical_rgbd-scenes.py'


def settings_of(cut):
    """Every setting of a method by its dotted name."""
    found = {}

    def visit(prefix, value):
        if is_dataclass(value):
            for field in fields(value):
                visit(f'{prefix}.{field.name}', getattr(value, field.name))
        else:
            found[prefix.lstrip('.')] = value

    for name, value in vars(cut).items():
        visit(name, value)
    return found


def built(config):
    arguments = dict(config['model']['cut'])
    return CutS3D.from_preset(arguments.pop('preset'), **arguments)


@pytest.mark.parametrize('name', NAMES)
def test_config_names_its_preset(name):
    config, reference = load(path_of(name)), load(REFERENCE)
    assert config['model'].pop('cut') == {'preset': name}
    assert reference['model'].pop('cut') == {'preset': 'touching'}
    assert config == reference


def test_every_preset_has_a_config():
    files = {path.name for path in (FOLDER / 'ablations').glob('*.py')}
    assert files == {path_of(name).name for name in NAMES}


def test_there_are_two_configs_of_the_recipe():
    assert len(ON_IMAGENET) == 2


@pytest.mark.parametrize('path', ON_IMAGENET, ids=lambda path: path.stem)
def test_recipe_is_the_paper(path):
    assert settings_of(built(load(path))) == settings_of(CutS3D())


def table():
    """Rows of the README: name of the setting, one cell a preset."""
    text = (FOLDER / 'ablations' / 'README.md').read_text('utf-8')
    rows = {}
    for line in text[text.index('## What differs') :].splitlines():
        cells = [cell.strip(' *`') for cell in line.split('|')[1:-1]]
        if line.startswith('| `') and len(cells) == len(COLUMNS) + 2:
            assert cells[-1], f'{cells[0]}: not a word on what it does'
            rows[cells[0]] = cells[1:-1]
    return rows


def test_the_table_of_differences_is_right_and_whole():
    by_preset = [settings_of(CutS3D.from_preset(name)) for name in COLUMNS]
    by_preset = [grouped(settings) for settings in by_preset]
    names = {name for settings in by_preset for name in settings}
    rows = table()
    for name in sorted(names):
        values = [str(settings[name]) for settings in by_preset]
        if len(set(values)) == 1:
            assert name not in rows
            continue
        expected, last = [], None
        for value in values:
            expected.append('' if value == last else value)
            last = value
        assert [cell.strip('*') for cell in rows[name]] == [
            short(value) for value in expected
        ], name
    assert set(rows) <= names


def grouped(settings):
    """The settings of an optional part as one value, None where it is none."""
    result = dict(settings)
    for part, names in OPTIONAL.items():
        values = [result.pop(f'{part}.{name}', None) for name in names]
        if None not in values:
            result[part] = ', '.join(
                f'{name} {value:g}'
                if isinstance(value, float)
                else f'{name} {value}'
                for name, value in zip(names, values, strict=True)
            )
    return result


def short(value):
    return {'0.0': '0', '1.0': '1'}.get(value, value)


def test_presets_build_on_each_other():
    assert preset('paper') == {} and set(PRESETS) == set(COLUMNS)
    touching = preset('touching', local={'creases': None, 'outside': 'push'})
    assert settings_of(CutS3D(**touching)) == settings_of(
        CutS3D.from_preset('guarded')
    )
