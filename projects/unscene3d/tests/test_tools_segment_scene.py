"""The command from a file to instances, as a user calls it."""

import csv
import sys

import numpy as np
import pytest
from helpers import ROOT

from projects.unscene3d.unscene3d.rooms import make_room
from projects.unscene3d.unscene3d.scans import (
    read_scene,
    save_scene_ply,
)
from projects.unscene3d.unscene3d.training import read_scene_labels

sys.path.insert(0, str(ROOT / 'projects' / 'unscene3d' / 'tools'))
import segment_scene


@pytest.fixture(scope='module')
def room():
    return make_room(3, num_frames=4)


@pytest.fixture(scope='module')
def file(room, tmp_path_factory):
    path = tmp_path_factory.mktemp('scan') / 'my room.ply'
    return save_scene_ply(room.scene, None, path, what='colours')


def test_file_to_instances(file, tmp_path, capsys):
    code = segment_scene.main([str(file), '--out', str(tmp_path)])
    assert code == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines()[:-1])) <= 80
    assert 'against the truth of the file: AP ' in said
    scene = read_scene(tmp_path / 'my room.ply')
    labels = read_scene_labels(tmp_path, 'my room', len(scene))
    assert len(np.unique(scene.instances)) == len(labels) + 1
    with (tmp_path / 'my room.csv').open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(labels)
    for row, mask in zip(rows, labels.on_vertices(), strict=True):
        assert int(row['vertices']) == mask.sum() >= 100
        size = np.ptp(scene.points[mask], axis=0)
        assert [float(row[key]) for key in ('dx', 'dy', 'dz')] == (
            pytest.approx(size, abs=0.006)
        )
    assert (tmp_path / 'my room.png').stat().st_size > 10_000


def test_settings_on_the_command_line(file, tmp_path, capsys):
    words = [str(file), '--out', str(tmp_path), '--no-picture']
    segment_scene.main(
        [*words, '--cfg-options', 'labeler.cut.num_instances=2']
    )
    assert len(read_scene_labels(tmp_path, 'my room')) <= 2
    assert not (tmp_path / 'my room.png').exists()


@pytest.mark.parametrize(
    'words,said',
    [
        (['missing.ply'], 'missing.ply'),
        (['--config', 'CONFIG'], 'expected a config with a `labeler`'),
        (['--frames', 'no_frames'], 'no_frames'),
    ],
)
def test_what_is_wrong_ends_in_one_line(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'CONFIG').write_text('model = dict()\n')
    (tmp_path / 'CONFIG').rename(tmp_path / 'config.py')
    words = [w.replace('CONFIG', 'config.py') for w in words]
    with pytest.raises(ValueError, match=said):
        segment_scene.main([*words, '--no-picture'])


def test_nan_vertices_are_named_or_dropped(room, tmp_path, capsys):
    points = room.scene.points.copy()
    points[7] = np.nan
    np.savez(tmp_path / 'nan.npz', points=points)
    words = [str(tmp_path / 'nan.npz'), '--out', str(tmp_path / 'out')]
    with pytest.raises(ValueError, match='nan'):
        segment_scene.main([*words, '--no-picture'])
    assert segment_scene.main([*words, '--no-picture', '--drop-invalid']) == 0
