"""Masks with levels are mmdet's masks, and their levels go with them."""

import copy
import pickle

import numpy as np
import pytest
import torch
from helpers.levels import FRAME, discs, two_levels
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.datasets.transforms import LevelMasks


def _pair(number=5, seed=1):
    masks = discs(number, seed)
    levels = two_levels(masks)
    return (
        BitmapMasks(masks.astype(np.uint8), *FRAME),
        LevelMasks.from_levels(levels, *FRAME),
    )


OPERATIONS = {
    'rescale': lambda m: m.rescale((70, 131)),
    'rescale bilinear': lambda m: m.rescale(1.7, interpolation='bilinear'),
    'resize': lambda m: m.resize((41, 77)),
    'resize bilinear': lambda m: m.resize((131, 61), 'bilinear'),
    'flip': lambda m: m.flip('diagonal'),
    'pad': lambda m: m.pad((70, 99)),
    'pad with ones': lambda m: m.pad((70, 99), pad_val=1),
    'crop': lambda m: m.crop(np.array([20, 10, 70, 50])),
    'expand': lambda m: m.expand(90, 120, 11, 21),
    'translate': lambda m: m.translate((50, 100), 7, 'vertical'),
    'shear': lambda m: m.shear(FRAME, 0.4, 'horizontal'),
    'rotate': lambda m: m.rotate(FRAME, 33, scale=1.3),
    'rotate nearest': lambda m: m.rotate(FRAME, 33, interpolation='nearest'),
    'rotate border': lambda m: m.rotate(FRAME, 33, border_value=1),
    'index': lambda m: m[np.array([3, 1])],
    'bool': lambda m: m[np.array([True, False, True, True, False])],
    'slice': lambda m: m[1:4],
}


@pytest.mark.parametrize('name', OPERATIONS)
def test_every_operation(name):
    plain, carried = _pair()
    instances = [set(np.unique(one)) - {0} for one in carried.levels]
    plain, moved = OPERATIONS[name](plain), OPERATIONS[name](carried)
    assert isinstance(moved, LevelMasks)
    assert (moved.height, moved.width) == (plain.height, plain.width)
    np.testing.assert_array_equal(moved.masks, plain.masks > 0)
    assert moved.masks.dtype == moved.levels.dtype == np.uint8
    np.testing.assert_array_equal(moved.levels > 0, plain.masks > 0)
    if name == 'index':
        instances = [instances[3], instances[1]]
    elif name == 'bool':
        instances = [instances[index] for index in (0, 2, 3)]
    elif name == 'slice':
        instances = instances[1:4]
    for levels, allowed in zip(moved.levels, instances, strict=True):
        assert set(np.unique(levels)) - {0} <= allowed
    np.testing.assert_array_equal(moved.areas, plain.areas)


@pytest.mark.parametrize('name', OPERATIONS)
def test_without_instances(name):
    if name in ('index', 'bool', 'slice'):
        index = {'index': np.array([], int), 'bool': np.zeros(0, bool)}
        moved = _pair(0)[1][index.get(name, slice(0, 0))]
        assert moved.levels.shape == (0, *FRAME)
        return
    plain, moved = (OPERATIONS[name](masks) for masks in _pair(0))
    assert isinstance(moved, LevelMasks)
    assert moved.levels.shape == plain.masks.shape


def test_what_is_read_of_it_is_binary():
    plain, carried = _pair()
    np.testing.assert_array_equal(carried.areas, plain.areas)
    np.testing.assert_array_equal(carried.to_ndarray(), plain.to_ndarray())
    for dtype in (torch.float32, torch.bool):
        assert torch.equal(
            carried.to_tensor(dtype, 'cpu'), plain.to_tensor(dtype, 'cpu')
        )
    assert torch.equal(
        carried.get_bboxes(HorizontalBoxes).tensor,
        plain.get_bboxes(HorizontalBoxes).tensor,
    )
    boxes = np.array([[3, 5, 40, 33], [20, 2, 88, 58]], np.float32)
    crops = [
        masks.crop_and_resize(boxes, (28, 28), np.array([0, 3])).masks
        for masks in (plain, carried)
    ]
    np.testing.assert_array_equal(*crops)
    assert crops[0].any() and not crops[0].all()


