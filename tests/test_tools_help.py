"""Every tool explains itself in 80 columns, and takes its own examples."""

import argparse
import runpy
import shlex
import sys

import pytest
from helpers import ROOT

FILES = [
    *sorted((ROOT / 'tools').rglob('*.py')),
    *sorted((ROOT / 'projects').glob('*/tools/*.py')),
]
TOOLS = [
    name
    for name in (path.relative_to(ROOT).as_posix() for path in FILES)
    if '__main__' in (ROOT / name).read_text('utf-8')
]
HEAD = '\nexamples:\n'


class Accepted(Exception):
    """The parser took the words; the work does not begin."""


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a tool as a script, in a folder with images and depth."""
    parse = argparse.ArgumentParser.parse_args
    for folder in ('images', 'depth'):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('COLUMNS', '80')
    monkeypatch.setenv('LOCAL_RANK', '0')

    def parse_only(parser, *args, **kwargs):
        parse(parser, *args, **kwargs)
        raise Accepted

    def run_tool(name, *words):
        path = ROOT / name
        monkeypatch.setattr(sys, 'argv', [str(path), *words])
        monkeypatch.setattr(sys, 'path', [str(path.parent), *sys.path])
        module = runpy.run_path(str(path), run_name='tool')
        if 'parse_args' in module:  # with what it checks afterwards
            return module['parse_args']()
        monkeypatch.setattr(argparse.ArgumentParser, 'parse_args', parse_only)
        with pytest.raises(Accepted):
            module['main']()

    return run_tool


def examples_of(text):
    """The commands below 'examples:', a list of words each."""
    lines = text.partition(HEAD)[2].replace('\\\n', ' ').splitlines()
    return [shlex.split(line) for line in lines]


def test_tools_are_found():
    assert {'tools/train.py', 'projects/depthg/tools/demo.py'} <= set(TOOLS)


@pytest.mark.parametrize('name', TOOLS)
def test_help_fits_and_its_examples_are_accepted(name, run, capsys):
    with pytest.raises(SystemExit) as end:
        run(name, '--help')
    assert not end.value.code
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > 80] == []
    examples = examples_of(text)
    assert examples
    for words in examples:
        assert words[:2] == ['python', name]
        run(name, *words[2:])


@pytest.mark.parametrize('name', TOOLS)
def test_a_wrong_option_ends_in_one_line_after_the_usage(name, run, capsys):
    with pytest.raises(SystemExit) as end:
        run(name, '--no-such-option')
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert 'error: ' in said.splitlines()[-1]
    assert 'Traceback' not in said


@pytest.mark.parametrize('name', TOOLS)
def test_it_ends_as_all_tools_do(name):
    last = (ROOT / name).read_text('utf-8').partition("__name__ == '__main__'")
    assert last[2].lstrip(':\n ').startswith('run_tool_main(main')
