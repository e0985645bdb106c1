"""The embedded RGB-D scenes: truth, difficulty, files."""

import json
import multiprocessing
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from scipy import ndimage

from mmcuts3d.datasets.rgbd_scenes import (
    RGBDScenes,
    make_scene,
    write_scenes,
)
from mmcuts3d.datasets.rgbd_scenes.kinds import KINDS
from mmcuts3d.datasets.rgbd_scenes.solids import Solid

SIZE = (96, 128)


def _steps(scene):
    """Median step in depth along the border of each touching pair."""
    steps = {}
    for i in range(len(scene.masks)):
        near_i = ndimage.binary_dilation(scene.masks[i])
        for j in range(i):
            near_j = ndimage.binary_dilation(scene.masks[j])
            mine, other = scene.masks[i] & near_j, scene.masks[j] & near_i
            if mine.sum() >= 4:
                step = np.median(scene.depth[mine])
                steps[i, j] = abs(step - np.median(scene.depth[other]))
    return steps


def _groups(masks):
    """Number of connected groups, from the pixels alone."""
    return ndimage.label(masks.any(0), np.ones((3, 3)))[1]


@pytest.fixture(scope='module')
def scenes():
    return [make_scene(seed) for seed in range(24)]


def test_arrays_are_what_they_say(scenes):
    for scene in scenes:
        assert scene.image.shape == (256, 256, 3)
        assert scene.image.dtype == np.uint8
        assert scene.depth.shape == (256, 256)
        assert scene.depth.dtype == np.float32
        assert scene.depth.min() == 0 and scene.depth.max() == 1
        assert scene.masks.dtype == bool
        assert 2 <= len(scene.masks) <= 5


def test_masks_are_disjoint_and_large_enough(scenes):
    for scene in scenes:
        assert scene.masks.sum(0).max() == 1
        assert scene.masks.mean((1, 2)).min() > 0.01


def test_objects_touch_and_some_stand_alone(scenes):
    groups = [_groups(scene.masks) for scene in scenes]
    assert max(groups) == 2
    assert np.mean(np.array(groups) == 1) > 0.5


def test_touching_objects_differ_in_depth(scenes):
    steps = [step for scene in scenes for step in _steps(scene).values()]
    assert min(steps) > 0.03
    # Not a toy: some are near, some are far.
    assert np.mean(np.array(steps) < 0.1) > 0.15
    assert np.mean(np.array(steps) > 0.15) > 0.15


def test_one_kind_has_one_colour_and_the_ground_another(scenes):
    for scene in scenes:
        lab = cv2.cvtColor(scene.image, cv2.COLOR_RGB2LAB).astype(float)
        colours = np.array([lab[mask][:, 1:].mean(0) for mask in scene.masks])
        ground = lab[~scene.masks.any(0)][:, 1:].mean(0)
        between = np.linalg.norm(colours - colours.mean(0), axis=1).max()
        away = np.linalg.norm(colours - ground, axis=1).min()
        assert away > 2 * between


def test_ground_is_not_flat(scenes):
    for scene in scenes:
        ground = np.where(scene.masks.any(0), np.nan, scene.depth)
        rows = np.nanmean(ground[::32], axis=1)
        assert np.ptp(rows) > 0.5


def test_same_seed_same_scene_other_seed_other_scene():
    first, again = make_scene(5, SIZE), make_scene(5, SIZE)
    other = make_scene(6, SIZE)
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.depth, again.depth)
    assert np.array_equal(first.masks, again.masks)
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize('kind', sorted(KINDS))
def test_every_kind(kind):
    scene = make_scene(1, SIZE, num_objects=(2, 2), kind=kind)
    assert len(scene.masks) == 2 and len(_steps(scene)) == 1


def test_the_kind_is_told():
    for seed, kind in enumerate(sorted(KINDS)):
        assert make_scene(seed, SIZE, kind=kind).kind == kind
    assert make_scene(4, SIZE).kind in KINDS


def test_the_wall_stands_above_the_floor_and_is_steeper():
    for seed in range(6):
        scene = make_scene(seed, SIZE, num_objects=(1, 1), depth_noise=0)
        wall, empty = scene.wall, ~scene.masks.any(0)
        assert wall.dtype == bool and wall.shape == SIZE
        # In each column the wall ends where the floor begins.
        assert (np.diff(wall.astype(int), axis=0) <= 0).all()
        # Depth grows upwards on the floor, and faster than on the wall.
        slope = -np.diff(scene.depth, axis=0)
        inside = empty[1:] & empty[:-1]
        walls = slope[wall[1:] & wall[:-1] & inside]
        floors = slope[~wall[1:] & ~wall[:-1] & inside]
        assert walls.size and floors.size
        assert np.median(walls) < 0.5 * np.median(floors)


def test_a_hue_is_that_of_the_objects_and_changes_nothing_else():
    for hue, channel in ((0.0, 0), (1 / 3, 1), (2 / 3, 2)):
        scene = make_scene(8, SIZE, hue=hue)
        colour = scene.image[scene.masks.any(0)].mean(0)
        assert colour.argmax() == channel
        free = make_scene(8, SIZE)
        assert np.array_equal(scene.masks, free.masks)
        assert np.array_equal(scene.depth, free.depth)
    with pytest.raises(ValueError, match='`hue`.* but got 1'):
        make_scene(0, hue=1)


