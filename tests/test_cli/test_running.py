"""How tools end: their status, their last line, the examples of --help."""

import argparse
import errno
import shlex
import sys

import pytest

from mmcuts3d.cli.running import (
    EXIT_STOPPED,
    add_examples,
    command_line,
    message_of,
    run_tool_main,
)


def ended(main, capsys, **kwargs):
    """Status and standard error of a tool."""
    with pytest.raises(SystemExit) as end:
        run_tool_main(main, **kwargs)
    return end.value.code, capsys.readouterr().err


def raising(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize('status', [0, 3])
def test_the_status_of_a_tool_is_that_of_the_process(status, capsys):
    assert ended(lambda: status, capsys) == (status, '')


def test_a_tool_without_a_status_ends_nothing(capsys):
    assert run_tool_main(lambda: None) is None
    assert capsys.readouterr() == ('', '')


@pytest.mark.parametrize(
    ('error', 'line'),
    [
        (ValueError('Expected a, but got b.'), 'Expected a, but got b.'),
        (ImportError('pip install this'), 'pip install this'),
        (
            FileNotFoundError(errno.ENOENT, 'No such file', 'a.json'),
            'a.json: No such file',
        ),
        (OSError(errno.EXDEV, 'Other disk', 'a', None, 'b'), None),
        (OSError('no connection'), 'no connection'),
        (ValueError(), 'ValueError()'),
    ],
)
def test_a_mistake_ends_in_its_message_alone(error, line, capsys):
    line = 'a: b: Other disk' if line is None else line
    assert message_of(error) == line
    assert ended(raising(error), capsys) == (1, f'{line}\n')


def test_other_errors_keep_their_traceback_unless_named(capsys):
    with pytest.raises(RuntimeError, match='of the program'):
        run_tool_main(raising(RuntimeError('of the program')))
    named = ended(
        raising(RuntimeError('says all')), capsys, mistakes=(RuntimeError,)
    )
    assert named == (1, 'says all\n')


@pytest.mark.parametrize(
    ('goes_on', 'begin', 'end'),
    [
        (False, 'Stopped. This begins again: ', ''),
        (True, 'Stopped. This goes on from here: ', ''),
        ('--resume', 'Stopped. This goes on from here: ', ' --resume'),
    ],
)
def test_a_stop_ends_in_the_command(
    goes_on, begin, end, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    tool = str(tmp_path / 'tools' / 'one.py')
    monkeypatch.setattr(sys, 'argv', [tool, 'my images', '--out', "it's"])
    code, said = ended(raising(KeyboardInterrupt()), capsys, goes_on=goes_on)
    assert code == EXIT_STOPPED == 130
    assert said.startswith(begin)
    command = said.removeprefix(begin).removesuffix('\n')
    words = ['python', 'tools/one.py', 'my images', '--out', "it's"]
    assert shlex.split(command) == [*words, *end.split()]


def test_an_option_that_is_there_is_not_added_again(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['train.py', '--resume', 'c.py'])
    assert command_line('--resume') == 'python train.py --resume c.py'


def test_the_command_of_a_word_is_that_word(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['python -m mmcuts3d label', 'a b'])
    assert command_line() == "python -m mmcuts3d label 'a b'"


def test_control_characters_of_a_name_stay_text(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['one.py', 'a\x1b[31m\nb'])
    assert not any(char < ' ' for char in command_line())


def test_examples_follow_what_the_help_ended_in(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['tools/one.py'])
    parser = argparse.ArgumentParser(
        description='Two\n  lines.', epilog='formats:\n  a'
    )
    add_examples(parser, 'tools/one.py a', 'tools/one.py \\\n--long b')
    text = parser.format_help()
    assert 'Two\n  lines.\n' in text
    assert text.endswith(
        'formats:\n  a\n\nexamples:\n  python tools/one.py a\n'
        '  python tools/one.py \\\n      --long b\n'
    )


def test_examples_show_the_word_that_was_called(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['python -m mmcuts3d label'])
    parser = argparse.ArgumentParser()
    add_examples(parser, 'tools/generate.py \\\n--out b', 'tools/generate.py')
    assert parser.epilog == (
        'examples:\n  python -m mmcuts3d label \\\n      --out b\n'
        '  python -m mmcuts3d label'
    )
