"""The commands start, explain themselves, and refuse what they cannot do."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys

import pytest
from helpers import ROOT

COMMANDS = [
    p
    for p in sorted((ROOT / 'tools').rglob('*.py'))
    if not p.name.startswith('_') and p.parent.name != 'demo_parts'
]
SCRIPTS = [
    *sorted((ROOT / 'tools').rglob('*.sh')),
    ROOT / '.ci' / 'run',
]


def call(*command, **env):
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, 'PYTHONPATH': str(ROOT), **env},
    )


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize('path', COMMANDS, ids=name)
def test_help(path):
    result = call(sys.executable, path, '--help')
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith('usage:')


@pytest.mark.skipif(shutil.which('bash') is None, reason='no bash here')
@pytest.mark.parametrize('path', SCRIPTS, ids=name)
def test_script_is_valid(path):
    result = call('bash', '-n', path)
    assert result.returncode == 0, result.stderr
    assert os.access(path, os.X_OK)


@pytest.mark.skipif(shutil.which('bash') is None, reason='no bash here')
@pytest.mark.parametrize(
    'script',
    ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh'],
)
def test_launcher_says_how_to_use_it(script):
    result = call('bash', ROOT / 'tools' / script)
    assert result.returncode != 0
    assert 'usage:' in result.stderr


def test_dist_test_leaves_out_the_checkpoint_of_a_labeler(tmp_path):
    fake = tmp_path / 'python'
    fake.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    path = f'{tmp_path}{os.pathsep}{os.environ["PATH"]}'
    script = ROOT / 'tools' / 'dist_test.sh'

    def words(checkpoint):
        result = call(
            'bash', script, 'c.py', checkpoint, '2', '--out', 'a b', PATH=path
        )
        assert result.returncode == 0, result.stderr
        lines = result.stdout.splitlines()
        return lines[lines.index(str(ROOT / 'tools' / 'test.py')) + 1 :]

    rest = ['--launcher', 'pytorch', '--out', 'a b']
    assert words('-') == ['c.py', *rest]
    assert words('x.pth') == ['c.py', 'x.pth', *rest]


def test_test_refuses_an_output_of_another_kind():
    result = call(
        sys.executable, ROOT / 'tools' / 'test.py', 'c.py', '--out', 'x.json'
    )
    assert result.returncode == 2
    assert '.pkl' in result.stderr
    assert 'x.json' in result.stderr


@pytest.mark.parametrize(
    'env,words',
    [
        ({'MMFAMILY': 'other'}, 'onedl or upstream'),
        ({'PYTHON': 'no-such-python', 'PATH': '/nowhere'}, 'PATH'),
    ],
)
def test_setup_says_what_it_wants(env, words, tmp_path):
    if 'PATH' in env:  # only what the script needs, and no Python
        words = 'Expected a Python from 3.10 to 3.13'
        for tool in ('dirname', 'cat', 'cksum', 'cut'):
            (tmp_path / tool).symlink_to(shutil.which(tool))
        env = {**env, 'PATH': str(tmp_path)}
    result = call(
        shutil.which('bash'),
        ROOT / 'tools' / 'dev' / 'setup.sh',
        VENV=str(tmp_path / 'venv'),
        **env,
    )
    assert result.returncode == 1
    assert words in result.stderr
    assert not (tmp_path / 'venv').exists()


def load(tool):
    spec = importlib.util.spec_from_file_location(
        f'tool_{tool}', ROOT / 'tools' / f'{tool}.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def read(tmp_path, monkeypatch):
    """The config that a tool makes of a command line."""
    path = tmp_path / 'tiny.py'
    path.write_text(
        "optim_wrapper = dict(type='OptimWrapper')\n"
        'auto_scale_lr = dict(enable=False, base_batch_size=16)\n'
        "load_from = 'before.pth'\n"
    )
    monkeypatch.setenv('LOCAL_RANK', '0')

    def read_config(tool, *words):
        module = load(tool)
        monkeypatch.setattr('sys.argv', [tool, str(path), *words])
        return module.read_config(module.parse_args())

    return read_config


def test_train_reads_its_command_line(read):
    plain = read('train')
    assert plain.work_dir == os.path.join('work_dirs', 'tiny')
    assert plain.load_from == 'before.pth'
    assert plain.get('resume') is None
    assert plain.optim_wrapper.type == 'OptimWrapper'

    config = read('train', '--amp', '--auto-scale-lr', '--work-dir', 'w')
    assert config.work_dir == 'w'
    assert config.optim_wrapper.type == 'AmpOptimWrapper'
    assert config.auto_scale_lr.enable is True
    options = ['--cfg-options', 'optim_wrapper.clip=3', 'work_dir=v']
    assert read('train', *options).optim_wrapper.clip == 3
    assert read('train', *options).work_dir == 'v'


@pytest.mark.parametrize(
    'words,load_from',
    [(['--resume'], None), (['--resume', 'x.pth'], 'x.pth')],
)
def test_train_resumes(read, words, load_from):
    config = read('train', *words)
    assert config.resume is True
    assert config.load_from == load_from


def test_train_refuses_to_guess_the_batch_size(read):
    words = ['--auto-scale-lr', '--cfg-options', 'auto_scale_lr=None']
    with pytest.raises(ValueError, match='base_batch_size'):
        read('train', *words)


def test_test_reads_its_command_line(read):
    assert read('test').load_from == 'before.pth'
    assert read('test', 'x.pth').load_from == 'x.pth'
    assert read('test', '--work-dir', 'w').work_dir == 'w'


def test_test_runs_a_model_without_gradients_in_many_processes():
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    model = nn.Linear(1, 1).requires_grad_(False)
    with pytest.raises((RuntimeError, ValueError)):
        DistributedDataParallel(model)
    # Nothing but the model is looked at before it is given back.
    wrap = load('test').TestRunner.wrap_model
    assert wrap(None, None, model) is model


@pytest.mark.skipif(shutil.which('make') is None, reason='no make here')
def test_make_demo_hands_its_settings_on():
    settings = {
        'IMAGES': 'my photos',
        'DEPTH': 'd',
        'ANN': 'a.json',
        'DEPTH_INVALID': '0',
        'OUT': 'o',
        'DEMO_ARGS': '--quick',
    }
    words = [f'{key}={value}' for key, value in settings.items()]
    result = call('make', '-n', '-C', ROOT, 'demo', *words)
    assert result.returncode == 0, result.stderr
    text = result.stdout.replace('\\\n', ' ')
    assert 'tools/dev/setup.sh run' in text
    (command,) = (
        line for line in text.splitlines() if 'tools/demo.py' in line
    )
    assert shlex.split(command)[1:] == [
        'tools/demo.py',
        *('--out', 'o', '--images', 'my photos', '--depth', 'd'),
        *('--ann', 'a.json', '--depth-invalid', '0', '--quick'),
    ]