def test_single_object():
    assert len(make_scene(3, SIZE, num_objects=(1, 1)).masks) == 1


@pytest.mark.parametrize(
    'argument',
    [
        {'seed': -1},
        {'size': (8, 64)},
        {'num_objects': (0, 2)},
        {'num_objects': (3, 2)},
        {'depth_gap': (0.0, 0.3)},
        {'kind': 'teapot'},
    ],
)
def test_bad_arguments(argument):
    with pytest.raises(ValueError, match=next(iter(argument))):
        make_scene(**{'seed': 0, **argument})


def test_too_many_objects_say_so():
    with pytest.raises(ValueError, match='num_objects'):
        make_scene(0, SIZE, num_objects=(40, 40))


@pytest.mark.parametrize('shape', ['ball', 'cube', 'can'])
def test_solids_by_hand(shape):
    # Half sizes 1, 2, 3, looked at along the third axis from z = -10: the
    # ray through the middle enters at z = -3 and leaves at 3.
    solid = Solid(shape, np.zeros(3), np.eye(3), np.array([1.0, 2.0, 3.0]))
    origins = np.array([[0, 0, -10.0], [0.99, 0, -10], [1.01, 0, -10]])
    near, far = solid.interval(origins, np.array([0, 0, 1.0]))
    assert np.allclose([near[0], far[0]], [7, 13], atol=1e-3)
    assert list(near < far) == [True, True, False]
    normals = solid.normals(np.array([[0, 0, -3.0], [1, 0, 0]]))
    assert np.allclose(normals, [[0, 0, -1], [1, 0, 0]], atol=1e-6)


def test_files_say_the_same_as_the_scenes(tmp_path):
    root = write_scenes(tmp_path / 'scenes', 3, seed=2, size=SIZE)
    coco = COCO(str(root / 'instances.json'))
    assert [c['name'] for c in coco.loadCats(coco.getCatIds())] == ['object']
    for image in coco.loadImgs(coco.getImgIds()):
        colour = cv2.imread(str(root / 'color' / image['file_name']))
        depth = cv2.imread(str(root / 'depth' / image['file_name']), -1)
        assert colour.shape == (*SIZE, 3)
        assert depth.shape == SIZE and depth.dtype == np.uint16
        assert depth.min() == 0 and depth.max() == 65535
        annotations = coco.loadAnns(coco.getAnnIds(image['id']))
        masks = np.stack([coco.annToMask(a) for a in annotations])
        assert masks.sum(0).max() == 1
        for annotation, mask in zip(annotations, masks, strict=True):
            x, y, w, h = (int(v) for v in annotation['bbox'])
            assert mask[y : y + h, x : x + w].sum() == mask.sum()
            assert coco_mask.area(annotation['segmentation']) == mask.sum()
        # The lower border of the picture is the near floor.
        assert depth[-1].mean() < 0.1 * 65535


def test_written_once_and_no_other_settings(tmp_path):
    root = write_scenes(tmp_path / 'scenes', 2, size=SIZE)
    before = {p: p.stat().st_mtime_ns for p in root.rglob('*')}
    write_scenes(root, 2, size=SIZE)
    assert before == {p: p.stat().st_mtime_ns for p in root.rglob('*')}
    with pytest.raises(ValueError, match='num_scenes is 2 there and 3 here'):
        write_scenes(root, 3, size=SIZE)
    with pytest.raises(ValueError, match='delete it or choose another'):
        write_scenes(root, 2, seed=1, size=SIZE)


def test_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / 'holiday.jpg').write_bytes(b'')
    with pytest.raises(ValueError, match='data_root'):
        write_scenes(tmp_path, 1, size=SIZE)
    assert [p.name for p in tmp_path.iterdir()] == ['holiday.jpg']


def test_different_seeds_share_no_scene(tmp_path):
    texts = []
    for seed in (0, 1):
        root = write_scenes(tmp_path / str(seed), 3, seed, SIZE)
        truth = json.loads((root / 'instances.json').read_text())
        texts += [a['segmentation']['counts'] for a in truth['annotations']]
    assert len(set(texts)) == len(texts)


def _race(root: str, barrier) -> None:
    barrier.wait()
    write_scenes(root, 3, size=SIZE)


def test_processes_race_for_one_folder(tmp_path):
    context = multiprocessing.get_context('fork')
    barrier = context.Barrier(3)
    root = tmp_path / 'scenes'
    workers = [
        context.Process(target=_race, args=(str(root), barrier))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ['scenes']
    assert len(list((root / 'color').iterdir())) == 3


def test_dataset_makes_and_lists_the_scenes(tmp_path):
    dataset = RGBDScenes(
        str(tmp_path / 'scenes'), num_scenes=2, size=SIZE, pipeline=[]
    )
    assert len(dataset) == 2
    assert dataset.metainfo['classes'] == ('object',)
    truth = json.loads((tmp_path / 'scenes' / 'instances.json').read_text())
    for info, image in zip(
        map(dataset.get_data_info, range(2)), truth['images'], strict=True
    ):
        assert Path(info['img_path']).is_file()
        assert Path(info['img_path']).name == image['file_name']
        assert info['img_id'] == image['id']
