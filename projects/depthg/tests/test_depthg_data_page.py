"""What docs/data.md names is there, and its commands are understood."""

import re
import runpy
import shlex

import pytest
from helpers import ROOT

from mmcuts3d.engine.config import load_config
from projects.depthg.depthg.data import ClassList, SegFolder
from projects.depthg.tests.tiny_folder import write_folder

PROJECT = ROOT / 'projects' / 'depthg'
TEXT = (PROJECT / 'docs' / 'data.md').read_text('utf-8')
COMMANDS = re.findall(r'^ +python (projects/\S+\.py.*)$', TEXT, re.M)


def test_links():
    for target in re.findall(r'\]\((?!http)([^)#]+)\)', TEXT):
        assert (PROJECT / 'docs' / target).exists(), target
    for tool in re.findall(r'`(projects/\S+\.py)`', TEXT):
        assert (ROOT / tool).is_file(), tool


def test_there_are_commands():
    assert len(COMMANDS) == 6


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_are_understood(command):
    file, *words = shlex.split(command)
    args = runpy.run_path(str(ROOT / file))['parse_args'](words)
    config = getattr(args, 'config', None)
    if config is not None:
        dataset = load_config(ROOT / config).train_dataloader.dataset
        assert dataset.type == 'mmcuts3d.PairedImages'


def test_roots_are_those_of_the_configs():
    for command in COMMANDS[:4]:
        _, name, _, root = shlex.split(command)
        found = list((PROJECT / 'configs').glob(f'depthg_*_{name}.py'))
        assert found, name
        for config in found:
            assert load_config(config).val_dataloader.dataset.data_root == root


def test_the_settings_of_depth_are_taken(tmp_path):
    import ast

    write_folder(tmp_path, number=1)
    text = re.search(r'`depth=dict\(([^)]*)\)`', TEXT.replace('\n', ' '))[1]
    call = ast.parse(f'dict({text})', mode='eval').body
    depth = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    SegFolder(
        str(tmp_path),
        dict(img_path='images', depth_path='depth'),
        depth=depth,
        pipeline=[],
    )


def test_the_classes_are_taken(tmp_path):
    path = tmp_path / 'classes.json'
    path.write_text(re.search(r'^ +(\{"classes".*\})$', TEXT, re.M)[1])
    assert ClassList.read(path).names == ('road', 'sky')
