"""What an export checks before it writes, and what it leaves."""

import importlib.util

import numpy as np
import pytest
from helpers import ROOT
from helpers.hard_masks import NAMES, SIZE, masks
from PIL import Image

from mmcuts3d.exports import FORMATS, export_store, to_detections
from mmcuts3d.labels import (
    ImageRecord,
    begin_store,
    build_labels,
    instance_to_annotation,
    open_shard,
    open_store,
    write_json,
)


def tool(*words):
    path = ROOT / 'tools/dataset_converters/export_pseudo_labels.py'
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main([str(word) for word in words])


def made(tmp_path, rows_by_name, images=True):
    """A store of given masks."""
    records = [
        ImageRecord(name, *SIZE, number, rows)
        for number, (name, rows) in enumerate(rows_by_name.items(), 1)
    ]
    path = tmp_path / 'made.json'
    write_json(path, build_labels(records))
    for name in rows_by_name if images else ():
        image = tmp_path / 'images' / name
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.new('RGB', SIZE[::-1]).save(image)
    return open_store(path)


def left_behind(tmp_path):
    return [path.name for path in tmp_path.iterdir() if path.name[0] == '.']


@pytest.mark.parametrize('name', FORMATS)
def test_the_command_says_what_is_lost(name, store, tmp_path, capsys):
    out = tmp_path / 'deeper' / 'out'
    words = ['--format', name, '--images', tmp_path / 'images']
    assert tool(store.path, out, *words, '--score-thr', 0.72) == 0
    said = capsys.readouterr().out
    assert f'{out}: 3 masks in 3 images' in said
    assert '4 masks below the score left out' in said
    for loss in FORMATS[name].lost:
        assert f'not kept by {name}: {loss}' in said
    before = sorted(path for path in out.rglob('*'))
    with pytest.raises(ValueError, match='--overwrite'):
        tool(store.path, out, *words)
    assert tool(store.path, out, *words, '--overwrite') == 0
    assert set(before) <= set(out.rglob('*'))
    assert left_behind(out.parent) == []


def test_an_unknown_format_is_refused_with_the_nearest(store, tmp_path):
    with pytest.raises(ValueError, match=r"yollo.*perhaps 'yolo'\?"):
        export_store(store, 'yollo', tmp_path / 'out')
    with pytest.raises(ValueError, match='score_thr'):
        export_store(store, 'cvat', tmp_path / 'out', score_thr=1.5)


@pytest.mark.parametrize(
    'name', [name for name, kind in FORMATS.items() if kind.needs_images]
)
def test_images_are_wanted_where_they_stand_beside_the_labels(
    name, store, tmp_path
):
    with pytest.raises(ValueError, match=r'`images`.*beside the labels'):
        export_store(store, name, tmp_path / 'out')
    with pytest.raises(ValueError, match='to be a folder'):
        export_store(store, name, tmp_path / 'out', tmp_path / 'nowhere')
    (tmp_path / 'images' / NAMES[2]).unlink()
    with pytest.raises(ValueError, match=rf'image {NAMES[2]} in .*images'):
        export_store(store, name, tmp_path / 'out', tmp_path / 'images')
    assert not (tmp_path / 'out').exists()
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize('name', ['yolo', 'labelme', 'voc'])
def test_two_images_never_share_a_file_of_labels(name, tmp_path):
    store = made(tmp_path, {'one.png': [], 'One.jpg': []})
    with pytest.raises(ValueError, match=r'one\.png and One\.jpg.*rename'):
        export_store(store, name, tmp_path / 'out', tmp_path / 'images')
    assert not (tmp_path / 'out').exists()


def test_images_are_not_written_over(store, tmp_path):
    for out in ('images', 'labels', '.'):
        with pytest.raises(ValueError, match='Expected another folder'):
            export_store(
                store,
                'labelme',
                tmp_path / out,
                tmp_path / 'images',
                overwrite=True,
            )
    (tmp_path / 'file').touch()
    with pytest.raises(ValueError, match='got file'):
        export_store(store, 'cvat', tmp_path / 'file')


def test_voc_holds_254_masks_an_image(tmp_path):
    dot = instance_to_annotation(masks()['dot'], 0.5)
    store = made(tmp_path, {'a.png': [dict(dot) for _ in range(255)]})
    with pytest.raises(ValueError, match=r'254 masks .* 255 in a\.png'):
        export_store(store, 'voc', tmp_path / 'out', tmp_path / 'images')


def test_names_on_another_machine_are_refused(tmp_path):
    name = '/data/a.png'
    with begin_store(tmp_path / 'store', [name], 'a' * 16, 'parquet') as run:
        for plan in run.plan():
            with open_shard(plan) as writer:
                writer.append(ImageRecord(name, *SIZE, 1, []))
                writer.seal()
        run.finish()
    store = open_store(tmp_path / 'store')
    with pytest.raises(ValueError, match=name):
        export_store(store, 'cvat', tmp_path / 'out')


def test_detections_keep_score_and_confidence(store):
    supervision = pytest.importorskip('supervision')
    found = to_detections(store.record(2))
    assert isinstance(found, supervision.Detections)
    assert (found.mask[0] == masks()['ring']).all()
    assert found.xyxy.tolist() == [[22, 8, 50, 36]]
    assert found.confidence.tolist() == [0.75]
    maps = found.data['spatial_confidence']
    assert maps.shape == (1, *SIZE)
    assert (maps[0][~masks()['ring']] == 0).all()
    assert 'spatial_confidence' not in to_detections(store.record(0)).data
    assert len(to_detections(store.record(1))) == 0


def test_without_supervision_the_command_to_install_it_is_named(
    store, monkeypatch
):
    monkeypatch.setitem(__import__('sys').modules, 'supervision', None)
    with pytest.raises(ValueError, match='pip install supervision'):
        to_detections(store.record(2))


def test_a_mask_of_the_whole_image_and_its_neighbour(tmp_path):
    full = instance_to_annotation(np.ones(SIZE, bool), 1.0)
    store = made(tmp_path, {'a.png': [full]})
    for name in FORMATS:
        out = tmp_path / name
        export_store(store, name, out, tmp_path / 'images')
        assert any(out.iterdir())
