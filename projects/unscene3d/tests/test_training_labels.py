"""Files of pseudo-masks: written whole, read with a look at them."""

import numpy as np
import pytest

from projects.unscene3d.tests.tiny_scenes import tiny_scene, true_masks
from projects.unscene3d.unscene3d.training import (
    label_path,
    read_scene_labels,
    write_scene_labels,
)


def labels():
    scene, segments = tiny_scene(0)
    return scene, true_masks(scene, segments)


def assert_same(one, other):
    np.testing.assert_array_equal(one.masks, other.masks)
    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(
        one.segments.of_vertex, other.segments.of_vertex
    )
    np.testing.assert_array_equal(one.segments.edges, other.segments.edges)


def rewritten(folder, **changes):
    """A file of labels with other arrays in it."""
    scene, instances = labels()
    path = write_scene_labels(folder, scene.name, instances)
    with np.load(path) as file:
        arrays = {**file, **changes}
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return scene


def test_what_is_written_is_read(tmp_path):
    scene, instances = labels()
    path = write_scene_labels(tmp_path / 'new', scene.name, instances)
    assert path == label_path(tmp_path / 'new', scene.name)
    read = read_scene_labels(tmp_path / 'new', scene.name, len(scene))
    assert_same(read, instances)
    before = path.read_bytes()
    write_scene_labels(tmp_path / 'new', scene.name, read)
    assert path.read_bytes() == before


def test_no_mask_is_written_as_well(tmp_path):
    scene, segments = tiny_scene(0)
    none = true_masks(scene, segments, only=[])
    write_scene_labels(tmp_path, 'a', none)
    assert read_scene_labels(tmp_path, 'a').masks.shape == (0, len(segments))


def test_a_file_stays_when_writing_fails(tmp_path, monkeypatch):
    scene, instances = labels()
    path = write_scene_labels(tmp_path, scene.name, instances)
    before = path.read_bytes()

    def broken(file, **arrays):
        file.write(b'half')
        raise OSError('disk full')

    monkeypatch.setattr(np, 'savez_compressed', broken)
    with pytest.raises(OSError, match='disk full'):
        write_scene_labels(tmp_path, scene.name, instances)
    assert path.read_bytes() == before


@pytest.mark.parametrize('name', ['', '.', '..', 'a/b', '../a', 'a\\b', 'a\0'])
def test_names_are_those_of_files(tmp_path, name):
    with pytest.raises(ValueError, match='name of a scene'):
        read_scene_labels(tmp_path, name)


def test_labels_of_another_scene(tmp_path):
    _, instances = labels()
    write_scene_labels(tmp_path, 'kitchen', instances)
    with pytest.raises(ValueError, match=r'kitchen: .* 7 .*kitchen\.npz has'):
        read_scene_labels(tmp_path, 'kitchen', 7)


@pytest.mark.parametrize(
    'changes,words',
    [
        (dict(masks=None), "hold 'masks'"),
        (dict(masks=np.ones((3, 2), bool)), '`masks` of shape'),
        (dict(masks=np.ones((3, 19), int)), 'bool'),
        (dict(scores=np.float32([1, 2, 1])), r'in \[0, 1\]'),
        (dict(scores=np.float32([1, np.nan, 1])), r'in \[0, 1\]'),
        (dict(edges=np.array([[0, 19]])), 'segments 0 to 18'),
        (dict(edges=np.zeros((2, 3), int)), '`edges` of shape'),
        (dict(of_vertex=np.array([0, 2])), 'all have a vertex'),
        (dict(of_vertex=np.array([0, 1, 3, 3])), 'none in segment 2'),
        (dict(of_vertex=np.array([-1, 0])), 'from 0 on'),
        (dict(of_vertex=np.zeros(0, int)), 'from 0 on'),
        (dict(of_vertex=np.ones(4)), 'whole numbers'),
    ],
)
def test_damaged_files(tmp_path, changes, words):
    scene = rewritten(tmp_path, **changes)
    with pytest.raises(ValueError, match=words) as error:
        read_scene_labels(tmp_path, scene.name)
    assert f'{scene.name}.npz' in str(error.value)


def test_no_file_and_no_archive(tmp_path):
    with pytest.raises(ValueError, match=r'a\.npz'):
        read_scene_labels(tmp_path, 'a')
    (tmp_path / 'a.npz').write_bytes(b'PK half')
    with pytest.raises(ValueError, match=r'a\.npz'):
        read_scene_labels(tmp_path, 'a')
