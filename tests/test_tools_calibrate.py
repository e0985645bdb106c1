"""tools/calibrate.py, from the command line to config lines that work."""

import importlib.util
import json

import numpy as np
import pytest
from helpers import ROOT
from PIL import Image

from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.labels import encode_mask

CONFIG = """
default_scope = 'mmdet'
model = dict(
    type='mmcuts3d.MaskCutLabeler',
    features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=8),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmcuts3d.ImageFolder',
        data_prefix=dict(img=''),
        serialize_data=False,  # its garbage collection takes a second
        pipeline=[
            dict(type='mmcuts3d.LoadImage'),
            dict(type='Resize', scale=(192, 144), keep_ratio=False),
            dict(type='PackDetInputs'),
        ],
    ),
)
"""
SIZE = (144, 192)


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools' / 'calibrate.py'
    spec = importlib.util.spec_from_file_location('calibrate', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scenes(tmp_path):
    """A folder of embedded scenes, their annotations, and a config."""
    folder = tmp_path / 'images'
    folder.mkdir()
    content = {'images': [], 'annotations': [], 'categories': [{'id': 1}]}
    content['categories'][0]['name'] = 'thing'
    for number in range(3):
        scene = make_scene(number, SIZE)
        name = f'{number}.png'
        Image.fromarray(scene.image).save(folder / name)
        image = {'id': number + 1, 'file_name': name}
        image |= {'height': SIZE[0], 'width': SIZE[1]}
        content['images'].append(image)
        for mask in scene.masks:
            row = {'id': len(content['annotations']) + 1, 'category_id': 1}
            row |= {'image_id': number + 1, 'iscrowd': 0}
            content['annotations'].append(
                {**row, 'segmentation': encode_mask(mask)}
            )
    (tmp_path / 'truth.json').write_text(json.dumps(content))
    (tmp_path / 'config.py').write_text(CONFIG)
    return tmp_path


def call(tool, scenes, *more):
    config, images = scenes / 'config.py', scenes / 'images'
    return tool.main([str(config), '--images', str(images), *map(str, more)])


def test_without_labels(tool, scenes, capsys):
    assert call(tool, scenes, '--taus', 'auto', '0.2', '0.95') == 0
    out = capsys.readouterr().out
    assert '3 of 3 images: 3 thresholds (ClassicalFeatures has no' in out
    assert 'By stability, on 3 images:' in out
    table = out[out.index('By stability') :].splitlines()[2:6]
    assert table[0].split()[:3] == ['tau_ncut', 'stability', '+-']
    values = [float(line.split()[1]) for line in table[1:]]
    assert values == sorted(values, reverse=True) and values[0] > 0
    best = table[1].split()[0]
    tau = repr(best) if best == 'auto' else best
    assert f'cut=dict(semantic=dict(tau_ncut={tau})),' in out
    assert best != '0.95'  # hardly two patches are so much alike


def test_with_labels_and_a_bad_image(tool, scenes, capsys):
    (scenes / 'images' / '1.png').write_bytes(b'no image')
    out = scenes / 'out'
    truth = scenes / 'truth.json'
    more = ('--annotations', truth, '--out', out, '--taus', 'auto', '0.3')
    assert call(tool, scenes, *more) == 3
    told = capsys.readouterr().out
    assert 'images/1.png' in told and '1 of 3 images could not' in told
    assert 'By AP, on 2 images:' in told
    content = json.loads((out / 'calibration.json').read_text())
    aps = [row['AP'] for row in content['rows']]
    assert aps == sorted(aps, reverse=True)
    assert list(content['failed']) == ['1.png']
    assert all(np.isfinite(row['AP50']) for row in content['rows'])


def test_nothing_to_choose_where_nothing_is_found(tool, scenes, capsys):
    """All patches are alike at 0, so that no setting cuts anything."""
    for path in (scenes / 'images').iterdir():
        Image.fromarray(np.full((*SIZE, 3), 90, np.uint8)).save(path)
    assert call(tool, scenes, '--taus', 'auto', '0.5') == 0
    out = capsys.readouterr().out
    assert 'No setting has any stability' in out and 'model =' not in out


def test_a_backbone_takes_the_place_of_the_features(
    tool, scenes, monkeypatch, capsys
):
    """Weights of none can be had here: it ends where they are asked for."""
    asked = []

    def no_weights(weights, *args, **settings):
        asked.append(weights)
        raise ValueError('no weights here')

    name = 'mmcuts3d.models.features.vit_keys.find_weights'
    monkeypatch.setattr(name, no_weights)
    with pytest.raises(ValueError, match='no weights here'):
        call(tool, scenes, '--backbone', 'dino_vits16', '--layers', '-12')
    assert asked == ['dino_vits16']
    assert '11 thresholds on each of 4 layers' in capsys.readouterr().out
    with pytest.raises(ValueError, match='`layer` to be from -12 to 11'):
        call(tool, scenes, '--backbone', 'dino_vits16', '--layers', '12')
    assert len(asked) == 1


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--taus', 'much'], 'invalid .*much'),
        (['--kinds', 'keys'], "invalid choice: 'keys'"),
        (['--backbone', 'vgg'], "invalid choice: 'vgg'"),
    ],
)
def test_a_wrong_command_line(tool, scenes, words, message, capsys):
    with pytest.raises(SystemExit) as error:
        call(tool, scenes, *words)
    assert error.value.code == 2
    import re

    assert re.search(message, capsys.readouterr().err)
