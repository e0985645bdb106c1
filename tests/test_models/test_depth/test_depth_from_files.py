"""Depth files of every format, their names, shapes and faults."""

import os
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from helpers import ROOT, shared_data
from PIL import Image

from mmcuts3d.models.depth.flat import FlatDepth
from mmcuts3d.models.depth.from_files import DepthFromFiles
from mmcuts3d.models.depth.normalise import normalise_depth
from mmcuts3d.models.depth.readers import read_depth
from mmcuts3d.registry import MODELS

IMAGES = torch.zeros(1, 3, 8, 8)


def sample(path='images/a.jpg', ori_shape=(6, 9)):
    return SimpleNamespace(img_path=str(path), ori_shape=ori_shape)


@pytest.fixture
def depth():
    values = np.random.default_rng(0).permutation(54).reshape(6, 9)
    return (values * 1000).astype(np.uint16)


def write(path, depth):
    """With a library that the reader does not use, where there is one."""
    if path.suffix == '.npy':
        np.save(path, depth)
    elif path.suffix == '.npz':
        np.savez(path, metres=depth)
    elif depth.dtype.itemsize == 2:
        Image.fromarray(depth).save(path)  # mode I;16
    else:
        Image.fromarray(depth).save(path)


@pytest.mark.parametrize('suffix', ['.png', '.npy', '.npz', '.tiff'])
def test_formats_with_16_bits(suffix, depth, tmp_path):
    write(tmp_path / f'a{suffix}', depth)
    actual = read_depth(tmp_path / f'a{suffix}')
    assert actual.dtype == np.uint16
    np.testing.assert_array_equal(actual, depth)
    module = MODELS.build(
        {'type': 'DepthFromFiles', 'root': tmp_path, 'suffix': suffix}
    )
    (result,) = module(IMAGES, [sample()])
    np.testing.assert_allclose(result, depth / 53000, atol=1e-6)


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA', 'P'])
def test_grey_pictures_with_8_bits(mode, tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (5, 7), np.uint8)
    Image.fromarray(grey).convert(mode).save(tmp_path / 'a.png')
    np.testing.assert_array_equal(read_depth(tmp_path / 'a.png'), grey)


def test_float_tiff(tmp_path):
    depth = np.random.default_rng(0).random((5, 7), np.float32)
    Image.fromarray(depth).save(tmp_path / 'a.tiff')
    np.testing.assert_array_equal(read_depth(tmp_path / 'a.tiff'), depth)


def test_npz_with_several_arrays_needs_the_key(depth, tmp_path):
    path = tmp_path / 'a.npz'
    np.savez(path, depth=depth, confidence=depth[::-1])
    np.testing.assert_array_equal(read_depth(path), depth)
    np.testing.assert_array_equal(read_depth(path, 'confidence'), depth[::-1])
    with pytest.raises(ValueError, match=r"a\.npz to hold 'z', but got"):
        read_depth(path, 'z')


@pytest.mark.parametrize('shape', [(1, 6, 9), (6, 9, 1)])
def test_single_channel_arrays(shape, depth, tmp_path):
    np.save(tmp_path / 'a.npy', depth.reshape(shape))
    np.testing.assert_array_equal(read_depth(tmp_path / 'a.npy'), depth)


EXR = """
import runpy, sys, numpy as np, cv2
read_depth = runpy.run_path('mmcuts3d/models/depth/readers.py')['read_depth']
path = sys.argv[1]
depth = np.random.default_rng(0).random((5, 7), np.float32)
if len(sys.argv) > 2:
    sys.modules['OpenEXR'] = None
else:
    assert cv2.imwrite(path, depth)
assert np.array_equal(read_depth(path), depth)
"""


