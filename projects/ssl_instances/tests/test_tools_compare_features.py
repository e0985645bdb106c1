"""The tool: its table, its pictures, its search, and bad input."""

import json
import runpy

import numpy as np
import pytest
import torch
from helpers import ROOT, shared_data
from mmdet.structures import DetDataSample

from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import MODELS
from projects.ssl_instances.tests.made_images import SHAPE, make_images

TOOL = ROOT / 'projects/ssl_instances/tools/compare_features.py'


@pytest.fixture(scope='module')
def main():
    return runpy.run_path(str(TOOL))['main']


@pytest.fixture
def folder(tmp_path):
    return make_images(tmp_path / 'set')


def words(folder, *more, features=None, ann=True):
    features = features or [f'files:{folder / "maps"}']
    found = ['--images', folder / 'images', '--features', *features]
    if ann:
        found += ['--ann', folder / 'instances.json']
    found += ['--out', folder / 'out', '--samples', '100', *more]
    return list(map(str, found))


def test_table_and_pictures(main, folder, capsys):
    sources = [f'files:{folder / "maps"}', 'classical', 'random-vits16']
    more = ('--grid', '6', '--pictures', '1', '--paper', 'voc')
    assert main(words(folder, *more, features=sources)) == 0
    said = capsys.readouterr().out
    for name in ('files:maps', 'classical', 'random-vits16'):
        assert f'{name} [stand-in]' in said
    assert 'PASCAL VOC 2012' in said
    found = json.loads((folder / 'out' / 'table.json').read_text())
    assert found['rows'][0]['recall']['1'][0] == 100
    assert found['settings']['ks'] == [2, 3, 4, 5, 6]
    assert (folder / 'out' / 'clusters.png').exists()
    # Called again, nothing is clustered again, and the table is the same.
    assert main(words(folder, *more, features=sources)) == 0
    again = capsys.readouterr().out
    assert 'clustered 3 images' not in again
    assert json.loads((folder / 'out' / 'table.json').read_text()) == found


def test_without_truth(main, folder, capsys):
    assert main(words(folder, '--ks', '2', '4', ann=False)) == 0
    said = capsys.readouterr().out
    assert 'masks/image' in said and 'Without --ann' in said
    assert (folder / 'out' / 'clusters.png').exists()
    assert not (folder / 'out' / 'table.txt').exists()


def test_weights_that_cannot_be_had_are_not_run(
    main, folder, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv('MMCUTS3D_HOME', str(tmp_path / 'home'))
    sources = [f'files:{folder / "maps"}', 'selfpatch_vits16']
    more = ('--pictures', '0')
    assert main(words(folder, *more, features=sources)) == 3
    said = capsys.readouterr().out
    assert 'selfpatch_vits16: not run: The weights' in said
    text = (folder / 'out' / 'table.md').read_text()
    assert '| `selfpatch_vits16` | not run |' in text
    with pytest.raises(ValueError, match='No source could be run; selfpatch'):
        main(words(folder, *more, features=['selfpatch_vits16']))


def test_search_gives_a_config_that_cuts(main, folder, capsys):
    more = ('--search', '--taus', '0.3', 'auto', '--pictures', '0')
    assert main(words(folder, *more)) == 0
    said = capsys.readouterr().out
    assert 'by AP, on 3 images' in said
    path = folder / 'out' / 'search' / 'cuts3d_files-maps.py'
    snippet = '\n'.join(path.read_text().splitlines()[1:])
    assert snippet.strip() in said  # what is printed is what is written
    config = load_config(path)
    assert config.model.type == 'mmcuts3d.CutS3DLabeler'
    tau = config.model.cut.semantic.tau_ncut
    rows = json.loads(
        (path.parent / 'files-maps' / 'calibration.json').read_text()
    )['rows']
    assert tau in (0.3, 'auto') and len(rows) == 2
    labeler = MODELS.build(config.model)
    image = torch.full((1, 3, *SHAPE), 90.0)
    sample = DetDataSample(
        metainfo={
            'img_path': str(folder / 'images' / '0.png'),
            'img_shape': SHAPE,
            'ori_shape': SHAPE,
        }
    )
    found = labeler.predict(image, [sample])[0].pred_instances
    assert labeler.cut.semantic.tau_ncut == tau
    assert found.masks.shape[1:] == SHAPE


def test_search_of_layers_and_kinds(main, folder, capsys):
    more = ('--search', '--taus', '0.2', '--layers', '-1', '-3', '--kinds')
    more += ('key', 'token', '--grid', '8', '--pictures', '0', '--limit', '1')
    named = words(folder, *more, '--search-limit', '1', ann=False)
    named[named.index('--features') + 1] = 'random-vits16'
    assert main(named) == 0
    folder = folder / 'out' / 'search'
    (path,) = folder.glob('*/calibration.json')
    rows = json.loads(path.read_text())['rows']
    assert {(row['layer'], row['kind']) for row in rows} == {
        (layer, kind) for layer in (-1, -3) for kind in ('key', 'token')
    }
    features = load_config(folder / 'cuts3d_random-vits16.py').model.features
    assert features.layer == rows[0]['layer']
    assert features.kind == rows[0]['kind'] and features.image_size == 128


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        (('--ks', '1', '2'), '`ks` to be different integers'),
        (('--ks', '2', '181'), r'patches \(180\)'),
        (('--tau', '2'), '--tau to be in'),
        (('--limit', '0'), '`limit` to be at least 1'),
        (('--device', 'abacus'), 'abacus'),
    ],
)
def test_bad_settings(main, folder, more, message):
    with pytest.raises(ValueError, match=message):
        main(words(folder, *more))


