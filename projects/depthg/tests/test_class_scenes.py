"""Embedded scenes with a map of classes."""

import json

import numpy as np
import pytest
from PIL import Image

from mmcuts3d.registry import DATASETS
from projects.depthg.depthg.data import (
    SCENE_CLASSES,
    ClassScenes,
    class_map,
    make_class_scene,
    write_class_scenes,
)

SIZE = (64, 80)


def scenes_config(root, **more):
    return dict(
        type='mmcuts3d.ClassScenes',
        data_root=str(root),
        size=SIZE,
        pipeline=[
            dict(type='mmcuts3d.LoadImage'),
            dict(type='mmcuts3d.LoadMaps'),
            dict(type='mmcuts3d.PackSegInputs'),
        ],
        **more,
    )


def test_files_are_the_scenes(tmp_path):
    data = DATASETS.build(scenes_config(tmp_path / 'set', num_scenes=7))
    assert len(data) == 7
    assert data.metainfo['classes'] == SCENE_CLASSES.names
    for index, item in enumerate(data):
        scene = make_class_scene(0, index, SIZE)
        sample = item['data_samples']
        image = item['inputs'].permute(1, 2, 0)
        assert np.array_equal(image, scene.image)
        assert np.array_equal(sample.label_map, class_map(scene))
        assert np.abs(sample.depth - scene.depth).max() < 1e-4


def test_classes_are_floor_wall_and_kinds():
    names = SCENE_CLASSES.names
    assert len(names) == 8 and len(set(SCENE_CLASSES.palette)) == 8
    seen = set()
    for index in range(6):
        scene = make_class_scene(3, index, SIZE)
        classes = class_map(scene)
        objects = scene.masks.any(0)
        kind = names.index(scene.kind)
        assert set(classes[objects]) == {kind}
        assert (classes[scene.wall & ~objects] == names.index('wall')).all()
        assert (classes[~scene.wall & ~objects] == names.index('floor')).all()
        seen.add(scene.kind)
    assert seen == set(names[2:])


def test_objects_of_a_kind_have_a_hue_in_common():
    """And its saturation, value and pattern differ."""
    for kind in range(6):
        hues, values = [], []
        for index in range(kind, kind + 24, 6):
            scene = make_class_scene(1, index, SIZE)
            hsv = np.asarray(Image.fromarray(scene.image).convert('HSV'))
            inside = hsv[scene.masks.any(0)]
            hues.append(np.exp(2j * np.pi * inside[:, 0] / 256).mean())
            values.append(inside[:, 1:].mean())
        angles = np.angle(np.array(hues) / np.mean(hues))
        assert np.abs(angles).max() < 0.35
        assert np.ptp(values) > 3


def test_written_once(tmp_path):
    root = write_class_scenes(tmp_path / 'set', 2, size=SIZE)
    before = (root / 'images' / '00001.png').stat().st_mtime_ns
    assert write_class_scenes(root, 2, size=SIZE) == root
    assert (root / 'images' / '00001.png').stat().st_mtime_ns == before
    assert not list(tmp_path.glob('.set-*'))
    with pytest.raises(ValueError, match=r"`data_root` .*'num_scenes': 2"):
        write_class_scenes(root, 3, size=SIZE)
    with pytest.raises(ValueError, match=r'`data_root` .* of None'):
        (root / 'scenes.json').unlink()
        write_class_scenes(root, 2, size=SIZE)
    classes = json.loads((root / 'classes.json').read_text())
    assert classes['classes'] == list(SCENE_CLASSES.names)


def test_sets_share_no_scene():
    first = make_class_scene(0, 1, SIZE)
    for other in (make_class_scene(0, 7, SIZE), make_class_scene(1, 1, SIZE)):
        assert other.kind == first.kind
        assert not np.array_equal(first.masks, other.masks)


@pytest.mark.parametrize(
    'settings,words',
    [
        (dict(num_scenes=0), '`num_scenes`.* but got 0'),
        (dict(scene_seed=-1), '`seed`.* but got -1'),
        (dict(size=(8, 8)), '`size`'),
    ],
)
def test_bad_settings(tmp_path, settings, words):
    with pytest.raises(ValueError, match=words):
        ClassScenes(tmp_path / 'set', **settings)
    assert not list(tmp_path.iterdir())