def run_exr(path, enabled, *args):
    """In a process of its own: OpenCV reads the variable once."""
    environment = {
        **os.environ,
        'OPENCV_IO_ENABLE_OPENEXR': str(int(enabled)),
    }
    return subprocess.run(
        [sys.executable, '-c', EXR, str(path), *args],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_exr_by_opencv_or_with_the_remedy(tmp_path):
    path = tmp_path / 'a.exr'
    result = run_exr(path, True)
    if 'not implemented' in result.stderr:
        pytest.skip('this OpenCV has no EXR codec')
    assert result.returncode == 0, result.stderr
    result = run_exr(path, False, 'without OpenEXR')
    assert 'ImportError' in result.stderr
    assert 'a.exr needs an EXR reader' in result.stderr
    assert 'OPENCV_IO_ENABLE_OPENEXR=1' in result.stderr
    assert 'pip install OpenEXR' in result.stderr


def test_exr_by_openexr(depth, tmp_path, monkeypatch):
    OpenEXR = pytest.importorskip('OpenEXR')
    monkeypatch.setenv('OPENCV_IO_ENABLE_OPENEXR', '0')
    path = tmp_path / 'a.exr'
    metres = depth.astype(np.float32)
    header = {'compression': OpenEXR.ZIP_COMPRESSION}
    channels = {'depth': metres, 'A': metres * 0}
    OpenEXR.File(header, channels).write(str(path))
    np.testing.assert_array_equal(read_depth(path), metres)
    with pytest.raises(ValueError, match=r"a\.exr to hold 'Z', but got"):
        read_depth(path, 'Z')


def test_unit_scale_invalid_and_fill(tmp_path):
    """0 is "not measured" in the file, before the scale is applied."""
    raw = np.array([[0, 5000], [10000, 25000]], np.uint16)
    Image.fromarray(raw).save(tmp_path / 'a.png')
    module = DepthFromFiles(
        tmp_path, unit='m', scale=1 / 5000, invalid=0, fill='far'
    )
    (actual,) = module(IMAGES, [sample()])
    np.testing.assert_allclose(actual, [[1, 0], [0.25, 1]], atol=1e-6)
    with pytest.raises(ValueError, match=r"a\.png: .*`unit`.*'m'"):
        DepthFromFiles(tmp_path, unit='m')(IMAGES, [sample()])


def test_names_that_differ(depth, tmp_path):
    write(tmp_path / '0001_depth_mm.png', depth)
    module = DepthFromFiles(tmp_path, replace=('_rgb', '_depth_mm'))
    (actual,) = module(IMAGES, [sample('x/0001_rgb.jpg')])
    assert actual.shape == (6, 9)


def test_several_suffixes_and_sub_folders(depth, tmp_path):
    for folder in ('one', 'two'):
        (tmp_path / folder).mkdir()
    write(tmp_path / 'one' / 'a.png', depth)
    write(tmp_path / 'two' / 'a_z.npy', depth[:3])
    module = DepthFromFiles(
        tmp_path, suffix=['.png', '_z.npy'], image_root='/photos'
    )
    samples = [sample('/photos/one/a.jpg'), sample('/photos/two/a.jpg')]
    one, two = module(IMAGES, samples)
    assert one.shape == (6, 9) and two.shape == (3, 9)


def test_aspect_ratio(depth, tmp_path):
    write(tmp_path / 'a.png', depth)
    check = DepthFromFiles(tmp_path, aspect='check')
    for ori_shape in ((6, 9), (480, 720), (481, 720)):
        assert check(IMAGES, [sample(ori_shape=ori_shape)])[0].shape == (6, 9)
    with pytest.raises(ValueError, match=r'a\.png .*480×640.*6×9.*stretch'):
        check(IMAGES, [sample(ori_shape=(480, 640))])
    stretch = DepthFromFiles(tmp_path)
    assert stretch(IMAGES, [sample(ori_shape=(480, 640))])[0].shape == (6, 9)


def test_kinect_depth_against_numpy():
    root = shared_data('rgbd_osd', 'depth_mm')
    path = sorted(root.glob('*.png'))[0]
    module = DepthFromFiles(root, unit='mm', invalid=0, fill='far')
    (actual,) = module(IMAGES, [sample(path.with_suffix('.jpg').name)])
    raw = np.asarray(Image.open(path)).astype(float)
    valid = raw > 0
    low, high = raw[valid].min(), raw[valid].max()
    expected = np.where(valid, (raw - low) / (high - low), 1)
    np.testing.assert_allclose(actual, expected, atol=1e-6)


@pytest.mark.parametrize(
    ('array', 'message'),
    [
        (np.full((2, 2), np.nan), r'a\.npy: .*a valid pixel'),
        (np.zeros((2, 3, 4)), r'a\.npy .*coloured|a\.npy .*shape \(H, W\)'),
        (np.zeros((2, 3, 5)), r'a\.npy .*shape \(H, W\), but got \(2, 3, 5\)'),
        (np.zeros((2, 2), np.complex64), r'a\.npy to hold numbers'),
    ],
)
def test_bad_arrays(array, message, tmp_path):
    if array.shape == (2, 3, 4):
        array = np.arange(24).reshape(2, 3, 4)
    np.save(tmp_path / 'a.npy', array)
    with pytest.raises(ValueError, match=message):
        DepthFromFiles(tmp_path, suffix='.npy')(IMAGES, [sample()])


def test_coloured_picture(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), colours)
    with pytest.raises(ValueError, match=r'a\.png .*one channel.*coloured'):
        read_depth(tmp_path / 'a.png')


