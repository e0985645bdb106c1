"""Files of other tools, read back by readers that are written here."""

import base64
import io
import json
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from helpers.hard_masks import NAMES, SCORES, SIZE, masks
from PIL import Image
from pycocotools import mask as coco_mask
from scipy import ndimage

from mmcuts3d.exports import export_store
from mmcuts3d.exports.rle_pack import pack_mask, unpack
from mmcuts3d.exports.voc import voc_palette
from mmcuts3d.labels import decode_confidence

STEM = NAMES[0].removesuffix('.png')


@pytest.fixture
def export(store, tmp_path):
    def run(name, **settings):
        out = tmp_path / name
        summary = export_store(
            store, name, out, tmp_path / 'images', **settings
        )
        assert (summary.num_images, summary.num_masks) == (3, 7)
        assert summary.num_below == 0
        return out

    return run


def test_yolo_draws_the_masks(export, tmp_path):
    out = export('yolo')
    lines = (out / 'labels' / f'{STEM}.txt').read_text().splitlines()
    for line, (name, mask) in zip(lines, masks().items(), strict=True):
        kind, *numbers = line.split()
        corners = np.array(numbers, float).reshape(-1, 2)
        assert kind == '0'
        assert len(corners) >= 3
        assert corners.min() > 0
        assert corners.max() < 1
        drawn, rounded = np.zeros((2, *SIZE), np.uint8)
        pixels = corners * SIZE[::-1]
        cv2.fillPoly(drawn, [pixels.astype(np.int32)], 1)  # Ultralytics
        cv2.fillPoly(rounded, [pixels.round().astype(np.int32)], 1)
        assert (drawn == rounded).all()
        assert (drawn >= mask).all(), name
        if name in ('box', 'ring', 'dot', 'line'):  # of one part
            assert (drawn == mask).all(), name
        elif name == 'parts':  # lines, one pixel wide
            assert drawn.sum() - mask.sum() <= SIZE[1]
    assert (out / 'labels' / 'empty.txt').read_text() == ''
    image = out / 'images' / NAMES[0]
    assert image.read_bytes() == (tmp_path / 'images' / NAMES[0]).read_bytes()
    assert (out / 'data.yaml').read_text().splitlines() == [
        'train: "images"',
        'val: "images"',
        'names:',
        '  0: "object"',
    ]


def test_labelme_has_the_very_pixels(export):
    path = export('labelme') / f'{STEM}.json'
    content = json.loads(path.read_text())
    assert (path.parent / content['imagePath']).is_file()
    assert (content['imageHeight'], content['imageWidth']) == SIZE
    for shape, (name, mask) in zip(
        content['shapes'], masks().items(), strict=True
    ):
        (left, top), (right, bottom) = shape['points']
        data = base64.b64decode(shape['mask'])
        crop = np.array(Image.open(io.BytesIO(data)))
        whole = np.zeros(SIZE, bool)
        whole[top : bottom + 1, left : right + 1] = crop
        assert (whole == mask).all(), name
        assert shape['shape_type'] == 'mask'
        score = json.loads(shape['description'])['score']
        assert score == pytest.approx(SCORES[name], abs=1e-4)


def test_voc_gives_a_pixel_to_the_surest_mask(export):
    out = export('voc')
    stem = STEM.replace('/', '__')
    png = Image.open(out / 'SegmentationObject' / f'{stem}.png')
    assert png.mode == 'P'
    ids = np.array(png)
    expected = np.zeros(SIZE, int)
    for number, (_, mask) in reversed(list(enumerate(masks().items(), 1))):
        expected[mask] = number  # the scores fall
    assert (ids == expected).all()
    classes = np.array(Image.open(out / 'SegmentationClass' / f'{stem}.png'))
    assert (classes == (expected > 0)).all()
    root = ElementTree.parse(out / 'Annotations' / f'{stem}.xml').getroot()
    assert root.findtext('filename') == f'{stem}.png'
    assert (out / 'JPEGImages' / f'{stem}.png').is_file()
    assert [p.name for p in (out / 'JPEGImages').iterdir() if p.is_dir()] == []
    box = root.find('object/bndbox')
    assert [int(side.text) for side in box] == [5, 6, 20, 15]
    split = (out / 'ImageSets' / 'Segmentation' / 'train.txt').read_text()
    assert split.splitlines() == [stem, 'empty', 'second']


def test_the_palette_is_that_of_voc():
    known = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0)}
    known |= {8: (64, 0, 0), 20: (0, 64, 128), 255: (224, 224, 192)}
    for index, colour in known.items():
        assert tuple(voc_palette()[index]) == colour


