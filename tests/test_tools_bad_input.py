"""A folder full of trouble, from the command line to the error list.

What each kind of bad input gets, end to end: the rest of the folder is
labelled whatever lies in it.
"""

import importlib.util
import json
import re

import numpy as np
import pytest
from helpers import ROOT
from helpers.cuts import touching
from helpers.labeler import SIZE, scene_of
from PIL import Image, ImageOps
from pycocotools.coco import COCO

from mmcuts3d.labels import read_labels
from mmcuts3d.models.features import classical_features

CONFIG = """
default_scope = 'mmdet'
model = dict(
    type='mmcuts3d.CutS3DLabeler',
    features={features},
    depth=dict(
        type='mmcuts3d.DepthFromFiles',
        root={depth!r},
        suffix=['.npy', '.png'],
        unit='m',
        aspect='check',
    ),
    cut=dict(preset='touching'),
)
test_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.ImageFolder',
        data_prefix=dict(img=''),
        serialize_data=False,  # its garbage collection takes a second
        pipeline=[
            dict(type='mmcuts3d.LoadImage'),
            dict(type='Resize', scale={scale}, keep_ratio=False),
            dict(type='PackDetInputs'),
        ],
    ),
)
"""
CLASSICAL = "dict(type='mmcuts3d.ClassicalFeatures', patch_size=8)"
NEAR, FAR = 0.8, 2.5  # metres

#: What lies in the folder, and what the error list says of it.
ERRORS = {
    'truncated.jpg': r'truncated\.jpg to be a readable image',
    'no_image.png': r'no_image\.png to be a readable image.*no image format',
    'missing.jpg': r'missing\.npy or .*missing\.png, but got none',
    'nan.jpg': r'nan\.npy: .*`depth` to have a valid pixel, but got none',
    'negative.jpg': r'negative\.npy: .*no negative distance, but got -1 m',
    'unit.jpg': r"unit\.npy: .*`unit` to fit .*'m' .*metres",
    'coloured.jpg': r'coloured\.png to have one channel.*coloured',
    'aspect.jpg': r'aspect\.npy .*128×160\), but got 128×128',
}
LABELLED = [
    *('cmyk.jpg', 'constant.jpg', 'good.jpg', 'grey.png', 'half_size.jpg'),
    *('one_pixel.png', 'rotated.jpg'),
]


