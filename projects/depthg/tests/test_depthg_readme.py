"""What the README names is there, and its commands are understood."""

import re
import runpy
import shlex

import pytest
from helpers import ROOT

from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import MODELS, TASK_UTILS

PROJECT = ROOT / 'projects' / 'depthg'
TEXT = (PROJECT / 'README.md').read_text('utf-8')
COMMANDS = re.findall(
    r'^ +python ((?:projects|tools)/\S+\.py.*)$',
    TEXT.replace('\\\n', ' '),
    re.M,
)


def test_links():
    for target in re.findall(r'\]\((?!http)([^)#]+)\)', TEXT):
        assert (PROJECT / target).exists(), target


def test_nothing_is_left_open():
    assert '@@' not in TEXT


def test_paths():
    for name in re.findall(r'`([\w/]+/|[\w/-]+\.py)`', TEXT):
        places = (
            PROJECT / 'depthg' / name,
            PROJECT / name,
            *(
                PROJECT / folder / name
                for folder in ('tools', 'configs', 'benchmarks')
            ),
        )
        assert any(place.exists() for place in places), name


def test_every_training_config_is_listed():
    names = {path.name for path in (PROJECT / 'configs').glob('*.py')}
    assert {name for name in names if name not in TEXT} <= {
        'depthg_classical_folder.py',  # the default of segment_folder.py
        'depthg_oracle_scenes.py',  # of the demo
    }


def test_there_are_commands():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_are_understood(command, monkeypatch):
    file, *words = shlex.split(command)
    tool = runpy.run_path(str(ROOT / file))
    if file.startswith('tools/'):
        monkeypatch.setattr('sys.argv', [file, *words])
        args = tool['parse_args']()
    else:
        args = tool['parse_args'](words)
    if hasattr(args, 'config'):
        assert load_config(ROOT / args.config).get('model')


def test_settings_that_are_named_exist():
    config = load_config(PROJECT / 'configs' / 'depthg_oracle_scenes.py')
    model = MODELS.build(config.model)
    sampling = TASK_UTILS.build(dict(type='mmcuts3d.FarthestPlaces'))
    parts = {
        'loss': model.loss_module,
        'sampling': sampling,
        'guidance': model.guidance,
    }
    named = re.findall(r'`(?:model\.)?(loss|sampling|guidance)\.(\w+)', TEXT)
    assert len(named) >= 7
    for part, name in named:
        known = hasattr(parts[part], name)
        assert known or (part, name) == ('sampling', 'variant'), name
