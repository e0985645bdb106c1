"""Commands of the pages: what their programs accept, and runs of them."""

import argparse
import contextlib
import importlib.util
import inspect
import io
import re
import sys
from functools import cache
from pathlib import Path
from unittest import mock

from helpers import ROOT
from mmcuts3d.cli.commands import COMMANDS, run_tool
from mmcuts3d.cli.commands import main as run_cli
from mmcuts3d.files import find_config

#: Words that a form of a command leaves open, and that are no file.
OPEN = {
    **{'N': '3', 'SCORE': '0.5', 'LOW': '1', 'HIGH': '99'},
    'SET': 'rgbd_osd',
}
#: Settings of `make` that other programs read.
MAKE_SETTINGS = {'MMFAMILY', 'PYTHON', 'MAX_JOBS', 'VENV'}
#: What pages may install beside requirements/.
PACKAGES = {
    *('mmcuts3d', 'pre-commit', 'tensorboard', 'wandb', 'ultralytics'),
    *('labelme', 'fiftyone', 'datasets', 'open3d', 'faster-coco-eval'),
    *('rerun-sdk', 'plotly', 'opencv-python', 'opencv-python-headless'),
    *('numpy', 'torch', 'torchvision', 'transformers', 'mmcv', 'onedl-mmcv'),
}
#: Programs of others, whose arguments are theirs.
OTHERS = {
    *('apt-get', 'cd', 'export', 'git', 'hf', 'pre-commit', 'ray'),
    *('source', 'sudo'),
}


class Parsed(Exception):
    """The command line was accepted; the work does not begin."""


def check(words):
    """Lets the program of a command read its arguments.

    Args:
        words (list[str]): The command.

    Raises:
        AssertionError: If there is no such program, or it refuses them.
    """
    words = [OPEN.get(word, word) for word in words]
    program, rest = words[0], words[1:]
    if program == 'make':
        _check_make(rest)
    elif program == 'pip' or words[:3] == ['python', '-m', 'pip']:
        _check_pip(words[words.index('pip') + 1 :])
    elif program in OTHERS:
        return
    elif program == 'bash':
        _check_script(rest)
    elif program in ('torchrun', 'srun', 'sbatch'):
        place = next(i for i, w in enumerate(rest) if w.startswith('tools/'))
        script = rest[place].endswith('.sh')
        (_check_script if script else _check_tool)(rest[place:])
    elif program == 'mmcuts3d':
        _check_cli(rest)
    elif program == 'python':
        if rest[:2] == ['-m', 'mmcuts3d']:
            _check_cli(rest[2:])
        elif rest[0] == '-m':
            assert importlib.util.find_spec(rest[1]) or rest[1] == 'sphinx'
        elif rest[0] == '-c':
            compile(rest[1], '-c', 'exec')
        else:
            _check_tool(rest)
    else:
        raise AssertionError(f'no program that pages may name: {program}')


def _check_make(words):
    text = (ROOT / 'Makefile').read_text('utf-8')
    for word in words:
        name, sign, _ = word.partition('=')
        known = rf'\$\({name}\)|^{name} \?=' if sign else rf'^{name}:'
        assert re.search(known, text, re.MULTILINE) or (
            sign and name in MAKE_SETTINGS
        ), f'make {word}'


def _check_pip(words):
    stated = '\n'.join(
        path.read_text() for path in (ROOT / 'requirements').glob('*.txt')
    ).lower()
    if words[0] not in ('install', 'uninstall', 'download'):
        return
    takes_value = {'-r', '-c', '-f', '-e', '--index-url', '--extra-index-url'}
    before = ''
    for word in words[1:]:
        if before in ('-r', '-c'):
            assert (ROOT / word).is_file(), word
        elif before not in takes_value and not word.startswith('-'):
            name = re.split(r'[\[=<>!~]', word)[0]
            assert (
                name in PACKAGES
                or name.endswith('.whl')
                or re.search(rf'^{re.escape(name)}\b', stated, re.MULTILINE)
            ), f'pip {word}: stands in no requirements'
        before = word


