"""The blocks of docs/labels_in_other_tools.md, run on labels made here."""

import contextlib
import importlib.util
import io
import json

import cv2
import numpy as np
import pytest
from helpers import ROOT
from helpers.docs import blocks_by_section, page

from mmcuts3d.exports import FORMATS
from mmcuts3d.labels import (
    ImageRecord,
    decode_confidence,
    instance_to_annotation,
    read_labels,
)
from mmcuts3d.labels.backends.label_writer import LabelWriter

PAGE = page('labels_in_other_tools.md')
BLOCKS = blocks_by_section(PAGE)
SIDE = 48


@pytest.fixture
def labels(tmp_path, monkeypatch):
    """Two images with labels, and ground truth with ids of its own."""
    writer = LabelWriter(tmp_path / 'labels', fingerprint='test')
    (tmp_path / 'images').mkdir()
    rng = np.random.default_rng(0)
    truth = []
    for number in (1, 2):
        rows = []
        for left in (4, 26)[:number]:
            mask = np.zeros((SIDE, SIDE), bool)
            mask[10:40, left : left + 18] = True
            rows.append(
                instance_to_annotation(mask, 0.25 * number, rng.random((6, 6)))
            )
        image = rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8)
        cv2.imwrite(str(tmp_path / 'images' / f'{number}.png'), image)
        writer.append(ImageRecord(f'{number}.png', SIDE, SIDE, number, rows))
        truth += [
            {
                **{k: row[k] for k in ('segmentation', 'bbox', 'area')},
                'id': 10 * number + place,
                'image_id': 7 - number,
                'category_id': 5,
                'iscrowd': 0,
            }
            for place, row in enumerate(rows)
        ]
    path = writer.finish()
    content = {
        'images': [
            {'id': 7 - n, 'file_name': f'{n}.png', 'height': SIDE}
            | {'width': SIDE}
            for n in (1, 2)
        ],
        'annotations': truth,
        'categories': [{'id': 5, 'name': 'cup'}],
    }
    (tmp_path / 'instances.json').write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    return read_labels(path)


def run(block, package=None):
    """The names that a block defines; skipped without its package."""
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f'{package} is not installed')
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block, 'docs/labels_in_other_tools.md', 'exec'), names)
    return names


def test_every_block_is_run_here():
    assert {name: len(blocks) for name, blocks in BLOCKS.items()} == {
        'What is in the file': 1,
        'pycocotools': 2,
        'mmdet': 1,
        'torchvision': 1,
        'supervision': 2,
        'CVAT and datumaro': 0,
        'TensorBoard and WandB': 1,
        'The other way round': 0,
    }


def test_map_without_mmcuts3d(labels):
    found = run(BLOCKS['What is in the file'][0])['confidence']
    assert np.allclose(
        found, decode_confidence(labels['annotations'][0]['confidence'])
    )


def test_pycocotools(labels):
    found = run(BLOCKS['pycocotools'][0])
    assert found['mask'].sum() == 30 * 18 and found['score'] == 0.25
    found = run(BLOCKS['pycocotools'][1])
    assert found['evaluation'].stats[0] == pytest.approx(1)
    assert len(found['results'].anns) == 3
    for row in found['results'].anns.values():
        assert row['score'] in (0.25, 0.5) and row['confidence']['data']


def test_loadres_refuses_the_whole_file(labels):
    from pycocotools.coco import COCO

    truth = COCO('instances.json')
    with pytest.raises(AssertionError):
        truth.loadRes('labels/pseudo_labels.json')


def test_mmdet(labels):
    block = BLOCKS['mmdet'][0]
    instances = run(block)['instances']
    assert len(instances) == 1
    assert 'score' not in instances[0] and 'confidence' not in instances[0]
    line = "    metainfo=dict(classes=('object',)),\n"
    assert line in block
    assert run(block.replace(line, ''))['instances'] == []


def test_torchvision(labels):
    rows = run(BLOCKS['torchvision'][0], 'torchvision')['rows']
    assert rows[0]['score'] == 0.25 and 'confidence' in rows[0]


def test_supervision(labels):
    dataset = run(BLOCKS['supervision'][0], 'supervision')['dataset']
    found = {path.rpartition('/')[2]: d for path, _, d in dataset}
    assert len(found['1.png']) == 1 and len(found['2.png']) == 2
    assert found['1.png'].mask.sum() == 30 * 18
    assert found['1.png'].confidence is None
    names = run(BLOCKS['supervision'][1], 'supervision')
    assert names['sure'].confidence.tolist() == [0.25]
    assert names['maps'].shape == (1, SIDE, SIDE)


def test_every_format_has_a_row():
    rows = [row.split('`')[1] for row in PAGE.splitlines() if '| `' in row[:3]]
    assert set(FORMATS) <= set(rows)


def test_curves_by_config(tmp_path, monkeypatch):
    from mmengine.config import Config
    from mmengine.registry import VISUALIZERS, init_default_scope

    base = ROOT / 'configs' / '_base_' / 'default_runtime.py'
    path = tmp_path / 'mine.py'
    block = BLOCKS['TensorBoard and WandB'][0]
    path.write_text(f'_base_ = {str(base)!r}\n{block}')
    config = Config.fromfile(path)
    kinds = [backend['type'] for backend in config.visualizer.vis_backends]
    assert kinds == [
        'LocalVisBackend',
        'TensorboardVisBackend',
        'WandbVisBackend',
    ]
    init_default_scope('mmdet')
    # WandB would ask for an account.
    del config.visualizer.vis_backends[2]
    if importlib.util.find_spec('tensorboard') is None:
        del config.visualizer.vis_backends[1]
    visualizer = VISUALIZERS.build(
        {**config.visualizer, 'save_dir': str(tmp_path), 'name': tmp_path.name}
    )
    visualizer.add_scalars({'loss': 0.5, 'lr': 0.1}, step=3)
    visualizer.close()
    rows = (tmp_path / 'vis_data' / 'scalars.json').read_text().splitlines()
    assert json.loads(rows[0])['loss'] == 0.5
    if len(config.visualizer.vis_backends) == 2:
        assert list((tmp_path / 'vis_data').glob('events.out.tfevents.*'))


def test_every_format_that_comes_back_has_a_row():
    from mmcuts3d.imports import FORMATS as BACK

    section = PAGE[PAGE.index('## The other way round') :]
    rows = {
        row.split('`')[1] for row in section.splitlines() if row[:3] == '| `'
    }
    assert set(BACK) == rows - {'--format'}
