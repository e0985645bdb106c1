"""PseudoLabelDataset: from the label file to mmdet's samples."""

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmdet.datasets import MultiImageMixDataset
from mmdet.utils import register_all_modules

from mmcuts3d.datasets import PseudoLabelDataset
from mmcuts3d.labels import (
    ImageRecord,
    begin_store,
    instance_to_annotation,
    open_shard,
    open_store,
)
from mmcuts3d.labels.backends.label_writer import LabelWriter
from mmcuts3d.registry import DATASETS

HEIGHT, WIDTH = 48, 64


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _rectangle(top, left, height, width):
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[top : top + height, left : left + width] = True
    return mask


def _write(folder, name='a'):
    """Three images: two instances (one with a map), none, one."""
    confidence = np.zeros((6, 8), dtype=np.float32)
    confidence[1:4, 1:3] = 1.0
    confidence[1, 1:3] = 0.5
    writer = LabelWriter(folder / name, fingerprint='test')
    annotations = [
        [
            instance_to_annotation(_rectangle(8, 8, 24, 16), 0.9, confidence),
            instance_to_annotation(_rectangle(2, 40, 10, 20), 0.4),
        ],
        [],
        [instance_to_annotation(_rectangle(20, 30, 12, 12), 1.0)],
    ]
    rng = np.random.default_rng(0)
    (folder / 'images').mkdir(exist_ok=True)
    for index, rows in enumerate(annotations):
        file_name = f'{index}.png'
        image = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / 'images' / file_name), image)
        writer.append(ImageRecord(file_name, HEIGHT, WIDTH, index + 1, rows))
    return writer.finish()


def _dataset(path, **settings):
    settings = {
        'data_root': str(path.parents[1]),
        'ann_file': str(path),
        'data_prefix': {'img': 'images/'},
        'pipeline': [
            {'type': 'LoadImageFromFile'},
            {'type': 'mmcuts3d.LoadPseudoLabels'},
        ],
        **settings,
    }
    return DATASETS.build({'type': 'mmcuts3d.PseudoLabelDataset', **settings})


def test_samples(tmp_path):
    dataset = _dataset(_write(tmp_path))
    assert isinstance(dataset, PseudoLabelDataset)
    assert len(dataset) == 3
    assert dataset.metainfo['classes'] == ('object',)
    info = dataset.get_data_info(0)
    first, second = info['instances']
    assert first['bbox'] == [8, 8, 24, 32] and first['score'] == 0.9
    assert 'confidence' in first and 'confidence' not in second
    assert info['img_id'] == 1 and info['img_path'].endswith('images/0.png')
    sample = dataset[0]
    levels = sample['gt_masks'].levels
    assert levels.dtype == np.uint8
    assert np.array_equal(levels[0] > 0, _rectangle(8, 8, 24, 16))
    # The map's first row of patches is half sure; the rest is sure.
    assert set(np.unique(levels[0][8:16, 8:24])) == {120}
    assert set(np.unique(levels[0][16:32, 8:24])) == {240}
    assert np.array_equal(levels[1], 240 * _rectangle(2, 40, 10, 20))
    assert sample['gt_bboxes_labels'].tolist() == [0, 0]
    assert not sample['gt_ignore_flags'].any()
    assert len(dataset[1]['gt_masks']) == 0


def test_filters(tmp_path):
    path = _write(tmp_path)
    full = {'filter_empty_gt': True, 'min_size': 32}
    assert len(_dataset(path, filter_cfg=full)) == 2
    assert len(_dataset(path, filter_cfg={'min_size': 48})) == 3
    with pytest.raises(ValueError, match='3 images'):
        _dataset(path, filter_cfg={'min_size': 49})
    assert len(_dataset(path, filter_cfg=full, test_mode=True)) == 3
    scored = _dataset(path, filter_cfg=full, min_score=0.5)
    assert [len(scored.get_data_info(i)['instances']) for i in (0, 1)] == [
        1,
        1,
    ]


def test_reload(tmp_path):
    dataset = _dataset(_write(tmp_path))
    labels = json.loads(Path(dataset.ann_file).read_text())
    labels['annotations'] = labels['annotations'][2:]
    other = tmp_path / 'round1.json'
    other.write_text(json.dumps(labels))
    assert dataset.reload('round1.json') is dataset
    counts = [len(dataset.get_data_info(i)['instances']) for i in range(3)]
    assert counts == [0, 0, 1]
    with pytest.raises(ValueError, match='no file there'):
        dataset.reload('nothing.json')
    assert len(dataset) == 3 and dataset.ann_file.endswith('round1.json')
    assert len(dataset[2]['gt_masks']) == 1


