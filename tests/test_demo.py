"""The demo, small: every stage, the table, the pictures, bad images."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from helpers import ROOT

STAGES = [
    'MaskCut labels',
    'CutS3D labels',
    'detector after labels',
    'detector after self-training',
]


def run_demo(folder: Path, *arguments: str, code: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, str(ROOT / 'tools' / 'demo.py'), *arguments],
        cwd=folder,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'HF_HUB_OFFLINE': '1'},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == code, run.stdout[-3000:] + run.stderr[-3000:]
    return run.stdout


@pytest.fixture(scope='module')
def scenes_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp('demo')
    arguments = ('--scenes', '8', '--iters', '2', '--pictures', '1')
    return folder, arguments, run_demo(folder, *arguments)


def test_table_has_a_row_per_stage(scenes_run):
    folder, _, printed = scenes_run
    rows = json.loads((folder / 'demo_output' / 'table.json').read_text())
    assert [row['stage'] for row in rows] == STAGES
    for row in rows:
        for name in ('AP50', 'AP', 'AR100', 'box_AP'):
            assert 0 <= row[name] <= 100
    table = (folder / 'demo_output' / 'table.md').read_text()
    assert table in printed
    assert 'Measured on 2 embedded scenes' in table


def test_cuts3d_is_above_maskcut(scenes_run):
    folder, _, _ = scenes_run
    rows = json.loads((folder / 'demo_output' / 'table.json').read_text())
    assert rows[1]['AP50'] > rows[0]['AP50']


def test_pictures_are_there(scenes_run):
    folder, _, _ = scenes_run
    pictures = folder / 'demo_output' / 'pictures'
    for name in (
        'overview.png',
        'cuts/000000.png',
        'clouds/000000.png',
        'clouds/000000.ply',
    ):
        assert (pictures / name).stat().st_size > 1000
    height, width = cv2.imread(str(pictures / 'overview.png')).shape[:2]
    assert width > height  # one image in a row with all stages


def test_second_call_does_nothing_twice(scenes_run):
    folder, arguments, first = scenes_run
    second = run_demo(folder, *arguments)
    assert 'Iter(train)' not in second
    last = first[first.index('| stage') : first.index(' minutes;')]
    assert last.rsplit('\n', 2)[0] in second


def test_images_with_a_broken_one(scenes_run, tmp_path):
    folder, _, _ = scenes_run
    data = folder / 'demo_output' / 'scenes' / 'train'
    for kind in ('color', 'depth'):
        (tmp_path / kind).mkdir()
        for path in sorted((data / kind).iterdir())[:4]:
            (tmp_path / kind / path.name).write_bytes(path.read_bytes())
    (tmp_path / 'color' / 'broken.jpg').write_bytes(b'no image')
    arguments = ('--images', 'color', '--depth', 'depth')
    arguments += ('--iters', '1', '--pictures', '1')
    printed = run_demo(tmp_path, *arguments, code=3)
    assert '1 images failed' in printed
    last = printed.splitlines()[-1]
    assert last.startswith('1 of 5 images failed: ')
    assert last.endswith('errors.json')
    assert 'AP50' not in printed[printed.index('| stage') :]
    rows = json.loads((tmp_path / 'demo_output' / 'table.json').read_text())
    assert [row['stage'] for row in rows] == STAGES
    errors = json.loads(
        (tmp_path / 'demo_output' / 'cuts3d' / 'errors.json').read_text()
    )
    assert 'broken.jpg' in json.dumps(errors)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--images', 'nowhere'), 'nothing at nowhere'),
        (('--depth', '.'), 'go with --images'),
        (('--iters', '0'), '--iters: at least 1'),
    ],
)
def test_bad_arguments(arguments, message, tmp_path):
    run = subprocess.run(
        [sys.executable, str(ROOT / 'tools' / 'demo.py'), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert message in run.stderr


@pytest.fixture
def seeds(monkeypatch):
    """benchmarks/demo/seeds.py, which imports tools/demo.py."""
    monkeypatch.setattr(sys, 'path', list(sys.path))
    spec = importlib.util.spec_from_file_location(
        'seeds', ROOT / 'benchmarks' / 'demo' / 'seeds.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_spread_over_seeds_is_told(seeds):
    runs = [
        [dict.fromkeys(seeds.METRICS, value + stage) for stage in (0, 10)]
        for value in (1.0, 2.0, 6.0)
    ]
    lines = seeds.table(runs).splitlines()
    assert len(lines) == 4
    assert '| 3.0 ± 2.6 (1.0 to 6.0) |' in lines[2]
    assert lines[3].startswith('| after self-training | 13.0 ± 2.6 (11.0')


def test_spread_needs_two_seeds(seeds, capsys):
    with pytest.raises(SystemExit):
        seeds.main(['--seeds', '1'])
    assert 'at least 2' in capsys.readouterr().err
