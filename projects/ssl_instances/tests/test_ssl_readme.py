"""What the README names is there, and its commands are understood."""

import re
import runpy
import shlex

import pytest
from helpers import ROOT

from mmcuts3d.models.features import BACKBONES
from projects.ssl_instances.ssl_instances.backbones import (
    find_source,
    source_names,
)

PROJECT = ROOT / 'projects' / 'ssl_instances'
TEXT = (PROJECT / 'README.md').read_text('utf-8')
COMMANDS = re.findall(
    r'^ +python (projects/\S+\.py.*)$', TEXT.replace('\\\n', ' '), re.M
)


def test_links():
    for target in re.findall(r'\]\((?!http)([^)#]+)\)', TEXT):
        assert (PROJECT / target).exists(), target


def test_paths():
    for name in re.findall(r'`(\w+/|\w+\.py)`', TEXT):
        folders = (PROJECT, PROJECT / 'ssl_instances', PROJECT / 'tools')
        folders += (PROJECT / 'benchmarks',)
        assert any((folder / name).exists() for folder in folders), name


def test_there_are_commands():
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_are_understood(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'features_mobilenetv2').mkdir()
    file, *words = shlex.split(command)
    args = runpy.run_path(str(ROOT / file))['parse_args'](words)
    for name in getattr(args, 'features', None) or ():
        find_source(name)


def test_options_that_are_named_exist():
    """Of `compare_features.py`; others stand in sections of their own."""
    start = TEXT.index('## Compare features')
    part = TEXT[start : TEXT.index('## Feature sources')]
    named = set(re.findall(r'`--([\w-]+)', part))
    assert len(named) >= 10
    source = (PROJECT / 'tools' / 'compare_features.py').read_text('utf-8')
    for option in named:
        assert f"'--{option}'" in source, option


def test_the_table_has_every_source():
    rows = {}
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.split('|')[1:-1]]
        if len(cells) == 4 and cells[0].startswith('`'):
            for name in re.findall(r'`([\w:-]+)`', cells[0]):
                rows[name] = cells
    assert set(rows) == set(source_names())
    for name, backbone in BACKBONES.items():
        first, kind, registers, licence = rows[name]
        assert kind == backbone.kind
        assert int(registers) == backbone.registers
        assert licence == backbone.licence.partition(':')[0]
        assert ('(supervised)' in first) == backbone.supervised