def test_a_wrong_category_name_is_an_error(tmp_path):
    path = _write(tmp_path)
    labels = json.loads(path.read_text())
    labels['categories'][0]['name'] = 'thing'
    path.write_text(json.dumps(labels))
    with pytest.raises(ValueError, match=r'object.*thing'):
        _dataset(path)
    with pytest.raises(ValueError, match=r"\('object',\).*cat"):
        _dataset(_write(tmp_path, 'b'), metainfo={'classes': ('cat',)})


def test_masks_of_another_size_are_an_error(tmp_path):
    path = _write(tmp_path)
    small = np.zeros((10, 12, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'images' / '0.png'), small)
    with pytest.raises(ValueError, match=r'0\.png.*\(10, 12\)'):
        _dataset(path)[0]


def test_mixes_and_packs(tmp_path):
    path = _write(tmp_path)
    pipeline = [
        {
            'type': 'mmcuts3d.ConfidentCopyPaste',
            'min_ratio': 0.9,
            'blend': {'type': 'mmcuts3d.AlphaBlend'},
        },
        {'type': 'mmcuts3d.PackPseudoLabels'},
    ]
    dataset = _dataset(path, filter_cfg={'filter_empty_gt': True})
    mixed = MultiImageMixDataset(dataset, pipeline)
    for index in range(len(mixed)):
        packed = mixed[index]
        assert packed['inputs'].shape == (3, HEIGHT, WIDTH)
        assert packed['inputs'].dtype == torch.uint8
        gt = packed['data_samples'].gt_instances
        assert len(gt.bboxes) == len(gt.labels) == len(gt.masks)
        assert len(gt.confidences) == len(gt.masks) >= 1
        assert set(np.unique(gt.masks.masks)) <= {0, 1}
        assert (gt.confidences.masks[gt.masks.masks == 0] == 240).all()
        assert set(np.unique(gt.confidences.masks)) <= {120, 240}


def _as_parquet(path):
    """The labels of a file as a store of Parquet shards."""
    folder = path.with_name('parquet')
    records = list(open_store(path))
    names = [record.file_name for record in records]
    with begin_store(folder, names, 'test', 'parquet', shard_size=2) as run:
        for plan in run.plan():
            with open_shard(plan) as writer:
                for place in plan.images:
                    writer.append(records[place])
                writer.seal()
        run.finish()
    return folder


@pytest.mark.parametrize('serialize', [False, True])
@pytest.mark.parametrize(
    'settings',
    [
        {},
        {'filter_cfg': {'filter_empty_gt': True, 'min_size': 32}},
        {'filter_cfg': {'filter_empty_gt': True}, 'min_score': 0.95},
        {'filter_cfg': {'min_size': 48}, 'min_score': 0.5},
        {'indices': 2},
    ],
)
def test_a_store_gives_what_its_file_gives(tmp_path, settings, serialize):
    path = _write(tmp_path)
    settings = {**settings, 'serialize_data': serialize}
    file = _dataset(path, **settings)
    store = _dataset(path, **{**settings, 'ann_file': str(_as_parquet(path))})
    store = pickle.loads(pickle.dumps(store))
    assert len(store) == len(file)
    # mmengine itself cannot take -1 of a single serialised entry.
    for index in [*range(len(file)), *([-1] if len(file) > 1 else [])]:
        assert store.get_data_info(index) == file.get_data_info(index)
    np.testing.assert_array_equal(
        store[0]['gt_masks'].levels, file[0]['gt_masks'].levels
    )
    last = [len(file) - 1]
    part, other = store.get_subset(last), file.get_subset(last)
    assert len(part) == 1
    assert part.get_data_info(0) == other.get_data_info(0)
    store.get_subset_([0])
    assert store.get_data_info(0) == file.get_data_info(0)
    assert len(store) == 1


def test_reload_goes_from_file_to_store_and_back(tmp_path):
    path = _write(tmp_path)
    dataset = _dataset(path, filter_cfg={'filter_empty_gt': True})
    before = [dataset.get_data_info(index) for index in range(2)]
    folder = _as_parquet(path)
    for other in (folder, path, folder):
        dataset.reload(str(other))
        assert [dataset.get_data_info(i) for i in range(2)] == before
    with pytest.raises(ValueError, match='without labels'):
        dataset.reload(str(tmp_path / 'images'))
    assert [dataset.get_data_info(i) for i in range(2)] == before
    empty = _dataset(path, ann_file=str(folder), filter_cfg={'min_size': 48})
    assert len(empty) == 3
    with pytest.raises(ValueError, match='3 images'):
        _dataset(path, ann_file=str(folder), filter_cfg={'min_size': 49})
