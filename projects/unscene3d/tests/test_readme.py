"""What the README names is there, and its commands are understood."""

import re
import runpy
import shlex

import pytest
from helpers import ROOT

from mmcuts3d.engine.config import load_config

PROJECT = ROOT / 'projects' / 'unscene3d'
TEXT = (PROJECT / 'README.md').read_text('utf-8')
COMMANDS = re.findall(
    r'^ +python (projects/\S+\.py.*)$', TEXT.replace('\\\n', ' '), re.M
)


def test_links():
    for target in re.findall(r'\]\((?!http)([^)#]+)\)', TEXT):
        assert (PROJECT / target).exists(), target


def test_paths():
    for name in re.findall(r'`(\w+/|\w+\.py)`', TEXT):
        inside = PROJECT / 'unscene3d' / name
        folders = (PROJECT, PROJECT / 'tools', PROJECT / 'benchmarks')
        places = (inside, *(folder / name for folder in folders))
        assert any(place.exists() for place in places), name


def test_there_are_commands():
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_are_understood(command, monkeypatch):
    file, *words = shlex.split(command)
    tool = runpy.run_path(str(ROOT / file))
    if 'self_train' in file:
        monkeypatch.setattr('sys.argv', [file, *words])
        args = tool['parse_args']()
    else:
        args = tool['parse_args'](words)
    if args.config != 'projects/unscene3d/configs/CONFIG.py':
        assert load_config(ROOT / args.config).get('labeler')


def test_settings_that_are_named_exist():
    config = load_config(PROJECT / 'configs' / 'pseudo-masks_geometry.py')
    named = re.findall(r'`?(?:--cfg-options )?(labeler\.[\w.]+)=', TEXT)
    assert len(named) >= 4
    from mmcuts3d.registry import MODELS

    labeler = MODELS.build(config.labeler)
    for name in named:
        part = labeler
        for step in name.split('.')[1:]:
            assert hasattr(part, step), name
            part = getattr(part, step)