def test_cvat_has_one_connected_part_a_mask(export):
    out = export('cvat')
    root = ElementTree.parse(out / 'annotations.xml').getroot()
    images = root.findall('image')
    assert [image.get('name') for image in images] == NAMES
    whole = {name: np.zeros(SIZE, bool) for name in masks()}
    names = list(masks())
    single = iter(['box', 'ring', 'dot', 'line'])
    for row in images[0].findall('mask'):
        assert row.get('label') == 'object'
        sides = [int(row.get(k)) for k in ('left', 'top', 'width', 'height')]
        left, top, width, height = sides
        runs = [int(run) for run in row.get('rle').split(',')]
        values = np.arange(len(runs)) % 2 == 1
        crop = np.repeat(values, runs).reshape(height, width)
        assert ndimage.label(crop, np.ones((3, 3)))[1] == 1
        group = row.get('group_id')
        name = names[int(group) - 1] if group else next(single)
        whole[name][top : top + height, left : left + width] |= crop
        assert float(row.findtext('attribute')) == pytest.approx(
            SCORES[name], abs=1e-4
        )
    for name, mask in masks().items():
        assert (whole[name] == mask).all(), name
    assert root.findtext('meta/task/labels/label/name') == 'object'


@pytest.mark.parametrize('share', [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize('size', [(1, 1), (37, 53), (200, 300)])
def test_label_studios_code_comes_back(share, size):
    mask = np.random.default_rng(1).random(size) < share
    values = unpack(pack_mask(mask)).reshape(*size, 4)
    assert (values == np.where(mask, 255, 0)[..., None]).all()


def test_a_code_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match='ends inside of a run'):
        unpack(pack_mask(np.eye(9, dtype=bool))[:-3])


def test_label_studio_finds_the_images_as_local_files(export):
    out = export('label_studio')
    tasks = json.loads((out / 'tasks.json').read_text())
    assert tasks[0]['data']['image'] == (
        '/data/local-files/?d=images/a%20b/Z%C3%BCrich%2C%20%221%22.png'
    )
    (prediction,) = tasks[0]['predictions']
    expected = sum(SCORES.values()) / len(SCORES)
    assert prediction['score'] == pytest.approx(expected, abs=1e-4)
    results = prediction['result']
    assert len({one['id'] for one in results}) == len(results) == 6
    for result, mask in zip(results, masks().values(), strict=True):
        values = unpack(result['value']['rle']).reshape(*SIZE, 4)[..., 3]
        assert ((values > 0) == mask).all()
    config = ElementTree.parse(out / 'config.xml').getroot()
    assert config.find('BrushLabels').get('name') == results[0]['from_name']
    assert config.find('Image').get('name') == results[0]['to_name']


def test_fiftyone_has_masks_and_heatmap_by_path(export):
    out = export('fiftyone')
    samples = json.loads((out / 'samples.json').read_text())['samples']
    for row, mask in zip(
        samples[0]['pseudo_masks']['detections'],
        masks().values(),
        strict=True,
    ):
        x, y, w, h = np.array(row['bounding_box']) * np.tile(SIZE[::-1], 2)
        crop = np.array(Image.open(out / row['mask_path'])) > 0
        assert crop.shape == (round(h), round(w))
        whole = np.zeros(SIZE, bool)
        top, left = round(y), round(x)
        whole[top : top + round(h), left : left + round(w)] = crop
        assert (whole == mask).all()
    assert 'spatial_confidence' not in samples[0]
    heat = np.array(
        Image.open(out / samples[2]['spatial_confidence']['map_path'])
    )
    assert heat.shape == SIZE
    assert (heat[~masks()['ring']] == 0).all()
    assert len(np.unique(heat[masks()['ring']])) > 3


def test_hugging_face_has_all_there_is(export, store):
    out = export('huggingface')
    rows = [
        json.loads(line)
        for line in (out / 'train' / 'metadata.jsonl').read_text().splitlines()
    ]
    assert [row['file_name'] for row in rows] == NAMES
    objects = rows[0]['objects']
    for code, mask in zip(
        objects['segmentation'], masks().values(), strict=True
    ):
        assert (coco_mask.decode(code).astype(bool) == mask).all()
    assert objects['bbox'][0] == [4, 5, 16, 10]
    assert objects['confidence'] == [None] * 6
    found = decode_confidence(rows[2]['objects']['confidence'][0])
    kept = store.record(2).annotations[0]['confidence']
    assert (found == decode_confidence(kept)).all()
    assert (out / 'train' / NAMES[0]).is_file()