def test_levels_turn_where_their_pixels_turn():
    """A disc in two halves, each pixel traced back to where it was."""
    rows, columns = np.mgrid[:61, :61] - 30
    disc = rows**2 + columns**2 <= 25**2
    levels = np.where(columns < 0, 120, 240) * disc
    masks = LevelMasks.from_levels(levels[None], 61, 61)
    angle = 30
    turned = masks.rotate((61, 61), angle).levels[0]
    # Positive is counter-clockwise, the image clockwise in mmcv: both known
    # by where a mark comes to lie.
    mark = np.zeros((1, 61, 61), np.uint8)
    mark[0, 29:32, 49:52] = 1
    spot = np.argwhere(
        BitmapMasks(mark, 61, 61).rotate((61, 61), angle).masks[0]
    ).mean(0)
    theta = np.arctan2(*(spot - 30))
    assert abs(abs(np.degrees(theta)) - angle) < 1
    before = columns * np.cos(theta) + rows * np.sin(theta)
    expected = np.where(before < 0, 120, 240)
    sure = (np.abs(before) > 1) & (rows**2 + columns**2 < 24**2)
    np.testing.assert_array_equal(turned[sure], expected[sure])


def test_pixels_that_interpolation_adds_take_the_nearest_level():
    levels = np.zeros((1, 9, 9), np.uint8)
    levels[0, 2:7, 2:4], levels[0, 2:7, 4:7] = 120, 200
    masks = LevelMasks.from_levels(levels, 9, 9)
    masks.masks[0, 1:8, 1:8] = 1  # as RandomErasing writes, in place
    expected = np.zeros((9, 9), np.uint8)
    expected[1:8, 1:4], expected[1:8, 4:8] = 120, 200
    np.testing.assert_array_equal(masks.levels[0], expected)
    masks.masks[0, :, :5] = 0
    assert not masks.levels[0, :, :5].any()
    assert set(masks.levels[0, 1:8, 5:8].ravel()) == {200}


def test_a_mask_without_any_level_is_sure():
    masks = np.ones((1, 4, 4), np.uint8)
    made = LevelMasks(masks, 4, 4, np.zeros((1, 4, 4), np.uint8))
    assert (made.levels == 240).all()


def test_a_speck_keeps_a_level_of_its_own():
    """Far down, nearest neighbours miss the mask that bilinear keeps."""
    levels = np.zeros((1, 40, 40), np.uint8)
    levels[0, 1:20, 1:20] = 160
    levels[0, ::4, ::4] = 0
    small = LevelMasks.from_levels(levels, 40, 40).resize((10, 10), 'bilinear')
    assert small.masks.any()
    assert set(np.unique(small.levels)) == {0, 160}


def test_join_and_copies():
    _, one = _pair(2, 1)
    _, other = _pair(3, 2)
    joined = LevelMasks.cat([one, other])
    np.testing.assert_array_equal(
        joined.levels, np.concatenate([one.levels, other.levels])
    )
    for same in (copy.deepcopy(joined), pickle.loads(pickle.dumps(joined))):
        np.testing.assert_array_equal(same.levels, joined.levels)
    with pytest.raises(ValueError, match='LoadPseudoLabels'):
        LevelMasks.cat([one, BitmapMasks(other.masks, *FRAME)])


def test_masks_alone_are_refused():
    """albumentations hands back `type(masks)(arrays, height, width)`."""
    _, masks = _pair()
    with pytest.raises(ValueError, match='Albu'):
        type(masks)(list(masks.masks), *FRAME)
    with pytest.raises(ValueError, match=r'\(5, 60, 90\)'):
        LevelMasks(masks.masks, *FRAME, levels=masks.levels[:2])
