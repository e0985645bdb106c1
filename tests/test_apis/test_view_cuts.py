"""tools/view_cuts.py, from its command line to its files."""

import importlib.util
import re

import cv2
import numpy as np
import pytest
from helpers import ROOT, shared_data

from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.visualization import load_edges, load_ply, point_cloud_viewer


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'view_cuts.py'
    spec = importlib.util.spec_from_file_location('view_cuts', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_embedded_scene(tool, tmp_path, capsys, monkeypatch):
    from mmcuts3d import viewing

    opened = []
    monkeypatch.setattr(viewing, 'open_window', opened.append)
    words = ['--out', str(tmp_path), '--edges', '--show', '--device', 'cpu']
    words += ['--web', str(tmp_path / 'view.html')]
    words += ['--rrd', str(tmp_path / 'view.rrd')]
    assert tool.main(words) == 0
    page = (tmp_path / 'view.html').read_text('utf-8')
    assert 'scene-2' in page and 'Plotly.newPlot' in page
    assert (tmp_path / 'view.rrd').read_bytes()[:3] == b'RRF'
    written = sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.glob('*/*')
    )
    assert written == [
        'clouds/scene-2.edges.ply',
        'clouds/scene-2.painted.ply',
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
    scene = cv2.imread(str(tmp_path / 'scene-2.png'))[..., ::-1]
    assert np.array_equal(cloud.colors, scene.reshape(-1, 3))
    number = int(said.split(' instances')[0].split()[-1])
    assert set(cloud.instances) == set(range(-1, number))
    assert len(set(cloud.confidences)) > 1
    painted = load_ply(tmp_path / 'clouds' / 'scene-2.painted.ply')
    assert not np.array_equal(painted.colors, cloud.colors)
    edges = load_edges(tmp_path / 'clouds' / 'scene-2.edges.ply')
    assert len(edges)
    (state,) = opened
    assert len(state.view.instances) == number
    again = state.maps.view()  # the panel cuts what the tool cut
    assert len(again.instances) == number
    assert np.array_equal(again.instances.masks, state.view.instances.masks)
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


def test_a_name_with_brackets_and_a_far_value(
    tool, tmp_path, capsys, monkeypatch
):
    # A plain picture of the cloud, which is quicker.
    monkeypatch.setattr(point_cloud_viewer, '_run_worker', lambda *a: 'off')
    scene = make_scene(2, size=(96, 96))
    path = tmp_path / 'photo [1].png'
    cv2.imwrite(str(path), scene.image[..., ::-1])
    depth = np.array(scene.depth, np.float32)
    depth[0] = 1e4
    np.save(tmp_path / 'far.npy', depth)
    options = ['--depth', str(tmp_path / 'far.npy'), '--cfg-options']
    options += ['model.cut.refine.crf=False', '--out', str(tmp_path / 'out')]
    assert tool.main([str(path), *options]) == 0
    whole = capsys.readouterr().out
    assert 'cuts/photo [1].png' in whole
    assert tool.main([str(path), '--depth-clip', '2', '98', *options]) == 0
    clipped = capsys.readouterr().out

    def number(printed):
        return int(re.search(r'(\d+) instances', printed)[1])

    assert number(clipped) > number(whole)


def test_a_folder_is_no_image(tool, tmp_path, capsys):
    assert tool.main([str(tmp_path), '--out', str(tmp_path / 'out')]) == 1
    assert 'is a folder' in capsys.readouterr().err


def test_a_turning_view_of_another_kind(tool, tmp_path, capsys):
    words = ['--out', str(tmp_path), '--spin', str(tmp_path / 'a.avi')]
    assert tool.main(words) == 1
    assert "'.gif', '.mp4'" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())  # before anything is cut


def test_a_cut_without_depth_has_no_cloud(tool, tmp_path, capsys):
    path = tmp_path / 'photo.png'
    cv2.imwrite(str(path), make_scene(2, size=(96, 96)).image[..., ::-1])
    config = ROOT / 'configs' / 'maskcut' / 'maskcut_classical_rgbd-scenes.py'
    words = [str(path), '--config', str(config), '--out', str(tmp_path / 'o')]
    assert tool.main([*words, '--web', str(tmp_path / 'a.html')]) == 1
    assert 'the method uses none' in capsys.readouterr().err
    assert not (tmp_path / 'a.html').exists()
