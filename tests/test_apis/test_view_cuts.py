"""tools/view_cuts.py, from its command line to its files."""

import importlib.util

import cv2
import numpy as np
import pytest
from helpers import ROOT, shared_data

from mmcuts3d.visualization import load_ply


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'view_cuts.py'
    spec = importlib.util.spec_from_file_location('view_cuts', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_embedded_scene(tool, tmp_path, capsys):
    assert tool.main(['--out', str(tmp_path)]) == 0
    written = sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.glob('*/*')
    )
    assert written == [
        'clouds/scene-2.ply',
        'clouds/scene-2.png',
        'cuts/scene-2.png',
        'preds/scene-2.json',
        'vis/scene-2.png',
    ]
    said = capsys.readouterr().out
    assert 'instances' in said and all(name in said for name in written)
    cloud = load_ply(tmp_path / 'clouds' / 'scene-2.ply')
    assert len(cloud.points) == 256 * 256
    picture = cv2.imread(str(tmp_path / 'clouds' / 'scene-2.png'))
    assert 0.05 < (picture < 250).any(-1).mean() < 0.95


def test_sensor_depth_of_a_real_frame(tool, tmp_path):
    colour = sorted(shared_data('rgbd_osd', 'color').glob('*.jpg'))[0]
    depth = shared_data('rgbd_osd', 'depth_mm', f'{colour.stem}.png')
    options = ['--depth', str(depth), '--depth-unit', 'mm']
    options += ['--depth-invalid', '0', '--out', str(tmp_path)]
    options += ['--cfg-options', 'model.cut.refine.crf=False']
    assert tool.main([str(colour), *options]) == 0
    assert (tmp_path / 'cuts' / f'{colour.stem}.png').is_file()


def test_missing_depth_is_said_and_fails(tool, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'photo.png'
    cv2.imwrite(str(path), np.zeros((64, 64, 3), np.uint8))
    assert tool.main([str(path), '--out', str(tmp_path / 'out')]) == 1
    assert 'depth' in capsys.readouterr().err


def test_window_without_display_fails_with_a_word(
    tool, tmp_path, capsys, monkeypatch
):
    pytest.importorskip('open3d', reason='open3d is not installed')
    monkeypatch.setattr('sys.platform', 'linux')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    assert tool.main(['--out', str(tmp_path), '--show']) == 1
    assert 'display' in capsys.readouterr().err
