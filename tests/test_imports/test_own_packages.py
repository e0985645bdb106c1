"""Files that the tools' own packages write, where they are installed.

`pip install labelme label-studio-converter datumaro` in an environment of its
own runs all.
"""

import numpy as np
import pytest
from helpers.hard_masks import NAMES, SIZE, masks
from PIL import Image
from pycocotools import mask as coco_mask

from mmcuts3d.exports import export_store
from mmcuts3d.files.whole_files import write_json
from mmcuts3d.imports import import_labels_of


def decoded(record):
    return [
        coco_mask.decode(row['segmentation']).astype(bool)
        for row in record.annotations
    ]


def test_what_labelme_saved(store, tmp_path):
    pytest.importorskip('labelme')
    try:
        from labelme._label_file import LabelFile
    except ImportError:
        from labelme.label_file import LabelFile
    export_store(store, 'labelme', tmp_path / 'out', tmp_path / 'images')
    before = sorted((tmp_path / 'out').rglob('*.json'))
    for path in before:
        file = LabelFile(str(path))
        from labelme import utils

        shapes = [
            {
                **{k: v for k, v in shape.items() if k != 'other_data'},
                'mask': shape['mask']
                if isinstance(shape['mask'], str)
                else utils.img_arr_to_b64(shape['mask'].astype(np.uint8)),
            }
            for shape in file.shapes
        ]
        path.unlink()
        file.save(str(path), shapes, file.imagePath, *SIZE)
    records, _ = import_labels_of(
        tmp_path / 'out', 'labelme', tmp_path / 'images'
    )
    first = next(r for r in records if r.file_name == NAMES[0])
    for found, mask in zip(decoded(first), masks().values(), strict=True):
        assert (found == mask).all()


def test_coco_of_datumaro(store, tmp_path):
    datumaro = pytest.importorskip('datumaro')
    export_store(store, 'cvat', tmp_path / 'out', tmp_path / 'images')
    found = datumaro.Dataset.import_from(str(tmp_path / 'out'), 'cvat')
    found.export(str(tmp_path / 'coco'), 'coco_instances', save_media=False)
    (path,) = (tmp_path / 'coco').rglob('*.json')
    records, _ = import_labels_of(path, 'cvat_coco', tmp_path / 'images')
    first = next(r for r in records if r.file_name == NAMES[0])
    united = np.any(decoded(first), axis=0)
    assert (united == np.any(list(masks().values()), axis=0)).all()
    assert {row['iscrowd'] for row in first.annotations} == {0}


def test_brushes_of_label_studios_converter(tmp_path):
    brush = pytest.importorskip('label_studio_converter.brush')
    rows = []
    for mask in masks().values():
        code = brush.encode_rle(
            np.repeat(mask.astype(np.uint8) * 255, 4).ravel()
        )
        rows.append(
            {
                'type': 'brushlabels',
                'original_width': SIZE[1],
                'original_height': SIZE[0],
                'value': {'rle': list(code), 'brushlabels': ['thing']},
            }
        )
    task = {'data': {'image': 'a.png'}, 'annotations': [{'result': rows}]}
    path = write_json(tmp_path / 'tasks.json', [task])
    Image.new('RGB', SIZE[::-1]).save(tmp_path / 'a.png')
    (record,), _ = import_labels_of(path, 'label_studio', tmp_path)
    for found, mask in zip(decoded(record), masks().values(), strict=True):
        assert (found == mask).all()
