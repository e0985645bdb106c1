"""Depth that lies in another frame, and depth that one value presses flat."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from mmcuts3d.models.depth import DepthFromFiles, notices, set_depth_clip
from mmcuts3d.models.depth.frames import to_upright
from mmcuts3d.models.depth.ranges import range_note
from mmcuts3d.models.depth.readers import read_depth

IMAGES = torch.zeros(1, 3, 4, 4)
ORIENTATION = 0x0112


def ramp(height=60, width=80):
    return np.linspace(1, 4, height * width).reshape(height, width)


@pytest.fixture
def notes(monkeypatch):
    """Warnings of the sources."""
    said = []
    monkeypatch.setattr(notices, 'print_log', lambda *a: said.append(a[0]))
    return said


@pytest.fixture
def folder(tmp_path):
    """An image that is stored lying, and its depth in both frames."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for name in ('images', 'raw', 'upright'):
        (tmp_path / name).mkdir()
    Image.new('RGB', (80, 60)).save(tmp_path / 'images' / 'p.jpg', exif=exif)
    np.save(tmp_path / 'raw' / 'p.npy', ramp())
    np.save(tmp_path / 'upright' / 'p.npy', np.rot90(ramp(), -1))
    return tmp_path


def depth_of(folder, kind, **settings):
    source = DepthFromFiles(folder / kind, '.npy', **settings)
    sample = SimpleNamespace(
        img_path=str(folder / 'images' / 'p.jpg'), ori_shape=(80, 60)
    )
    return source(IMAGES, [sample])[0].numpy()


def test_depth_of_the_stored_frame_is_turned_with_a_word(folder, notes):
    expected = depth_of(folder, 'upright')
    assert expected.shape == (80, 60) and notes == []
    np.testing.assert_array_equal(depth_of(folder, 'raw'), expected)
    assert len(notes) == 1
    assert 'turned upright' in notes[0] and 'orientation 6' in notes[0]
    checked = depth_of(folder, 'raw', aspect='check')
    np.testing.assert_array_equal(checked, expected)


def test_the_frame_can_be_said(folder, notes):
    expected = depth_of(folder, 'upright')
    raw = depth_of(folder, 'raw', frame='raw')
    np.testing.assert_array_equal(raw, expected)
    assert notes == []
    kept = depth_of(folder, 'raw', frame='upright')
    assert kept.shape == (60, 80)
    assert 'stretched over' in notes[0]
    with pytest.raises(ValueError, match='`frame`'):
        depth_of(folder, 'raw', frame='sideways')


def test_only_an_orientation_turns_depth(tmp_path):
    Image.new('RGB', (60, 80)).save(tmp_path / 'p.png')
    depth, note = to_upright(ramp(), tmp_path / 'p.png', (80, 60))
    assert depth.shape == (60, 80) and 'another aspect ratio' in note
    depth, note = to_upright(ramp(), tmp_path / 'none.png', (80, 60))
    assert depth.shape == (60, 80) and 'another aspect ratio' in note
    # Within what rounding to a coarse grid explains nothing is said.
    assert to_upright(ramp(6, 9), 'p.png', (480, 700))[1] == ''


def test_a_depth_picture_with_an_orientation_comes_upright(tmp_path):
    values = (1000 * ramp()).astype(np.uint16)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for suffix in ('png', 'tif'):
        path = tmp_path / f'd.{suffix}'
        Image.fromarray(values).save(path, exif=exif)
        np.testing.assert_array_equal(read_depth(path), np.rot90(values, -1))


@pytest.mark.parametrize('far', [100.0, 1e4, 1e300])
@pytest.mark.parametrize('where', [np.s_[0], np.s_[0, 0], np.s_[:30]])
def test_far_values_are_told(far, where):
    depth = ramp()
    assert range_note(depth) == ''
    depth[where] = far
    assert '--depth-clip' in range_note(depth)
    assert '--depth-clip' in range_note(-depth)


def test_ordinary_depth_is_no_news():
    rng = np.random.default_rng(0)
    for depth in (
        np.ones((8, 8)),
        np.zeros((4, 4), np.uint8),
        rng.random((60, 60)),
        rng.normal(2, 0.2, (60, 60)),
        np.where(ramp() > 2, 1.0, 2.0) + 0.2 * ramp(),
    ):
        assert range_note(depth) == ''


def test_files_with_a_far_value_are_named_until_they_are_many(tmp_path, notes):
    depth = ramp()
    depth[0, 0] = 1e4
    samples = []
    for number in range(5):
        np.save(tmp_path / f'{number}.npy', depth)
        samples.append(
            SimpleNamespace(img_path=f'{number}.jpg', ori_shape=(60, 80))
        )
    DepthFromFiles(tmp_path, '.npy')(IMAGES, samples)
    assert len(notes) == 3
    assert '0.npy' in notes[0] and 'not named' in notes[2]
    notes.clear()
    clipped = DepthFromFiles(tmp_path, '.npy', clip=(1, 99))
    assert clipped(IMAGES, samples)[0].median() > 0.4
    assert notes == []
    # The value for "not measured" is no far value.
    DepthFromFiles(tmp_path, '.npy', invalid=1e4)(IMAGES, samples)
    assert notes == []


def test_the_option_of_the_tools():
    model = {'depth': {'type': 'mmcuts3d.DepthFromFiles', 'root': 'd'}}
    set_depth_clip(model, None)
    assert 'clip' not in model['depth']
    set_depth_clip(model, [1, 99])
    assert model['depth']['clip'] == (1.0, 99.0)
    for other in ({'type': 'X'}, {'depth': {'type': 'mmcuts3d.FlatDepth'}}):
        with pytest.raises(ValueError, match='--depth-clip'):
            set_depth_clip(other, [1, 99])


def test_the_image_bounds_the_map(tmp_path):
    path = tmp_path / 'a.npy'
    np.save(path, np.zeros((4100, 4100), np.uint8))
    assert read_depth(path).shape == (4100, 4100)
    assert read_depth(path, image_shape=(600, 600)).shape == (4100, 4100)
    with pytest.raises(ValueError, match=r'a\.npy .*more than 16,777,216'):
        read_depth(path, image_shape=(400, 400))
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), np.zeros((4100, 4100), np.uint8))
    with pytest.raises(ValueError, match=r'a\.png .*got 4100×4100'):
        read_depth(path, image_shape=(400, 400))


def test_floats_are_bounded_too(tmp_path):
    window = b'dataWindow\0box2i\0\x10\0\0\0'
    sides = np.array([0, 0, 59_999, 59_999], '<i4').tobytes()
    (tmp_path / 'a.exr').write_bytes(b'v/1\x01\2\0\0\0' + window + sides)
    (tmp_path / 'a.hdr').write_bytes(
        b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n'
    )
    for suffix in ('exr', 'hdr'):
        with pytest.raises(ValueError, match=rf'a\.{suffix} .*60000×60000'):
            read_depth(tmp_path / f'a.{suffix}')