@pytest.mark.parametrize(
    ('features', 'message'),
    [
        (['mae_vitb61'], 'did you mean mae_vitb16'),
        (['classical', 'classical'], 'different feature sources'),
        (['files:/not/there'], 'folder of feature maps'),
    ],
)
def test_bad_sources(main, folder, features, message):
    """At the door: nothing has been written yet."""
    with pytest.raises(ValueError, match=message):
        main(words(folder, features=features))
    assert not (folder / 'out').exists()


def test_nothing_to_compare(main, capsys):
    with pytest.raises(SystemExit) as end:
        main(['--features', 'classical'])
    assert end.value.code == 2
    assert '--images and --features are needed' in capsys.readouterr().err


def test_an_error_is_one_line_and_exit_code_1(folder, monkeypatch, capsys):
    named = words(folder, features=['mae_vitb61'])
    monkeypatch.setattr('sys.argv', [str(TOOL), *named])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(TOOL), run_name='__main__')
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith('Expected the name of a feature')
    assert said.count('\n') == 1


def test_embedded_scenes(main, tmp_path, capsys):
    more = ('--features', 'classical', '--grid', '16', '--out', str(tmp_path))
    assert main(['--scenes', '2', *more, '--pictures', '1']) == 0
    assert 'classical [stand-in]' in capsys.readouterr().out
    found = json.loads((tmp_path / 'table.json').read_text())
    assert found['num_images'] == 2 and found['rows'][0]['all'][0] >= 0
    with pytest.raises(SystemExit):
        main(['--scenes', '2', '--images', str(tmp_path), *more])
    assert '--scenes come without' in capsys.readouterr().err
    with pytest.raises(ValueError, match='num_scenes'):
        main(['--scenes', '0', *more])


def test_list(main, capsys):
    assert main(['--list']) == 0
    said = capsys.readouterr().out
    assert 'mocov3_vitb16' in said and 'CC BY-NC 4.0' in said
    assert 'classical [stand-in]' in said and 'deit_vitb16 [superv' in said


def test_real_images_with_stand_in_features(main, tmp_path, capsys):
    folder = shared_data('coco_photos')
    more = [
        *('--images', folder / 'images', '--ann', folder / 'instances.json'),
        *('--features', f'files:{folder / "features_mobilenetv2"}'),
        *('--ks', '2', '3', '--limit', '2', '--pictures', '1'),
        *('--samples', '100', '--out', tmp_path),
    ]
    assert main([str(word) for word in more]) == 0
    said = capsys.readouterr().out
    assert '98 images' not in said  # a limit is not an absence
    found = json.loads((tmp_path / 'table.json').read_text())
    (row,) = found['rows']
    assert row['features'] == 'files:features_mobilenetv2 [stand-in]'
    assert 0 <= row['best_iou'][0] <= 100
    assert np.isfinite(row['all']).all() and row['failed'] == 0
