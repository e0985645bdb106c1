"""Pictures of the demo: any format, and one that fails costs itself."""

import importlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import ROOT
from mmdet.structures import DetDataSample
from PIL import Image


@pytest.fixture
def pictures(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'tools'))
    yield importlib.import_module('demo_parts.pictures')
    for name in [n for n in sys.modules if n.startswith('demo_parts')]:
        del sys.modules[name]


@pytest.fixture
def dataset(tmp_path):
    """A TIFF on its side, one whose cut fails, an unreadable one, a PNG."""
    exif = Image.Exif()
    exif[0x0112] = 6
    names = ['a.tif', 'fails.png', 'bad.png', 'sub/d.png']
    samples = []
    for number, name in enumerate(names):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        size = (20, 10) if number == 0 else (10, 20)
        Image.new('RGB', size, (200, 30, 40)).save(path, exif=exif)
        sample = DetDataSample(
            metainfo={
                'img_path': str(path),
                'img_id': number,
                'file_name': name,
            }
        )
        if name == 'bad.png':
            sample.set_metainfo({'error': 'truncated'})
        inputs = torch.zeros(3, 20, 10, dtype=torch.uint8)
        samples.append({'inputs': inputs, 'data_samples': sample})
    return samples


def test_a_picture_that_fails_is_named_and_the_others_come(
    pictures, dataset, tmp_path, monkeypatch
):
    said, drawn, sheets = [], [], {}

    def draw_one(labeler, item, folder):
        name = item['data_samples'].file_name
        if name == 'fails.png':
            raise IndexError('no steps\x1b[2J')
        drawn.append(name)

    monkeypatch.setattr(pictures, '_draw_one', draw_one)
    monkeypatch.setattr(pictures, 'print_log', lambda *a: said.append(a[0]))
    monkeypatch.setattr(pictures.DATASETS, 'build', lambda config: dataset)
    monkeypatch.setattr(pictures.MODELS, 'build', lambda config: None)
    monkeypatch.setattr(
        pictures, '_overview', lambda rows: sheets.setdefault('rows', rows)
    )
    monkeypatch.setattr(pictures, 'save_image', lambda *a: None)
    config = SimpleNamespace(
        demo=SimpleNamespace(
            images=SimpleNamespace(dataset={}), cuts3d={}, ann_file=None
        )
    )
    pictures.draw_pictures(config, [], tmp_path / 'out', 4)
    assert drawn == ['a.tif', 'sub/d.png']
    images = [row[0][1] for row in sheets['rows']]
    assert [image.shape for image in images] == [(20, 10, 3), (10, 20, 3)]
    assert all((image == (200, 30, 40)).all() for image in images)
    assert len(said) == 2 and all(text.isprintable() for text in said)
    assert 'fails.png: IndexError' in said[0]
    assert 'bad.png: truncated' in said[1]
    assert np.asarray(images[0]).dtype == np.uint8