@pytest.fixture(scope='module')
def scene():
    return scene_of(3)


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'generate_pseudo_labels.py'
    spec = importlib.util.spec_from_file_location('labelling_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metres(depth):
    return (NEAR + (FAR - NEAR) * depth).astype(np.float32)


def write_config(folder, features=CLASSICAL, scale=SIZE[::-1]):
    path = folder / 'config.py'
    depth = str(folder / 'depth')
    path.write_text(CONFIG.format(features=features, depth=depth, scale=scale))
    return path


def write_images(folder, scene):
    image = Image.fromarray(scene[0])
    for name in (*ERRORS, *LABELLED):
        image.save(folder / name, quality=98)
    image.convert('L').save(folder / 'grey.png')
    image.convert('CMYK').save(folder / 'cmyk.jpg', quality=98)
    Image.fromarray(scene[0][:1, :1]).save(folder / 'one_pixel.png')
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    image.rotate(90, expand=True).save(
        folder / 'rotated.jpg', quality=98, exif=exif
    )
    whole = (folder / 'truncated.jpg').read_bytes()
    (folder / 'truncated.jpg').write_bytes(whole[: len(whole) // 2])
    (folder / 'no_image.png').write_text('<html>404</html>')


def write_depth(folder, depth):
    good = metres(depth)
    maps = {path.split('.')[0]: good for path in (*ERRORS, *LABELLED)}
    maps['nan'] = np.full(SIZE, np.nan, np.float32)
    maps['constant'] = np.full(SIZE, 1.5, np.float32)
    maps['negative'] = np.where(depth < 0.1, np.float32(-1), good)
    maps['unit'] = good * 1000
    maps['half_size'] = good[::2, ::2]
    maps['aspect'] = good[:, :128]
    maps['one_pixel'] = good[:1, :1]
    for name in ('missing', 'coloured'):
        del maps[name]
    for name, values in maps.items():
        np.save(folder / f'{name}.npy', values)
    colours = np.random.default_rng(0).integers(0, 255, (*SIZE, 3), np.uint8)
    Image.fromarray(colours).save(folder / 'coloured.png')


@pytest.fixture(scope='module')
def run(tmp_path_factory, scene, tool):
    """The command over the whole folder."""
    folder = tmp_path_factory.mktemp('trouble')
    for name in ('images', 'depth'):
        (folder / name).mkdir()
    write_images(folder / 'images', scene)
    write_depth(folder / 'depth', scene[1])
    config = write_config(folder)
    words = ['--images', folder / 'images', '--out', folder / 'out']
    assert tool.main([str(word) for word in (config, *words)]) == 3
    return folder


@pytest.fixture(scope='module')
def errors(run):
    rows = json.loads((run / 'out' / 'errors.json').read_text())
    return {row['file_name']: row['error'] for row in rows}


@pytest.fixture(scope='module')
def coco(run):
    return COCO(str(run / 'out' / 'pseudo_labels.json'))


def masks_of(coco, name):
    """(N, H, W) bool and the row of the image."""
    (row,) = (r for r in coco.dataset['images'] if r['file_name'] == name)
    annotations = coco.imgToAnns[row['id']]
    shape = (len(annotations), row['height'], row['width'])
    masks = [coco.annToMask(annotation) for annotation in annotations]
    return np.array(masks, bool).reshape(shape), row


def labelled_directly(folder, name):
    """The method on what Pillow and NumPy read."""
    with Image.open(folder / 'images' / name) as file:
        image = np.asarray(ImageOps.exif_transpose(file).convert('RGB'))
    depth = np.load(folder / 'depth' / f'{name.split(".")[0]}.npy')
    depth = depth.astype(np.float64)
    if name == 'half_size.jpg':
        depth = depth.repeat(2, 0).repeat(2, 1)
    depth = (depth - depth.min()) / max(np.ptp(depth), 1e-9)
    return touching()(image, classical_features(image), depth)


def test_every_image_is_accounted_for(errors, coco):
    names = sorted(row['file_name'] for row in coco.dataset['images'])
    assert names == sorted(LABELLED)
    assert sorted(errors) == sorted(ERRORS)


@pytest.mark.parametrize('name', list(ERRORS))
def test_the_error_list_says_what_is_wrong(name, errors):
    assert re.search(ERRORS[name], errors[name], re.DOTALL), errors[name]
    assert errors[name].count('xpected') == 1


@pytest.mark.parametrize('name', sorted({*LABELLED} - {'one_pixel.png'}))
def test_the_rest_is_labelled_as_if_it_were_alone(name, run, coco):
    """Upright where EXIF says so; constant depth has nothing in front."""
    expected = labelled_directly(run, name)
    found, row = masks_of(coco, name)
    assert (row['height'], row['width']) == SIZE
    order = np.argsort(-expected.scores, kind='stable')
    np.testing.assert_array_equal(found, expected.masks[order])


def test_most_of_them_hold_instances(coco):
    """So that the comparison above compares something."""
    with_masks = {row['image_id'] for row in coco.dataset['annotations']}
    assert len(with_masks) >= len(LABELLED) // 2


def test_one_pixel_holds_no_instance(coco):
    found, _ = masks_of(coco, 'one_pixel.png')
    assert found.shape == (0, 1, 1)


def test_what_was_repaired_is_labelled_by_the_next_call(run, scene, tool):
    np.save(run / 'depth' / 'missing.npy', metres(scene[1]))
    try:
        words = ['--images', run / 'images', '--out', run / 'out']
        words = [str(word) for word in (run / 'config.py', *words)]
        assert tool.main(words) == 3
        labels = read_labels(run / 'out' / 'pseudo_labels.json')
        names = {row['file_name'] for row in labels['images']}
        assert names == {*LABELLED, 'missing.jpg'}
    finally:
        (run / 'depth' / 'missing.npy').unlink()


def test_feature_maps_of_another_grid(tmp_path, scene, tool):
    image, depth = scene
    for name in ('images', 'depth', 'features'):
        (tmp_path / name).mkdir()
    features = classical_features(image)
    grid = features.shape[1:]
    maps = {
        'good': features,
        'other': features[:, 1:],
        'nan': np.full_like(features, np.nan),
        'flat': features[0],
    }
    for name, values in maps.items():
        Image.fromarray(image).save(tmp_path / 'images' / f'{name}.png')
        np.save(tmp_path / 'depth' / f'{name}.npy', metres(depth))
        np.savez(tmp_path / 'features' / f'{name}.npz', features=values)
    source = {
        'type': 'mmcuts3d.FeaturesFromFiles',
        'root': str(tmp_path / 'features'),
        'grid': grid,
    }
    config = write_config(tmp_path, repr(source))
    words = ['--images', tmp_path / 'images', '--out', tmp_path / 'out']
    assert tool.main([str(word) for word in (config, *words)]) == 3
    labels = read_labels(tmp_path / 'out' / 'pseudo_labels.json')
    assert [row['file_name'] for row in labels['images']] == ['good.png']
    assert labels['annotations']
    rows = json.loads((tmp_path / 'out' / 'errors.json').read_text())
    errors = {row['file_name']: row['error'] for row in rows}
    assert sorted(errors) == ['flat.png', 'nan.png', 'other.png']
    height, width = grid
    text = f'other.npz to have the grid {(height, width)}, but got '
    assert text + f'{(height - 1, width)}' in errors['other.png']
    assert 'nan.npz to be finite' in errors['nan.png']
    assert 'flat.npz to have shape (C, h, w)' in errors['flat.png']


def test_a_wrong_depth_folder_stops_with_one_message(tmp_path, scene, tool):
    (tmp_path / 'images').mkdir()
    Image.fromarray(scene[0]).save(tmp_path / 'images' / 'a.png')
    words = ['--images', tmp_path / 'images', '--out', tmp_path / 'out']
    words = [str(word) for word in (write_config(tmp_path), *words)]
    with pytest.raises(FileNotFoundError, match=str(tmp_path / 'depth')):
        tool.main(words)
    assert not (tmp_path / 'out' / 'pseudo_labels.json').exists()
