"""``python -m mmcuts3d``: words, tools behind them, and what goes wrong."""

import subprocess
import sys

import pytest
from helpers import ROOT

from mmcuts3d.cli import COMMANDS, main
from mmcuts3d.files import config_names, find_config, shipped_folder
from mmcuts3d.version import __version__

TOOLS = [name for name, command in COMMANDS.items() if command.tool]


def test_without_a_word_all_are_listed_in_80_columns(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f'  {name}' in text
        assert command.about in text
        assert f'python -m mmcuts3d {name}' in text
    assert max(map(len, text.splitlines())) <= 79
    assert main(['--help']) == 0
    assert capsys.readouterr().out == text
    assert main(['--version']) == 0
    assert capsys.readouterr().out == f'mmcuts3d {__version__}\n'


def test_a_wrong_word_is_answered_with_the_nearest(capsys):
    assert main(['lable']) == 2
    said = capsys.readouterr().err
    assert "'lable'; did you mean 'label'?" in said
    assert said.count('\n') == 1


@pytest.mark.parametrize('name', TOOLS)
def test_each_word_shows_the_help_of_its_tool(name, capsys):
    before = sys.argv, list(sys.path)
    assert main([name, '--help']) == 0
    said = capsys.readouterr().out
    assert said.startswith(f'usage: python -m mmcuts3d {name} ')
    assert (sys.argv, sys.path) == before
    assert (shipped_folder('tools') / COMMANDS[name].tool).is_file()


def test_a_mistake_ends_in_one_line(tmp_path, capsys):
    words = ['export', str(tmp_path / 'nothing'), str(tmp_path / 'out.json')]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert 'nothing' in said
    assert 'Traceback' not in said
    assert main(['export']) == 2
    assert main(['explain', 'no_such_config']) == 1


@pytest.mark.slow
def test_as_a_process(tmp_path):
    words = [sys.executable, '-m', 'mmcuts3d', 'explain', 'nothing_like_it']
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert 'Traceback' not in done.stderr
    assert 'nothing_like_it' in done.stderr


def test_configs_are_found_by_name(tmp_path):
    names = config_names()
    assert names['cuts3d_classical_image-folder'].is_file()
    assert all('_base_' not in path.parts for path in names.values())
    for name, path in names.items():
        assert find_config(name) == path
    assert len(names) > 50
    own = tmp_path / 'own.py'
    own.touch()
    assert find_config(own) == own
    with pytest.raises(ValueError, match='Close to it: .*vit-b8-dino'):
        find_config('cuts3d_vit-b8_dino')
    for missing in ('no/such.py', 'such.py', 'no/such'):
        with pytest.raises(ValueError, match=f'got {missing}, which is none'):
            find_config(missing)


def test_names_of_configs_are_unique():
    folder = shipped_folder('configs')
    stems = [
        path.stem
        for path in folder.rglob('*.py')
        if not {'_base_', 'rows'} & set(path.relative_to(folder).parts)
    ]
    assert len(stems) == len(set(stems))
