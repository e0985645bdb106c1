"""What the inferencer is given: folders, sub-folders, maps and their fit."""

import unicodedata

import numpy as np
import pytest
from PIL import Image

from mmcuts3d.apis import items
from mmcuts3d.apis.items import Item, as_items, given_maps


@pytest.fixture
def notes(monkeypatch):
    said = []
    monkeypatch.setattr(items, 'print_log', lambda *a: said.append(a[0]))
    return said


@pytest.fixture
def folder(tmp_path):
    for name in ('n01/x.png', 'n02/x.jfif', 'top.jpe'):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new('RGB', (8, 6)).save(path, format='PNG')
    (tmp_path / 'depth' / 'n01').mkdir(parents=True)
    for name in ('n01/x', 'x', 'top'):
        np.save(tmp_path / 'depth' / f'{name}.npy', np.zeros((6, 8)))
    return tmp_path


def test_sub_folders_are_told_or_taken(folder, notes):
    (top,) = as_items(folder / 'images')
    assert top.name == 'top'
    assert '2 images in sub-folders (n01/x.png, n02/x.jfif)' in notes[0]
    notes.clear()
    found = as_items(folder / 'images', depth=folder / 'depth', recursive=True)
    assert [item.name for item in found] == ['n01/x', 'n02/x', 'top']
    assert notes == []
    # depth/x.npy could belong to either x, so it belongs to none.
    assert [item.depth.is_file() for item in found] == [True, False, True]
    with pytest.raises(ValueError, match=r'n02/x\.'):
        given_maps(found[1])


def test_two_files_of_one_name_do_not_share_a_map(folder):
    images = [folder / 'images' / n for n in ('n01/x.png', 'n02/x.jfif')]
    with pytest.raises(ValueError, match=r'different names.*n01/x.*n02/x'):
        as_items(images, depth=folder / 'depth')
    assert [item.name for item in as_items(images)] == ['x', 'x-1']


def test_maps_are_found_in_either_spelling(tmp_path):
    image = tmp_path / unicodedata.normalize('NFC', 'é [1].png')
    depth = tmp_path / 'depth' / unicodedata.normalize('NFD', 'é [1].npy')
    depth.parent.mkdir()
    Image.new('RGB', (8, 6)).save(image)
    np.save(depth, np.zeros((6, 8)))
    (item,) = as_items(image, depth=depth.parent)
    assert item.depth == depth


def test_depth_is_clipped_or_told(notes):
    depth = np.linspace(1, 4, 4800).reshape(60, 80)
    depth[0, 0] = 1e4
    item = Item(np.zeros((60, 80, 3), np.uint8), 'a', depth)
    whole = given_maps(item, {'clip': None})['depth']
    assert np.median(whole) < 0.01 and '--depth-clip' in notes[0]
    notes.clear()
    assert np.median(given_maps(item)['depth']) > 0.4
    assert 'outliers' in notes[0] and "clip='auto'" in notes[0]
    notes.clear()
    clipped = given_maps(item, {'clip': (1, 99)})['depth']
    assert np.median(clipped) > 0.4 and notes == []
    with pytest.raises(ValueError, match='`clip`'):
        given_maps(item, {'clip': (99, 1)})
    with pytest.raises(ValueError, match=r"settings .*\['near'\]"):
        given_maps(item, {'near': 1})


def test_depth_of_a_kind(notes):
    disparity = np.array([[0, 1], [2, 4]])
    item = Item(np.zeros((2, 2, 3), np.uint8), 'a', disparity)
    kind = {'numbers': 'inverse', 'scale': 8, 'invalid': 0}
    found = given_maps(item, {'kind': kind, 'fill': 'far'})['depth']
    # Distances 8, 4 and 2.
    np.testing.assert_allclose(found, [[1, 1], [1 / 3, 0]], atol=1e-6)
    with pytest.raises(ValueError, match="`kind` or \\['unit'\\]"):
        given_maps(item, {'kind': kind, 'unit': 'mm'})


def test_depth_of_the_stored_frame_is_turned(tmp_path, notes):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (80, 60)).save(tmp_path / 'a.png', exif=exif)
    depth = np.linspace(0, 1, 4800).reshape(60, 80)
    item = Item(tmp_path / 'a.png', 'a', depth)
    found = given_maps(item, None, (80, 60))['depth']
    np.testing.assert_allclose(found, np.rot90(depth, -1), atol=1e-6)
    assert 'turned upright' in notes[0]
    kept = given_maps(item, {'frame': 'upright'}, (80, 60))['depth']
    assert kept.shape == (60, 80)
    with pytest.raises(ValueError, match='`frame`'):
        given_maps(item, {'frame': 'no'}, (80, 60))
