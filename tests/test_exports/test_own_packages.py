"""Each format is loaded by the package of its own tool, where it is there.

None of them is needed by mmcuts3d: they are heavy, and skip where absent.
`pip install supervision labelme label-studio-converter datumaro datasets
fiftyone` in an environment of its own runs all.
"""

import json

import numpy as np
import pytest
from helpers.hard_masks import NAMES, SCORES, SIZE, masks
from pycocotools import mask as coco_mask

from mmcuts3d.exports import export_store

STEM = NAMES[0].removesuffix('.png')


@pytest.fixture
def export(store, tmp_path):
    def run(name):
        export_store(store, name, tmp_path / name, tmp_path / 'images')
        return tmp_path / name

    return run


def test_yolo_by_supervision(export):
    supervision = pytest.importorskip('supervision')
    out = export('yolo')
    found = supervision.DetectionDataset.from_yolo(
        images_directory_path=str(out / 'images' / 'a b'),
        annotations_directory_path=str(out / 'labels' / 'a b'),
        data_yaml_path=str(out / 'data.yaml'),
        force_masks=True,
    )
    assert found.classes == ['object']
    ((_, _, detections),) = list(found)
    for mask, (name, expected) in zip(
        detections.mask, masks().items(), strict=True
    ):
        if name in ('parts', 'noise'):
            assert (mask >= expected).all()
        else:
            assert (mask == expected).all(), name


def test_voc_by_supervision(export):
    supervision = pytest.importorskip('supervision')
    out = export('voc')
    found = supervision.DetectionDataset.from_pascal_voc(
        images_directory_path=str(out / 'JPEGImages'),
        annotations_directory_path=str(out / 'Annotations'),
    )
    boxes = {
        path.split('/')[-1]: detections.xyxy for path, _, detections in found
    }
    assert len(boxes['second.png']) == 1
    assert boxes['second.png'][0].tolist() == [22, 8, 50, 36]
    assert len(boxes['empty.jpg']) == 0


def test_labelme_by_labelme(export):
    pytest.importorskip('labelme')
    from labelme import utils

    try:
        from labelme._label_file import LabelFile
    except ImportError:
        from labelme.label_file import LabelFile
    path = export('labelme') / f'{STEM}.json'
    found = LabelFile(str(path))
    assert found.imagePath.endswith('.png')
    assert len(found.imageData) > 100  # it found the image
    shapes = found.shapes
    for shape, (name, mask) in zip(shapes, masks().items(), strict=True):
        whole = np.zeros(SIZE, bool)
        (left, top), (right, bottom) = np.array(shape['points'], int)
        crop = shape['mask']
        if isinstance(crop, str):
            crop = utils.img_b64_to_arr(crop)
        whole[top : bottom + 1, left : right + 1] = crop
        assert (whole == mask).all(), name
        assert shape['label'] == 'object'


def test_cvat_by_datumaro(export):
    datumaro = pytest.importorskip('datumaro')
    found = datumaro.Dataset.import_from(str(export('cvat')), 'cvat')
    (item,) = [item for item in found if 'rich' in item.id]
    kinds = [one for one in item.annotations if hasattr(one, 'image')]
    united = np.any([one.image for one in kinds], axis=0)
    assert (united == np.any(list(masks().values()), axis=0)).all()
    first = kinds[0]
    assert (first.image.astype(bool) == masks()['box']).all()
    assert float(first.attributes['score']) == pytest.approx(SCORES['box'])


def test_label_studio_by_its_converter(export):
    brush = pytest.importorskip('label_studio_converter.brush')
    tasks = json.loads((export('label_studio') / 'tasks.json').read_text())
    results = tasks[0]['predictions'][0]['result']
    for result, mask in zip(results, masks().values(), strict=True):
        flat = brush.decode_rle(result['value']['rle'])
        channel = np.reshape(flat, (*SIZE, 4))[..., 3]
        assert ((channel > 0) == mask).all()


def test_hugging_face_by_datasets(export, tmp_path):
    datasets = pytest.importorskip('datasets')
    found = datasets.load_dataset(
        'imagefolder',
        data_dir=str(export('huggingface')),
        split='train',
        cache_dir=str(tmp_path / 'cache'),
    )
    assert len(found) == 3
    (row,) = [row for row in found if len(row['objects']['score']) == 6]
    assert row['image'].size == SIZE[::-1]
    code = row['objects']['segmentation'][1]
    code = {'size': code['size'], 'counts': code['counts']}
    assert (coco_mask.decode(code) == masks()['ring']).all()


def test_fiftyone_by_its_importer(export, monkeypatch):
    # Without its database, which only the window needs.
    monkeypatch.setenv('FIFTYONE_DISABLE_SERVICES', '1')
    pytest.importorskip('fiftyone')
    from fiftyone.utils.data import LegacyFiftyOneDatasetImporter

    with LegacyFiftyOneDatasetImporter(str(export('fiftyone'))) as found:
        samples = {sample.filename: sample for sample in found}
    detections = samples[NAMES[0].split('/')[1]].pseudo_masks.detections
    for one, (name, mask) in zip(detections, masks().items(), strict=True):
        crop = one.get_mask() > 0
        x, y, w, h = np.round(
            np.array(one.bounding_box) * np.tile(SIZE[::-1], 2)
        ).astype(int)
        whole = np.zeros(SIZE, bool)
        whole[y : y + h, x : x + w] = crop
        assert (whole == mask).all(), name
    heat = samples['second.png'].spatial_confidence.get_map()
    assert heat.shape == SIZE
    assert (heat[~masks()['ring']] == 0).all()