def _check_script(words):
    script = words[0]
    assert (ROOT / script).is_file(), script
    tool = {'train': 'train.py', 'test': 'test.py'}.get(
        Path(script).stem.rpartition('_')[2]
    )
    if not tool:
        return
    given = words[1:]
    if 'slurm' in script:
        given = given[2:]  # partition and name of the job
    number = 1 if 'train' in script else 2
    if 'slurm' in script:
        places = given[:number], given[number:]
    else:
        places = given[:number], given[number + 1 :]
    _check_tool([f'tools/{tool}', *places[0], *places[1]])


def _check_cli(words):
    if not words or words[0].startswith('-'):
        return
    name, rest = words[0], words[1:]
    assert name in COMMANDS, name
    if not rest:
        return
    if COMMANDS[name].tool:
        _check_tool([f'tools/{COMMANDS[name].tool}', *rest])
    else:
        _read(lambda: run_cli([name, *rest]), [name, *rest])


def _check_tool(words):
    name, rest = words[0], words[1:]
    assert (ROOT / name).is_file(), f'no such file: {name}'
    for word in rest:
        _check_path(word)
    if not rest:
        return  # named, not called; or all is as the tool has it
    module = _load(name)
    if hasattr(module, 'parse_args'):
        takes = inspect.signature(module.parse_args).parameters
        _read(lambda: module.parse_args(*([None] * len(takes))), words)
    else:
        _read(module.main, words)


def _check_path(word):
    """Files of ours that a command names are there."""
    if '…' in word or re.search(r'[A-Z]{3,}|[*=$]', word):
        return
    if word.startswith(('configs/', 'projects/', 'benchmarks/', 'tools/')):
        assert (ROOT / word).exists(), f'no such file: {word}'
    elif re.fullmatch(r'[a-z0-9-]+_[\w.-]+_[\w-]+', word):
        find_config(word)


def _read(call, words):
    said = io.StringIO()
    stop = mock.patch.object(
        argparse.ArgumentParser, 'parse_args', _parse_and_stop
    )
    works = getattr(call, '__name__', '') == 'main' or words[0] in COMMANDS
    try:
        with (
            mock.patch.object(sys, 'argv', list(words)),
            contextlib.redirect_stderr(said),
            contextlib.redirect_stdout(io.StringIO()),
            stop if works else contextlib.nullcontext(),
        ):
            call()
    except Parsed:
        pass
    except SystemExit as end:
        raise AssertionError(
            f'{" ".join(words)}: {said.getvalue() or end.code}'
        ) from end


def _parse_and_stop(parser, args=None, namespace=None):
    _, left = parser.parse_known_args(args, namespace)
    if left:
        parser.error(f'unrecognized arguments: {left}')
    raise Parsed


@cache
def _load(name):
    path = ROOT / name
    spec = importlib.util.spec_from_file_location(
        f'of_pages_{re.sub(r"[^a-z0-9]", "_", name)}', path
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up
    before = list(sys.path)
    sys.path[:0] = [str(path.parent), str(ROOT)]
    try:
        with mock.patch.object(sys, 'argv', [name]):
            spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def run(words):
    """Runs a command in this process, from the current folder.

    Args:
        words (list[str]): The command; a program of ours, or ``python -c``.

    Returns:
        int: Its exit status.
    """
    rest = words[1:]
    if words[0] == 'mmcuts3d':
        return run_cli(rest)
    assert words[0] == 'python', words
    if rest[:2] == ['-m', 'mmcuts3d']:
        return run_cli(rest[2:])
    if rest[0] == '-c':
        exec(compile(rest[1], '-c', 'exec'), {'__name__': '__main__'})
        return 0
    folder, _, tool = rest[0].partition('/')
    assert folder == 'tools', words
    return run_tool(tool, tool, rest[1:])