@pytest.mark.parametrize('content', [b'', b'nothing of the kind'])
@pytest.mark.parametrize('suffix', ['.png', '.npy', '.npz'])
def test_unreadable_files(suffix, content, tmp_path):
    path = tmp_path / f'a{suffix}'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf'a{suffix} to be a readable'):
        read_depth(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=rf'{tmp_path}/a\.png, but got none'):
        DepthFromFiles(tmp_path)(IMAGES, [sample()])
    with pytest.raises(ValueError, match='metainfo `img_path`'):
        DepthFromFiles(tmp_path)(IMAGES, [SimpleNamespace()])


def test_the_folder_may_come_later(depth, tmp_path):
    """A wrong folder is no ValueError: it must not be "recorded" per image."""
    folder = tmp_path / 'later'
    module = DepthFromFiles(folder)
    with pytest.raises(
        FileNotFoundError, match=rf"`root` .*'{folder}'.*a\.jpg"
    ):
        module(IMAGES, [sample()])
    folder.mkdir()
    write(folder / 'a.png', depth)
    assert module(IMAGES, [sample()])[0].shape == (6, 9)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'aspect': 'crop'}, '`aspect`'),
        ({'scale': 0}, '`scale` to be positive'),
        ({'unit': 'feet'}, '`unit`'),
        ({'direction': 'up'}, '`direction`'),
        ({'fill': 'median'}, '`fill`'),
        ({'clip': (5,)}, '`clip`'),
    ],
)
def test_bad_settings(kwargs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        DepthFromFiles(**{'root': tmp_path, **kwargs})


def test_flat_depth():
    maps = MODELS.build({'type': 'FlatDepth'})(torch.ones(2, 3, 4, 6).byte())
    assert len(maps) == 2
    for depth in maps:
        assert depth.dtype == torch.float32
        np.testing.assert_array_equal(depth, np.zeros((4, 6)))
    assert FlatDepth()(torch.zeros(0, 3, 4, 6)) == []


def test_settings_reach_the_formula(depth, tmp_path):
    write(tmp_path / 'a.png', depth)
    settings = {'direction': 'near_is_large', 'clip': (5, 95)}
    (actual,) = DepthFromFiles(tmp_path, **settings)(IMAGES, [sample()])
    np.testing.assert_array_equal(actual, normalise_depth(depth, **settings))
